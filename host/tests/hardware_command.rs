//! Simulated chips from the command line: evaluation, training, the table, and what is refused.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn fenchel(folder: &Path, threads: &str, arguments: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_fenchel"))
        .current_dir(folder)
        .env("RAYON_NUM_THREADS", threads)
        .args(arguments.split_whitespace())
        .output()
        .expect("it starts")
}

fn json(folder: &Path, threads: &str, arguments: &str) -> Value {
    let output = fenchel(folder, threads, &format!("{arguments} --json"));
    assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("one JSON object")
}

fn names(folder: &Path) -> Vec<std::ffi::OsString> {
    let mut names: Vec<_> =
        folder.read_dir().expect("readable").map(|entry| entry.expect("readable").file_name()).collect();
    names.sort();
    names
}

#[test]
fn no_flaws_have_the_accuracy_of_the_model() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    for (run, objective) in [("first", "backprop"), ("second", "arovr-g")] {
        json(folder, "2", &format!("train --epochs 5 --objective {objective} --out {run}"));
    }
    let ideal = json(folder, "2", "eval first second --hardware ideal");
    assert_eq!(ideal["rows"].as_array().map(Vec::len), Some(2));
    for (row, run) in ideal["rows"].as_array().expect("rows").iter().zip(["first", "second"]) {
        assert_eq!(row["run"], run);
        let accuracy = &json(folder, "2", &format!("eval {run}"))["accuracy"];
        assert_eq!((&row["free"]["mean"], &row["free"]["without_flaws"]), (accuracy, accuracy));
        assert_eq!(row["nudged_error"], 0.0);
    }

    // The same chips and figures on any number of threads.
    let one = json(folder, "1", "eval first --hardware reram --chips 6");
    assert_eq!(one, json(folder, "2", "eval first --hardware reram --chips 6"));
    let accuracies: Vec<f64> = one["rows"][0]["chips"]
        .as_array()
        .expect("chips")
        .iter()
        .map(|chip| chip["free"].as_f64().expect("a number"))
        .collect();
    assert_eq!(accuracies.len(), 6);
    let free = &one["rows"][0]["free"];
    assert!((free["mean"].as_f64().expect("a number") - accuracies.iter().sum::<f64>() / 6.0).abs() < 1e-12);
    let other = json(folder, "2", "eval first --hardware reram --chips 6 --seed 1");
    assert_ne!(one["rows"][0]["chips"], other["rows"][0]["chips"]);

    let swept = "eval first second --hardware ideal --chips 3 --sweep programming_noise=0:0.4:3 --plot p.svg";
    let swept = json(folder, "2", swept);
    let rows = swept["rows"].as_array().expect("rows");
    assert_eq!(
        rows.iter().map(|row| row["size"].as_f64()).collect::<Vec<_>>()[..3],
        [0.0, 0.2, 0.4].map(Some)
    );
    assert_eq!(rows[0]["free"]["mean"], ideal["rows"][0]["free"]["mean"]);
    assert!(rows[2]["free"]["mean"].as_f64() < rows[0]["free"]["mean"].as_f64());
    let figure = std::fs::read_to_string(folder.join("p.svg")).expect("a figure");
    assert!(figure.contains("second") && figure.contains("programming_noise"));
}

#[test]
fn impossible_hardware_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    json(folder, "2", "train --epochs 1 --out run");
    for (name, text) in [("one", "levels = 1"), ("negative", "read_noise = -0.1"), ("odd", "colour = 1")] {
        std::fs::write(folder.join(format!("{name}.toml")), text).expect("written");
    }
    let before = names(folder);
    for (arguments, words) in [
        ("eval run --hardware one.toml", &["profile one, levels", "2 to", "got 1"][..]),
        ("eval run --hardware negative.toml", &["profile negative, read_noise", "got -0.1"]),
        ("eval run --hardware odd.toml", &["profile odd", "colour"]),
        ("eval run --hardware nowhere", &["--hardware", "reram", "nowhere"]),
        ("train --hardware one.toml --out new", &["profile one, levels"]),
        ("train --hardware reram --schedule unitwise --out new", &["--schedule", "forward-backward"]),
        ("eval run --hardware ideal --chips 0", &["--chips", "at least 1"]),
        ("eval run --hardware ideal --sweep levels=1:4:4 --plot p.svg", &["--sweep", "levels", "got 1"]),
        ("eval run --hardware ideal --sweep nonsense=0:1:2 --plot p.svg", &["nonsense", "read_noise"]),
        ("eval run --hardware ideal --sweep levels --plot p.svg", &["FLAW=FROM:TO:COUNT"]),
        ("eval run --chips 5", &["--hardware"]),
        ("reproduce hardware --data digits --chips 0", &["--chips", "at least 1"]),
    ] {
        let output = fenchel(folder, "2", arguments);
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments}: {message}");
        for word in words {
            assert!(message.contains(word), "{arguments}: {word:?} isn't in: {message}");
        }
        assert_eq!(before, names(folder), "{arguments} left a file");
    }
}

