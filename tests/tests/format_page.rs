//! `docs/read_model.py`, written from docs/format.md alone, reads what core reads and refuses what core refuses.

use std::path::{Path, PathBuf};
use std::process::Command;

use fenchel::store::model_file::ModelBytes;
use fenchel_core::{Model, Operator, RawValues, Task, Weights};
use serde_json::{Value, json};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Returns what the script prints for `file`; `None` if it refuses it.
fn read(file: &Path) -> Option<Value> {
    let mut python = Command::new("python3");
    let output = python.arg(root().join("docs/read_model.py")).arg(file).output().expect("python3 starts");
    output.status.success().then(|| serde_json::from_slice(&output.stdout).expect("JSON"))
}

/// Returns the f32 numbers of a list, also of nested ones.
fn numbers(value: &Value) -> Vec<u32> {
    match value {
        Value::Array(values) => values.iter().flat_map(numbers).collect(),
        value => vec![(value.as_f64().expect("a number") as f32).to_bits()],
    }
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

fn compare(model: &Model, script: &Value) {
    let (header, network) = (model.header(), model.network());
    let training = &script["training"];
    assert_eq!(numbers(&training["alpha"]), bits(&[header.training.alpha]));
    assert_eq!(numbers(&training["beta"]), bits(&[header.training.beta]));
    assert_eq!((&training["seed"], &training["epoch"]), (&json!(3u64 << 40), &json!(17)));
    assert_eq!(
        (&script["data"]["name"], &script["data"]["samples"]),
        (&json!(header.data.name), &json!(header.data.samples))
    );
    let input = &script["input"];
    assert_eq!(input["names"], json!(header.input.names.map(|names| names.iter().collect::<Vec<_>>())));
    assert_eq!(numbers(&input["offsets"]), bits(header.input.scaling.offsets()));
    assert_eq!(numbers(&input["factors"]), bits(header.input.scaling.factors()));
    if let Some(bounds) = header.input.bounds {
        assert_eq!(numbers(&input["low"]), bits(bounds.low));
        assert_eq!(numbers(&input["high"]), bits(bounds.high));
    }
    let shapes = std::iter::once(input).chain(script["blocks"].as_array().expect("a list"));
    for (block, entry) in network.blocks().iter().zip(shapes) {
        assert_eq!(entry["shape"], json!([block.channels(), block.height, block.width]));
    }
    let task = &script["task"];
    match header.task {
        Task::Classification { classes, confidence } => {
            assert_eq!(task["classes"], json!(classes.iter().collect::<Vec<_>>()));
            assert_eq!(task["temperature"], json!(confidence.temperature));
            assert_eq!(task["rejection"]["margin"], json!(confidence.rejection.map(|r| r.margin)));
            assert_eq!(task["rejection"]["coverage"], json!(confidence.rejection.map(|r| r.coverage)));
        }
        Task::Regression { targets, scaling } => {
            assert_eq!(task["targets"], json!(targets.iter().collect::<Vec<_>>()));
            assert_eq!(numbers(&task["offsets"]), bits(scaling.offsets()));
            assert_eq!(numbers(&task["factors"]), bits(scaling.factors()));
        }
        Task::Reconstruction { threshold } => {
            assert_eq!(task["threshold"]["score"], json!(threshold.map(|threshold| threshold.score)));
        }
    }
    let connections = network.connections().iter().zip(network.weights());
    for ((c, weights), entry) in connections.zip(script["connections"].as_array().expect("a list")) {
        assert_eq!((&entry["from"], &entry["to"]), (&json!(c.from), &json!(c.to)));
        let (rows, _) = weights.shape();
        let weights: Vec<_> = (0..rows).flat_map(|i| Operator::row(weights, i)).collect();
        assert_eq!(numbers(&entry["weights"]), bits(&weights));
    }
    let all = |of: &dyn Fn(usize) -> Vec<u32>| (1..=network.output()).flat_map(of).collect::<Vec<_>>();
    assert_eq!(numbers(&script["biases"]), all(&|k| bits(network.bias(k))));
    assert_eq!(numbers(&script["gammas"]), all(&|k| bits(network.gamma(k))));
    match model.originals() {
        None => assert_eq!(script["originals"], Value::Null),
        Some(originals) => {
            assert_eq!(script["originals"]["labels"], json!(originals.labels()));
            let values = match originals.values() {
                RawValues::Bytes(values) => values.iter().map(|&value| f32::from(value)).collect(),
                RawValues::Floats(values) => values.to_vec(),
            };
            assert_eq!(numbers(&script["originals"]["values"]), bits(&values));
        }
    }
}

#[test]
fn a_reader_written_from_the_page_reads_every_seed() {
    if Command::new("python3").arg("--version").output().is_err() {
        eprintln!("left out: no python3");
        return;
    }
    let mut valid = 0;
    for entry in root().join("tests/fuzz/corpus/model").read_dir().expect("the seeds") {
        let path = entry.expect("an entry").path();
        let bytes = ModelBytes::new(&std::fs::read(&path).expect("readable"));
        match (Model::load(&bytes), read(&path)) {
            (Ok(model), Some(script)) => {
                compare(&model, &script);
                valid += 1;
            }
            (Err(_), None) => {}
            (model, script) => panic!("{}: {model:?} and {script:?}", path.display()),
        }
    }
    assert!(valid >= 9, "{valid}");
}
