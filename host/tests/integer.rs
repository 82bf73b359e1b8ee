//! Models of integer arithmetic: what exporting them says they cost, and what takes them.

mod commands;

use std::fmt::Write;
use std::path::Path;

use commands::{fenchel, said, text};
use serde_json::Value;

/// Runs the command, which must succeed, and returns what it printed.
fn done(folder: &Path, arguments: &[&str]) -> String {
    text(&fenchel(folder, arguments))
}

fn json(printed: &str) -> Value {
    serde_json::from_str(printed).expect("JSON")
}

/// Trains on the digits.
fn digits(folder: &Path, options: &[&str]) {
    let train = ["train", "--epochs", "15", "--layers", "24,16", "--quiet", "--out", "run"];
    done(folder, &[&train, options].concat());
}

#[test]
fn an_integer_model_answers_as_its_f32_model_does() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    digits(folder, &["--skip", "1:3", "--activation", "relu,clip:0:1"]);
    let export = ["export", "run", "-o", "integer.fenchel", "--arithmetic", "integer", "--json"];
    let cost = json(&done(folder, &export));
    let [real, whole] = ["f32", "integer"].map(|form| cost["accuracy"][form].as_f64().expect("a share"));
    assert!(real > 0.8 && (real - whole).abs() <= 0.01, "{cost}");
    assert!(cost["labels_differ"].as_f64().expect("a share") <= 0.03, "{cost}");
    let error = cost["largest_error"].as_f64().expect("a share");
    assert!(0.0 < error && error < 0.05, "{cost}");
    let evaluated = json(&done(folder, &["eval", "integer.fenchel", "--json"]));
    assert_eq!(evaluated["accuracy"], whole);
    let shown = json(&done(folder, &["inspect", "integer.fenchel", "--json"]));
    assert_eq!(shown["arithmetic"], "integer");
    // 2 bytes for each activity below the output, 8 for each unit of the widest block.
    assert_eq!(shown["inference_ram_bytes"], 2 * (64 + 24 + 16) + 8 * 24);
    let answers = |model: &str| -> Vec<Value> {
        let text = done(folder, &["infer", model, "--json"]);
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    };
    let (own, other) = (answers("integer.fenchel"), answers("run"));
    assert_eq!(own.len(), 500);
    let same = own.iter().zip(&other).filter(|(a, b)| a["label"] == b["label"]).count();
    assert_eq!((500 - same) as f64 / 500.0, cost["labels_differ"]);
}

#[test]
fn a_table_of_values_keeps_its_unit() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let mut table = "volts,counts,x,flow\n".to_string();
    for row in 0..300 {
        // Columns of very different ranges, and one that never changes.
        let (a, b) = (f64::from(row * 37 % 101) / 101.0, f64::from(row * 53 % 97) / 97.0);
        let _ =
            writeln!(table, "{},{},5,{}", 1e-3 * a, 40_000.0 * b - 9000.0, 500.0 + 80.0 * a - 30.0 * b * b);
    }
    std::fs::write(folder.join("t.csv"), table).expect("written");
    let train =
        ["train", "--data", "t.csv", "--task", "regress", "--label", "flow", "--steps", "400", "--quiet"];
    done(folder, &[&train[..], &["--layers", "16", "--out", "run"]].concat());
    let export = ["export", "run", "-o", "i.fenchel", "--arithmetic", "integer", "--json"];
    let cost = json(&done(folder, &export));
    let [real, whole] = ["f32", "integer"].map(|form| cost["r2"][form].as_f64().expect("R²"));
    assert!(real > 0.9 && (real - whole).abs() < 0.005, "{cost}");
    assert_eq!(cost["labels_differ"], Value::Null);
    // A missing value is the mean.
    std::fs::write(folder.join("new.csv"), "volts,counts,x\n0.0005,10000,5\n,10000,5\n").expect("written");
    let [real, whole] = ["run", "i.fenchel"].map(|model| {
        let text = done(folder, &["infer", model, "--data", "new.csv", "--missing", "mean", "--json"]);
        let value = |line: &str| serde_json::from_str::<Value>(line).expect("JSON")["outputs"][0].as_f64();
        text.lines().map(|line| value(line).expect("a number")).collect::<Vec<f64>>()
    });
    assert_eq!(whole.len(), 2);
    for (real, whole) in real.iter().zip(&whole) {
        assert!((real - whole).abs() < 2.0, "{real} {whole}");
    }
}

#[test]
fn what_needs_f32_arithmetic_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    digits(folder, &[]);
    done(folder, &["export", "run", "-o", "i.fenchel", "--arithmetic", "integer"]);
    let refused = |arguments: &[&str], words: &[&str]| {
        let output = fenchel(folder, arguments);
        let message = said(&output);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
        for word in words {
            assert!(message.contains(word), "{arguments:?}: {word:?} isn't in: {message}");
        }
    };
    let words = ["i.fenchel", "f32 arithmetic", "integer"];
    refused(&["relax", "i.fenchel"], &words);
    refused(&["adapt", "i.fenchel", "--drift", "gain"], &words);
    refused(&["spice", "i.fenchel", "-o", "s"], &words);
    refused(&["eval", "i.fenchel", "--hardware", "ideal"], &words);
    refused(&["export", "i.fenchel", "-o", "x.fenchel"], &words);
    refused(&["inspect", "i.fenchel", "--target", "mps2-an386"], &["--target", "f32", "integer"]);
    refused(&["inspect", "i.fenchel", "--safe-beta"], &["--safe-beta", "f32", "integer"]);
    let export = ["export", "run", "-o", "x", "--arithmetic", "integer"];
    refused(&[&export[..], &["--weights", "f16"]].concat(), &["--weights"]);
    refused(&[&export[..], &["--format", "npz"]].concat(), &["--format model"]);
    let train =
        ["train", "--epochs", "1", "--layers", "9", "--activation", "simplex", "--quiet", "--out", "s"];
    done(folder, &train);
    let export = ["export", "s", "-o", "x", "--arithmetic", "integer"];
    refused(&export, &["simplex in block 1", "relu or clip"]);
}
