//! `--task regress`, from a table to predictions in the user's unit.

#[path = "commands/checked.rs"]
mod checked;
mod commands;

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::Stdio;

use checked::{json, refused};
use commands::{command, fenchel, text};
use fenchel::report::figures;
use fenchel::task::TaskName;
use serde_json::Value;

/// Returns a row of a boiler's table: two settings and a temperature give a flow in l/h near 5,000 and a
/// pressure in bar near 2.
fn boiler(row: u32) -> ([f32; 3], [f32; 2]) {
    let uniform = |salt: u32| ((row * 3 + salt).wrapping_mul(2_654_435_761) >> 8) as f32 / 16_777_216.0;
    let (valve, pump, temperature) = (uniform(0), 10.0 * uniform(1), 20.0 + 60.0 * uniform(2));
    let flow = 5000.0 + 800.0 * valve * valve - 300.0 * pump + 2.0 * temperature;
    ([valve, pump, temperature], [flow, 2.0 + 0.05 * pump - 0.4 * valve])
}

const ROWS: u32 = 300;

/// Makes a folder with `boiler.csv`, and `new.csv` without the targets.
fn tables() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut all, mut new) = ("flow,valve,pump,pressure,temp\n".to_string(), "valve,pump,temp\n".to_string());
    for row in 0..ROWS {
        let ([valve, pump, temperature], [flow, pressure]) = boiler(row);
        writeln!(all, "{flow},{valve},{pump},{pressure},{temperature}").expect("text");
        writeln!(new, "{valve},{pump},{temperature}").expect("text");
    }
    std::fs::write(folder.path().join("boiler.csv"), all).expect("written");
    std::fs::write(folder.path().join("new.csv"), new).expect("written");
    folder
}

const TRAIN: [&str; 9] =
    ["train", "--task", "regress", "--data", "boiler.csv", "--label", "flow,pressure", "--out", "run"];

