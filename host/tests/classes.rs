//! What `eval`, the report and the figures say of classes and of small sets, held to sums over the answers.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

const NAMES: [&str; 3] = ["common", "rare", "seldom"];

fn fenchel(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fenchel"));
    let output = command.current_dir(folder).args(arguments).output().expect("it starts");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

fn json(folder: &Path, arguments: &[&str]) -> Value {
    serde_json::from_str(&fenchel(folder, arguments)).expect("JSON")
}

/// Numbers in [0, 1) without an order.
fn noise(n: u32) -> f64 {
    let mixed = (u64::from(n) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    ((mixed ^ (mixed >> 27)) >> 40) as f64 / f64::from(1u32 << 24)
}

/// 320 rows of three overlapping classes, of 240, 50 and 30 rows; the class of each.
fn unequal(folder: &Path) -> Vec<&'static str> {
    let (mut rows, mut labels) = ("a,b,kind\n".to_string(), Vec::new());
    for n in 0..320 {
        let class = if n % 32 < 24 {
            0
        } else if n % 32 < 29 {
            1
        } else {
            2
        };
        let [a, b] = [3 * n, 3 * n + 1].map(|n| 2.5 * noise(n));
        let [a, b] = [a + if class == 1 { 1.0 } else { 0.0 }, b + if class == 2 { 1.2 } else { 0.0 }];
        rows += &format!("{a:.4},{b:.4},{}\n", NAMES[class]);
        labels.push(NAMES[class]);
    }
    std::fs::write(folder.join("kinds.csv"), rows).expect("written");
    labels
}

#[test]
fn metrics_of_unequal_classes_are_the_sums_over_the_answers() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let labels = unequal(folder);
    let train = ["train", "--data", "kinds.csv", "--objective", "backprop", "--quiet", "--out", "run"];
    // Where classes are unequal, the outcome says both.
    assert!(fenchel(folder, &train).contains(" %, balanced "));
    let report = json(folder, &["eval", "run", "--split", "all", "--classes", "--json"]);
    // The answers, row by row.
    let answers = fenchel(folder, &["infer", "run", "--data", "kinds.csv"]);
    let answers: Vec<&str> =
        answers.lines().skip(1).map(|line| line.split(',').nth(1).expect("a class")).collect();
    assert_eq!(answers.len(), labels.len());
    let mut counts: BTreeMap<(&str, &str), f64> = BTreeMap::new();
    labels
        .iter()
        .zip(&answers)
        .for_each(|(&label, &answer)| *counts.entry((label, answer)).or_default() += 1.0);
    let count = |label: &str, answer: &str| counts.get(&(label, answer)).copied().unwrap_or_default();
    let (mut recalls, mut scores, mut wrong) = (0.0, 0.0, 0.0);
    for (row, name) in NAMES.iter().enumerate() {
        for (column, answer) in NAMES.iter().enumerate() {
            assert_eq!(report["confusion"][row][column].as_f64(), Some(count(name, answer)), "{report}");
            wrong += if row == column { 0.0 } else { count(name, answer) };
        }
        let samples: f64 = NAMES.iter().map(|answer| count(name, answer)).sum();
        let answered: f64 = NAMES.iter().map(|label| count(label, name)).sum();
        let right = count(name, name);
        let class = &report["classes"][row];
        assert_eq!((class["name"].as_str(), class["samples"].as_f64()), (Some(*name), Some(samples)));
        let near =
            |value: &Value, expected: f64| (value.as_f64().expect("a number") - expected).abs() < 1e-12;
        assert!(near(&class["accuracy"], right / samples), "{class}");
        assert!(answered == 0.0 || near(&class["precision"], right / answered), "{class}");
        assert!(near(&class["f1"], 2.0 * right / (samples + answered)), "{class}");
        recalls += right / samples / 3.0;
        scores += 2.0 * right / (samples + answered) / 3.0;
    }
    let near =
        |name: &str, expected: f64| (report[name].as_f64().expect("a number") - expected).abs() < 1e-12;
    assert!(near("balanced_accuracy", recalls) && near("macro_f1", scores), "{report}");
    // The classes overlap and are unequal: the three measures differ.
    assert!(wrong > 0.0 && near("accuracy", 1.0 - wrong / 320.0) && !near("accuracy", recalls), "{report}");
    let printed = fenchel(folder, &["eval", "run", "--split", "all", "--classes"]);
    let line = format!("balanced accuracy {:.2} %, macro F1 {:.2} %", 100.0 * recalls, 100.0 * scores);
    assert!(printed.contains(&line) && printed.contains("rows are the labels"), "{printed}");
}

