//! Answers to rows of a person's own: from files and pipes, with the data's identity kept apart.

mod commands;

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use commands::{command, fenchel, said, text};
use serde_json::Value;

fn case(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(name)
}

/// Makes a folder with a model of `good.csv`, called `run`, and the cases beside it.
fn trained(options: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["good.csv", "good_relabelled.csv", "unlabelled.csv", "three.csv", "strings.csv"] {
        std::fs::copy(case(name), folder.path().join(name)).expect("copied");
    }
    let train = ["train", "--data", "good.csv", "--objective", "backprop", "--quiet", "--out", "run"];
    text(&fenchel(folder.path(), &[&train, options].concat()));
    folder
}

#[test]
fn every_row_is_answered_in_file_order() {
    let folder = trained(&[]);
    let folder = folder.path();
    let answers = text(&fenchel(folder, &["infer", "run", "--data", "unlabelled.csv", "--json"]));
    let answers: Vec<Value> = answers.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(answers.len(), 300);
    assert!(answers.iter().enumerate().all(|(index, answer)| answer["index"] == index));
    // The rows of good.csv with their labels left out.
    let good = std::fs::read_to_string(case("good.csv")).expect("read");
    let labels: Vec<&str> = good.lines().skip(1).filter_map(|line| line.rsplit(',').next()).collect();
    let right = answers.iter().zip(&labels).filter(|(answer, label)| answer["name"] == **label).count();
    assert!(right >= 295, "{right} of 300");
    assert!(
        answers.iter().all(|answer| answer["probability"].as_f64().is_some_and(|p| (0.3..=1.0).contains(&p)))
    );

    let csv = text(&fenchel(folder, &["infer", "run", "--data", "good.csv"]));
    assert_eq!(csv.lines().next(), Some("index,class,probability,margin,0,1,2"));
    assert_eq!(csv.lines().count(), 301);
    let three = fenchel(folder, &["infer", "run", "--data", "three.csv"]);
    assert_eq!(text(&three).lines().count(), 4);
    assert!(said(&three).contains("the last one is taken for the label"), "{}", said(&three));
    let unknown = text(&fenchel(folder, &["infer", "run", "--data", "unlabelled.csv", "--reject", "100"]));
    assert!(unknown.lines().skip(1).all(|line| line.contains(",unknown,")), "{unknown}");

    // Bare values, for a run that was trained on a table with an id.
    let with_id: Vec<String> =
        good.lines().enumerate().map(|(row, line)| format!("id-{row},{line}")).collect();
    std::fs::write(folder.join("with_id.csv"), with_id.join("\n").replacen("id-0", "id", 1))
        .expect("written");
    let bare: Vec<&str> = good.lines().skip(1).filter_map(|line| Some(line.rsplit_once(',')?.0)).collect();
    std::fs::write(folder.join("bare.csv"), bare.join("\n")).expect("written");
    let train = "train --data with_id.csv --ignore id --epochs 2 --quiet --out id";
    text(&fenchel(folder, &train.split(' ').collect::<Vec<_>>()));
    let answers = |data: &str| text(&fenchel(folder, &["infer", "id", "--data", data]));
    assert_eq!(answers("bare.csv"), answers("with_id.csv"));

    // Columns by name, in another order and with others between.
    let turned: String = good
        .lines()
        .map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            format!("{};x;{};{};{}\n", fields[3], fields[2], fields[0], fields[1])
        })
        .collect();
    std::fs::write(folder.join("turned.csv"), turned).expect("written");
    assert_eq!(text(&fenchel(folder, &["infer", "run", "--data", "turned.csv"])), csv);
    for (rows, words) in
        [("1,2\n", "4 values a row"), ("1,2,3,x\n", "finite number"), ("", "at least one row of values")]
    {
        std::fs::write(folder.join("bad.csv"), rows).expect("written");
        let refused = fenchel(folder, &["infer", "run", "--data", "bad.csv"]);
        assert_eq!(refused.status.code(), Some(2), "{rows:?}");
        assert!(said(&refused).contains(words), "{rows:?}: {}", said(&refused));
    }
}

/// Returns the largest resident memory of a process so far, in KiB.
#[cfg(target_os = "linux")]
fn peak(id: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).expect("Linux");
    let line = status.lines().find(|line| line.starts_with("VmHWM")).expect("a peak");
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number")
}