#[test]
fn a_table_gives_predictions_in_the_users_unit() {
    let folder = tables();
    let folder = folder.path();
    let report = json(&fenchel(folder, &[&TRAIN[..], &["--quiet", "--json"]].concat()));
    let r2 = |report: &Value, name: &str| report[name].as_f64().expect("a number");
    assert!(r2(&report, "test_r2") > 0.97 && r2(&report, "validation_r2") > 0.97, "{report}");

    let eval = json(&fenchel(folder, &["eval", "run", "--json"]));
    assert!((r2(&eval, "r2") - r2(&report, "test_r2")).abs() < 1e-9, "{eval}");
    let targets = eval["targets"].as_array().expect("a target each");
    assert_eq!([&targets[0]["name"], &targets[1]["name"]], ["flow", "pressure"]);
    // The standard deviations are about 900 and 0.19: both errors are in the target's own unit.
    let rmse: Vec<f64> = targets.iter().map(|target| r2(target, "rmse")).collect();
    assert!((1.0..160.0).contains(&rmse[0]) && (2e-4..0.034).contains(&rmse[1]), "{eval}");
    assert!(targets.iter().all(|target| r2(target, "mae") <= r2(target, "rmse")), "{eval}");
    let shown = text(&fenchel(folder, &["eval", "run"]));
    assert!(shown.contains("mean of 2 targets") && shown.contains("pressure"), "{shown}");

    // Rows without targets, in file order; the same from a pipe and for the model file alone.
    let csv = text(&fenchel(folder, &["infer", "run", "--data", "new.csv"]));
    let mut lines = csv.lines();
    assert_eq!(lines.next(), Some("index,flow,pressure"));
    let mut square = [0.0f32; 2];
    for (row, line) in (0..ROWS).zip(lines) {
        let values: Vec<f32> =
            line.split(',').skip(1).map(|value| value.parse().expect("a number")).collect();
        let (_, truth) = boiler(row);
        (0..2).for_each(|i| square[i] += (values[i] - truth[i]).powi(2));
    }
    let rmse = square.map(|square| (square / ROWS as f32).sqrt());
    assert!(rmse[0] < 120.0 && rmse[1] < 0.03, "{rmse:?}");
    assert_eq!(text(&fenchel(folder, &["infer", "run", "--data", "boiler.csv"])), csv);
    let model = folder.join("run/best.fenchel").display().to_string();
    assert_eq!(text(&fenchel(folder, &["infer", &model, "--data", "new.csv"])), csv);
    let mut piped = command(folder, &["infer", "run", "--data", "-", "--json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    writeln!(piped.stdin.take().expect("a pipe"), "0.5,5,50").expect("sent");
    let answer = json(&piped.wait_with_output().expect("it ends"));
    // 5000 + 200 − 1500 + 100 and 2 + 0.25 − 0.2.
    let values: Vec<f64> =
        answer["outputs"].as_array().expect("a list").iter().filter_map(Value::as_f64).collect();
    assert!((values[0] - 3800.0).abs() < 300.0 && (values[1] - 2.05).abs() < 0.08, "{answer}");

    // Rows without a header, whose last two columns are the targets by their numbers.
    std::fs::write(folder.join("bare.csv"), "0.5,5,50,0,0\n").expect("written");
    let bare = fenchel(folder, &["infer", "run", "--data", "bare.csv", "--label", "4,5", "--json"]);
    assert_eq!(json(&bare)["outputs"], answer["outputs"]);
    // A model file knows its targets' names, and so which columns of a table they are.
    let eval = json(&fenchel(folder, &["eval", &model, "--data", "boiler.csv", "--json"]));
    assert!(r2(&eval, "r2") > 0.97, "{eval}");
    let relaxed = json(&fenchel(folder, &["relax", "run", "--split", "all", "--index", "7", "--json"]));
    let target = relaxed["target"][0].as_f64().expect("a number");
    assert!((2000.0..6000.0).contains(&target), "{}", relaxed["target"]);
    let settled = relaxed["problems"][0]["outputs"][0].as_f64().expect("a number");
    assert!((2000.0..6000.0).contains(&settled), "{settled}");
    assert!(relaxed["label"].is_null() && relaxed["target_label"].is_null());
    let inspected = json(&fenchel(folder, &["inspect", "run", "--json"]));
    assert_eq!(inspected["task"], "regress");
    assert_eq!(inspected["target_names"][1], "pressure");
    // Every figure of the task, and the report.
    for figure in figures().into_iter().filter(|figure| figure.tasks.contains(&TaskName::Regress)) {
        text(&fenchel(folder, &["plot", "run", "--figure", figure.name]));
    }
    let drawn = std::fs::read_to_string(folder.join("predictions.svg")).expect("an SVG");
    assert_eq!(drawn.matches("<circle").count(), 2 * eval["samples"].as_u64().expect("a number") as usize);
    refused(folder, &["plot", "run", "--figure", "roc"], &["roc", "nothing of it"]);
    text(&fenchel(folder, &["report", "run"]));
    let report = std::fs::read_to_string(folder.join("report.html")).expect("a report");
    assert!(report.contains("R²") && report.contains("pressure") && !report.contains("Robustness"));
    let exported = text(&fenchel(folder, &["export", "run", "-o", "small.fenchel", "--weights", "int8"]));
    assert!(exported.contains("test R²"), "{exported}");
}

/// One step of each member of the family is enough to learn a line.
#[test]
fn every_objective_and_attack_learns() {
    let folder = tables();
    let all = fenchel::train::OBJECTIVES
        .iter()
        .map(|row| format!("--objective {}", fenchel::spelling::name(row.name)));
    let attacks =
        ["untargeted", "none", "runner-up"].map(|attack| format!("--objective arovr-ab --attack {attack}"));
    for (number, options) in all.chain(attacks).enumerate() {
        let run = format!("run{number}");
        let train =
            ["train", "--task", "regress", "--data", "boiler.csv", "--label", "1", "--ignore", "pressure"];
        let more =
            ["--steps", "400", "--layers", "16", "--refit", "false", "--quiet", "--json", "--out", &run];
        let options: Vec<&str> = options.split(' ').collect();
        let report = json(&fenchel(folder.path(), &[&train[..], &more, &options].concat()));
        assert!(report["test_r2"].as_f64() > Some(0.5), "{options:?}: {report}");
        assert!(report["test_rmse"].as_f64() > Some(1.0), "{options:?}: {report}");
    }
}

#[test]
fn arrays_with_real_targets_of_any_width_are_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut file =
        zip::ZipWriter::new(std::fs::File::create(folder.path().join("boiler.npz")).expect("created"));
    let mut array = |name: &str, width: usize, values: Vec<f64>| {
        file.start_file(name, zip::write::SimpleFileOptions::default()).expect("begun");
        let shape = if width == 1 {
            format!("({},)", values.len())
        } else {
            format!("({}, {width})", values.len() / width)
        };
        let mut header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}");
        header += &" ".repeat(64 - (10 + header.len() + 1) % 64);
        header.push('\n');
        file.write_all(b"\x93NUMPY\x01\x00").expect("written");
        file.write_all(&(header.len() as u16).to_le_bytes()).expect("written");
        file.write_all(header.as_bytes()).expect("written");
        values.iter().for_each(|value| file.write_all(&value.to_le_bytes()).expect("written"));
    };
    let both = |part: fn(u32) -> Vec<f64>| (0..ROWS).flat_map(part).collect::<Vec<_>>();
    array("x.npy", 3, both(|row| boiler(row).0.map(f64::from).to_vec()));
    array("y.npy", 2, both(|row| boiler(row).1.map(f64::from).to_vec()));
    file.finish().expect("written");
    let train = [
        "train",
        "--task",
        "regress",
        "--data",
        "boiler.npz",
        "--steps",
        "600",
        "--quiet",
        "--json",
        "--out",
        "run",
    ];
    let report = json(&fenchel(folder.path(), &train));
    assert!(report["test_r2"].as_f64() > Some(0.8), "{report}");
    let answers = text(&fenchel(folder.path(), &["infer", "run", "--data", "boiler.npz"]));
    assert_eq!((answers.lines().next(), answers.lines().count()), (Some("index,y0,y1"), 301));
    let folds =
        ["train", "--task", "regress", "--data", "boiler.npz", "--steps", "200", "--folds", "2", "--json"];
    let report = json(&fenchel(folder.path(), &folds));
    assert_eq!(report["r2"].as_array().map(Vec::len), Some(2), "{report}");
}

