//! `--task reconstruct`: anomalies among rows, from a table to a score and a verdict.

#[path = "commands/checked.rs"]
mod checked;
mod commands;

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::Stdio;

use checked::{json, refused};
use commands::{command, fenchel, said, text};
use fenchel::report::figures;
use fenchel::task::TaskName;
use serde_json::Value;

const NORMAL: u32 = 400;
const ANOMALIES: u32 = 60;

/// Returns six readings of a pump that has two degrees of freedom. Each reading of an anomaly comes from
/// another moment, and so lies where a normal one may.
fn pump(row: u32) -> [f32; 6] {
    let uniform = |moment: u32, salt: u32| {
        let mixed = (moment * 2 + salt + 1).wrapping_mul(2_654_435_761);
        ((mixed ^ mixed >> 15).wrapping_mul(2_246_822_519) >> 8) as f32 / 16_777_216.0
    };
    std::array::from_fn(|reading| {
        let moment = if row < NORMAL { row } else { 1000 + row * 6 + reading as u32 };
        let (speed, load) = (uniform(moment, 0), uniform(moment, 1));
        match reading {
            0 => 3000.0 * speed,
            1 => 20.0 + 5.0 * load,
            2 => speed * load,
            3 => 0.1 * speed - 0.1 * load,
            4 => 100.0 * speed * speed,
            _ => 7.0 + speed + load,
        }
    })
}

fn tables() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut all, mut plain) = ("a,b,c,d,e,f,state\n".to_string(), "a,b,c,d,e,f\n".to_string());
    for row in 0..NORMAL + ANOMALIES {
        let readings = pump(row).map(|reading| reading.to_string()).join(",");
        let state = if row < NORMAL {
            "ok"
        } else if row % 2 == 0 {
            "leak"
        } else {
            "clogged"
        };
        writeln!(all, "{readings},{state}").expect("text");
        writeln!(plain, "{readings}").expect("text");
    }
    std::fs::write(folder.path().join("pump.csv"), all).expect("written");
    std::fs::write(folder.path().join("plain.csv"), plain).expect("written");
    folder
}

const TRAIN: [&str; 9] =
    ["train", "--task", "reconstruct", "--data", "pump.csv", "--label", "state", "--normal", "ok"];