#[test]
fn the_report_shows_classes_and_how_little_a_few_samples_say() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    unequal(folder);
    let train = ["train", "--data", "kinds.csv", "--epochs", "3", "--quiet", "--out"];
    fenchel(folder, &[&train[..], &["small"]].concat());
    fenchel(folder, &["train", "--epochs", "2", "--objective", "backprop", "--quiet", "--out", "digits"]);
    fenchel(folder, &["report", "small", "digits", "-o", "report.html"]);
    let page = std::fs::read_to_string(folder.join("report.html")).expect("a report");
    for words in [
        "recall",
        "precision",
        "macro F1",
        "95 % interval",
        "Balanced validation accuracy",
        "fitted once more",
    ] {
        assert!(page.contains(words), "{words} isn't in the report");
    }
    // A chart names the runs that have a line in it, and no other: back-propagation has no energies.
    let charts: Vec<&str> = page.split("<figure>").filter(|figure| figure.contains("polyline")).collect();
    assert!(charts.len() > 5);
    for chart in charts {
        let lines = chart.matches("class=\"line ").count();
        let entries = chart.matches("class=\"key ").count();
        assert!(entries == 0 || entries == lines, "{entries} entries for {lines} lines: {chart}");
    }
    let report = json(folder, &["eval", "small", "--json"]);
    fenchel(folder, &["plot", "small", "--figure", "accuracy"]);
    let figure = std::fs::read_to_string(folder.join("accuracy.svg")).expect("a figure");
    assert!(figure.contains("class=\"band c0\"") && figure.contains("95 % interval of"), "{figure}");
    assert!(report["accuracy"].as_f64().is_some_and(|accuracy| accuracy > 0.5), "{report}");
}

#[test]
fn windows_are_drawn_as_curves_of_their_channels() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    // Noise that looks alike in both classes, so that there are mistakes to draw.
    let mut rows = "t,ax,ay,who,activity\n".to_string();
    for row in 0..2000u32 {
        let (who, name) = (row / 100, if row / 100 % 2 == 0 { "walk" } else { "run" });
        rows += &format!("{row},{:.4},{:.4},p{who},{name}\n", noise(2 * row), 1000.0 * noise(2 * row + 1));
    }
    std::fs::write(folder.join("noise.csv"), &rows).expect("written");
    let options = ["--window", "20", "--channels", "ax,ay", "--group", "who", "--label", "activity"];
    let train = ["train", "--data", "noise.csv", "--epochs", "1", "--quiet", "--out", "run"];
    fenchel(folder, &[&train[..], &options[..]].concat());
    fenchel(folder, &["report", "run", "-o", "report.html"]);
    let page = std::fs::read_to_string(folder.join("report.html")).expect("a report");
    let drawn: Vec<&str> = page.split("<svg class=\"curves\"").skip(1).collect();
    assert!(!drawn.is_empty(), "no window is drawn");
    for window in drawn {
        let picture = window.split("</svg>").next().unwrap_or_default();
        assert_eq!(picture.matches("<polyline").count(), 2, "a line a channel: {picture}");
        let first =
            picture.split("points=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("points");
        assert_eq!(first.split(' ').count(), 20, "a point a row of the window: {first}");
    }
    assert!(page.contains("</i>ax</span>") && page.contains("</i>ay</span>"), "the channels' names");
}