#[test]
fn what_doesnt_fit_is_refused_with_its_remedy() {
    let folder = tables();
    let folder = folder.path();
    refused(folder, &["train", "--task", "regress"], &["digits", "CSV or NPZ", "real target"]);
    std::fs::write(folder.join("text.csv"), "a,y\n".to_string() + &"1,cat\n2,dog\n".repeat(10))
        .expect("written");
    let text_target = ["train", "--task", "regress", "--data", "text.csv"];
    refused(folder, &text_target, &["line 2", "\"y\"", "--task classify"]);
    refused(folder, &["train", "--data", "boiler.csv", "--label", "pump"], &["--task regress"]);
    refused(
        folder,
        &["train", "--data", "boiler.csv", "--label", "pump,flow"],
        &["--label", "--task regress"],
    );
    text(&fenchel(folder, &[&TRAIN[..], &["--steps", "50", "--quiet"]].concat()));
    refused(folder, &["eval", "run", "--classes"], &["--classes", "a model of classes"]);
    refused(folder, &["eval", "run", "--coverage"], &["--coverage", "a model of classes"]);
    refused(folder, &["eval", "run", "--hardware", "reram"], &["--hardware", "a model of classes"]);
    refused(
        folder,
        &["eval", "run", "--data", "boiler.csv", "--label", "flow", "--ignore", "pressure"],
        &["2 real targets", "1"],
    );
    refused(folder, &["relax", "run", "--target-label", "1"], &["--target-label", "a model of classes"]);
    refused(folder, &[&TRAIN[..7], &["--class-weights", "balanced"]].concat(), &["--class-weights"]);
}