#[test]
fn what_is_unlike_the_training_rows_scores_above_them() {
    let folder = tables();
    let folder = folder.path();
    let trained = fenchel(folder, &[&TRAIN[..], &["--json", "--out", "run"]].concat());
    assert!(said(&trained).contains("units"), "the layers that it chose are said: {}", said(&trained));
    let report = json(&trained);
    let number =
        |report: &Value, name: &str| report[name].as_f64().unwrap_or_else(|| panic!("{name}: {report}"));
    assert!(number(&report, "test_auroc") > 0.9, "{report}");

    let eval = json(&fenchel(folder, &["eval", "run", "--json"]));
    assert!((number(&eval, "auroc") - number(&report, "test_auroc")).abs() < 1e-9, "{eval}");
    assert_eq!(eval["anomalies"], ANOMALIES, "every anomaly tests: {eval}");
    assert!(number(&eval, "detected") > 0.4 && number(&eval, "false_alarms") < 0.2, "{eval}");
    assert!(text(&fenchel(folder, &["eval", "run"])).contains("AUROC"));
    let threshold = number(&eval, "threshold");
    let inspected = json(&fenchel(folder, &["inspect", "run", "--json"]));
    assert_eq!(
        (&inspected["task"], &inspected["threshold"]["score"]),
        (&"reconstruct".into(), &eval["threshold"])
    );

    // Every row in file order, from a file and from a pipe.
    let csv = text(&fenchel(folder, &["infer", "run", "--data", "plain.csv"]));
    assert_eq!(csv.lines().next(), Some("index,score,anomaly"));
    let rows: Vec<(f32, bool)> = csv
        .lines()
        .skip(1)
        .map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            (fields[1].parse().expect("a score"), fields[2].parse().expect("a verdict"))
        })
        .collect();
    assert_eq!(rows.len() as u32, NORMAL + ANOMALIES);
    assert!(rows.iter().all(|(score, anomaly)| *anomaly == (*score > threshold as f32)), "{threshold}");
    let alarms = rows.iter().take(NORMAL as usize).filter(|row| row.1).count();
    assert!((1..=40).contains(&alarms), "{alarms} of {NORMAL} at the 99th percentile");
    let mut piped = command(folder, &["infer", "run", "--data", "-", "--json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    writeln!(piped.stdin.take().expect("a pipe"), "1e9,20,0,0,0,7").expect("sent");
    let answer = json(&piped.wait_with_output().expect("it ends"));
    assert_eq!((&answer["anomaly"], &answer["index"]), (&Value::Bool(true), &0.into()));

    for figure in figures().into_iter().filter(|figure| figure.tasks.contains(&TaskName::Reconstruct)) {
        text(&fenchel(folder, &["plot", "run", "--figure", figure.name]));
    }
    text(&fenchel(folder, &["report", "run"]));
    let page = std::fs::read_to_string(folder.join("report.html")).expect("a report");
    assert!(page.contains("AUROC") && page.contains("anomalies found") && !page.contains("Robustness"));

    // The threshold is the quantile that was asked for.
    let run = json(&fenchel(
        folder,
        &[&TRAIN[..], &["--quiet", "--json", "--quantile", "0.5", "--out", "half"]].concat(),
    ));
    let alarms = number(&run, "test_false_alarms");
    assert!((0.3..0.8).contains(&alarms), "{run}");
    let model = folder.join("run/best.fenchel").display().to_string();
    let eval = ["eval", &model, "--data", "pump.csv", "--label", "state", "--normal", "ok", "--json"];
    assert!(number(&json(&fenchel(folder, &eval)), "auroc") > 0.9);
    let relaxed = json(&fenchel(folder, &["relax", "run", "--json"]));
    assert_eq!(relaxed["target"].as_array().map(Vec::len), Some(6));
}

#[test]
fn without_labels_every_row_is_normal() {
    let folder = tables();
    let folder = folder.path();
    let train =
        ["train", "--task", "reconstruct", "--data", "plain.csv", "--steps", "300", "--json", "--out", "run"];
    let trained = fenchel(folder, &train);
    assert!(said(&trained).contains("all 6 columns are values"), "{}", said(&trained));
    let report = json(&trained);
    assert!(report["test_auroc"].is_null() && report["test_score"].as_f64() < Some(0.5), "{report}");
    let eval = fenchel(folder, &["eval", "run"]);
    assert!(said(&eval).contains("--normal"), "{}", said(&eval));
    assert!(text(&eval).contains("threshold"));
    // A column of labels isn't a value, and says nothing.
    let labelled = fenchel(folder, &[&TRAIN[..7], &["--steps", "50", "--out", "labelled"]].concat());
    assert!(said(&labelled).contains("--normal CLASS"), "{}", said(&labelled));
}

#[test]
fn images_are_told_from_other_images() {
    let folder = tempfile::tempdir().expect("a folder");
    let train = ["train", "--task", "reconstruct", "--normal", "0", "--epochs", "60", "--quiet", "--json"];
    let report = json(&fenchel(folder.path(), &train));
    assert!(report["test_auroc"].as_f64() > Some(0.95), "{report}");
}

#[test]
fn what_doesnt_fit_is_refused_with_its_remedy() {
    let folder = tables();
    let folder = folder.path();
    let reconstruct = |more: &[&'static str]| [&["train", "--task", "reconstruct", "--data"], more].concat();
    let unknown = reconstruct(&["pump.csv", "--label", "state", "--normal", "fine"]);
    refused(folder, &unknown, &["--normal", "\"ok\"", "\"fine\""]);
    refused(
        folder,
        &reconstruct(&["plain.csv", "--normal", "ok"]),
        &["--normal", "--label", "without labels"],
    );
    refused(folder, &reconstruct(&["pump.csv"]), &["\"state\"", "--label"]);
    refused(folder, &reconstruct(&["plain.csv", "--quantile", "0"]), &["--quantile", "above 0"]);
    refused(folder, &reconstruct(&["plain.csv", "--class-weights", "balanced"]), &["--class-weights"]);
    refused(folder, &reconstruct(&["plain.csv", "--folds", "3"]), &["--folds", "--normal"]);
}