#[test]
fn training_on_chips_keeps_its_profile_and_its_bits() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let train = "train --epochs 4 --layers 24 --hardware reram";
    for out in ["first", "second"] {
        json(folder, "2", &format!("{train} --out {out}"));
    }
    let model = |run: &str| std::fs::read(folder.join(run).join("last.fenchel")).expect("a model");
    assert_eq!(model("first"), model("second"));
    json(folder, "2", "train --epochs 4 --layers 24 --out exact");
    assert_ne!(model("first"), model("exact"));
    let settings = std::fs::read_to_string(folder.join("first/settings.toml")).expect("settings");
    for word in ["perturbation = \"gaussian:0.02\"", "[hardware]", "separate_feedback = true"] {
        assert!(settings.contains(word), "{word} isn't in {settings}");
    }
    // The settings say it all.
    json(folder, "2", "train --config first/settings.toml --out again");
    assert_eq!(model("first"), model("again"));
    json(folder, "2", &format!("{train} --perturbation gaussian:0.1 --out own"));
    let settings = std::fs::read_to_string(folder.join("own/settings.toml")).expect("settings");
    assert!(settings.contains("perturbation = \"gaussian:0.1\""), "{settings}");
    json(folder, "2", "train --epochs 2 --layers 24 --objective backprop --hardware pcm --out plain");
}

#[test]
fn the_table_is_the_same_on_any_number_of_threads() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let table = |out: &str, cells: &str, jobs: &str| {
        let size = "--seeds 1 --epochs 1 --samples 100 --chips 2 --images 60 --nudged-images 20";
        let command =
            format!("reproduce hardware --data digits {size} --cells {cells} --out {out} --jobs {jobs}");
        let report = json(folder, "2", &command);
        let text = std::fs::read_to_string(folder.join(out).join("hardware.md")).expect("a page");
        assert!(text.contains("who wins") && text.contains("AROVR^g + hardware draws"));
        report
    };
    let one = table("out1", "cells1", "1");
    assert_eq!(one["rows"].as_array().map(Vec::len), Some(2 * 8 * 10));
    assert_eq!(one, table("out2", "cells2", "2"));
    // Nothing is done again.
    let times = || {
        let files = folder.join("cells1").read_dir().expect("readable").map(|entry| entry.expect("readable"));
        let mut times: Vec<_> = files
            .map(|entry| (entry.file_name(), entry.metadata().and_then(|m| m.modified()).expect("a time")))
            .collect();
        times.sort();
        times
    };
    let before = times();
    assert_eq!(one, table("out3", "cells1", "2"));
    assert_eq!(before, times());
}

#[test]
fn large_outputs_are_not_cut_unseen() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/convert");
    for name in ["digits_large_logits.safetensors", "only_bits.toml"] {
        std::fs::copy(cases.join(name), folder.join(name)).expect("copied");
    }
    let import = "import digits_large_logits.safetensors --data digits -o large.fenchel";
    assert!(fenchel(folder, "2", import).status.success());
    let eval = |profile: &str| {
        let output = fenchel(folder, "2", &format!("eval large.fenchel --hardware {profile} --json"));
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{message}");
        let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let accuracy = |what: &str| report["rows"][0]["free"][what].as_f64().expect("a number");
        (accuracy("without_flaws"), accuracy("mean"), message)
    };
    let (itself, chips, message) = eval("only_bits.toml");
    assert!(itself - chips < 0.01, "8 bits cost little: {itself}, then {chips}");
    assert!(message.contains("the network's largest output") && message.lines().count() == 1, "{message}");
    let text = std::fs::read_to_string(folder.join("only_bits.toml")).expect("copied");
    std::fs::write(folder.join("narrow.toml"), text + "output_range = 2.0\n").expect("written");
    let (itself, chips, message) = eval("narrow.toml");
    assert!(itself - chips > 0.1, "the cut must show: {itself}, then {chips}");
    assert!(message.contains("beyond the converters' range of 2"), "{message}");
    assert_eq!(
        fenchel(folder, "2", "eval large.fenchel --hardware only_bits.toml --sweep output_range=2:20:2")
            .status
            .code(),
        Some(0)
    );
}