#[test]
#[cfg(target_os = "linux")]
fn a_row_of_a_pipe_gets_its_answer_at_once_and_many_take_no_more_memory() {
    let folder = trained(&[]);
    let mut child = command(folder.path(), &["infer", "run", "--data", "-", "--json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut rows = child.stdin.take().expect("a pipe");
    let mut answers = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let mut answer = || answers.next().expect("an answer").expect("text");
    // Each answer comes before the next row is sent.
    for index in 0..1000 {
        writeln!(rows, "{},0.9,-0.3,2.4", index % 7).expect("sent");
        assert!(answer().starts_with(&format!("{{\"index\":{index},")));
    }
    let before = peak(child.id());
    let many = std::thread::spawn(move || {
        for index in 0..99_000 {
            writeln!(rows, "{},0.9,-0.3,2.4", index % 7).expect("sent");
        }
        rows
    });
    for _ in 0..98_999 {
        answer();
    }
    assert!(answer().starts_with("{\"index\":99999,"));
    // The command waits for more as long as the pipe is open.
    let rows = many.join().expect("sent");
    let after = peak(child.id());
    drop(rows);
    assert!(child.wait().expect("ended").success());
    // 100,000 rows are 1.6 MB; a page or two may come by chance.
    assert!(after < before + 512, "{before} KiB, then {after} KiB");
}

#[test]
fn other_data_are_refused_unless_they_are_named() {
    let folder = trained(&["--epochs", "20", "--final-rate", "1"]);
    let folder = folder.path();
    text(&fenchel(folder, &["eval", "run"]));
    let own = fenchel(folder, &["eval", "run", "--data", "good.csv"]);
    assert!(!said(&own).contains("other data"), "{}", said(&own));
    let other = fenchel(folder, &["eval", "run", "--data", "good_relabelled.csv", "--json"]);
    assert!(said(&other).contains("other data"), "{}", said(&other));
    let report: Value = serde_json::from_str(&text(&other)).expect("JSON");
    assert_eq!(report["samples"], 300, "all of them");

    std::fs::copy(case("good_relabelled.csv"), folder.join("good.csv")).expect("copied");
    let resume = ["train", "--resume", "run", "--epochs", "30"];
    for arguments in [&["eval", "run"][..], &["report", "run"], &["relax", "run"], &resume] {
        let refused = fenchel(folder, arguments);
        assert_eq!(refused.status.code(), Some(2), "{arguments:?}: {}", said(&refused));
        assert!(
            said(&refused).contains("other data") || said(&refused).contains("SHA-256"),
            "{}",
            said(&refused)
        );
    }
}

#[test]
fn thresholds_and_probabilities_are_measured() {
    let folder = trained(&["--samples", "60"]);
    let report: Value =
        serde_json::from_str(&text(&fenchel(folder.path(), &["eval", "run", "--coverage", "0.8", "--json"])))
            .expect("JSON");
    let [calibrated, plain] =
        ["calibration_error", "uncalibrated_error"].map(|name| report[name].as_f64().expect("a number"));
    assert!(calibrated < plain, "{report}");
    let answered = &report["answered"][0];
    // Chosen on some 30 validation samples, so it is met on test samples within three deviations, 0.22.
    assert!(answered["coverage"].as_f64().is_some_and(|share| (0.58..=1.0).contains(&share)), "{report}");
}

#[test]
fn folds_test_every_sample_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let good = case("good.csv");
    let train = ["train", "--data", good.to_str().expect("text"), "--folds", "4", "--epochs", "40", "--json"];
    let report: Value = serde_json::from_str(&text(&fenchel(folder.path(), &train))).expect("JSON");
    let sizes = report["samples"].as_array().expect("a list");
    assert_eq!(sizes.iter().filter_map(Value::as_u64).sum::<u64>(), 300);
    assert!(report["mean"].as_f64().is_some_and(|mean| mean > 0.9), "{report}");
    let digits = fenchel(folder.path(), &["train", "--folds", "4"]);
    assert_eq!(digits.status.code(), Some(2), "they are divided already");
    assert!(folder.path().read_dir().expect("there").next().is_none(), "no run is kept");
}

#[test]
fn windows_of_a_recording_train_and_are_answered() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    // Four recordings, of slow and fast waves in turn, in two channels of different size.
    let mut rows = "t,ax,ay,who,activity\n".to_string();
    for row in 0..2400 {
        let (who, fast) = (row / 300, row / 300 % 2 == 1);
        let phase = f64::from(row) * if fast { 1.1 } else { 0.2 };
        let name = if fast { "run" } else { "walk" };
        rows += &format!("{row},{:.4},{:.4},p{who},{name}\n", phase.sin(), 1000.0 * phase.cos());
    }
    std::fs::write(folder.join("walk.csv"), &rows).expect("written");
    let options =
        ["--window", "20", "--stride", "10", "--channels", "ax,ay", "--group", "who", "--label", "activity"];
    let train =
        [&["train", "--data", "walk.csv", "--quiet", "--json", "--out", "run"], &options[..]].concat();
    let report: Value = serde_json::from_str(&text(&fenchel(folder, &train))).expect("JSON");
    assert!(report["test_accuracy"].as_f64().is_some_and(|share| share > 0.95), "{report}");
    // 300 rows a recording give 29 windows.
    let answers = text(&fenchel(folder, &["infer", "run", "--data", "walk.csv"]));
    assert_eq!(answers.lines().count(), 1 + 8 * 29);
    let whole = fenchel(folder, &["eval", "run", "--split", "all", "--json"]);
    let report: Value = serde_json::from_str(&text(&whole)).expect("JSON");
    assert_eq!(report["samples"], 8 * 29);
}
