//! The command as a user types it: what it prints, and how bad input is refused.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn fenchel(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_fenchel"))
        .current_dir(folder)
        .args(arguments)
        .output()
        .expect("it starts")
}

fn json_lines(output: &Output) -> Vec<Value> {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = std::str::from_utf8(&output.stdout).expect("UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON on stdout, nothing else")).collect()
}

fn json(output: &Output) -> Value {
    let mut lines = json_lines(output);
    assert_eq!(lines.len(), 1, "one object");
    lines.remove(0)
}

/// Checks exit code 2, the words in the message, and that no new file is in `folder`.
fn refused(folder: &Path, arguments: &[&str], words: &[&str]) {
    let listing = || {
        let names = folder.read_dir().expect("readable").map(|entry| entry.expect("readable").file_name());
        let mut names: Vec<_> = names.collect();
        names.sort();
        names
    };
    let before = listing();
    let output = fenchel(folder, arguments);
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
    for word in words {
        assert!(message.contains(word), "{arguments:?}: {word:?} isn't in: {message}");
    }
    assert!(!message.contains("panicked"), "{message}");
    assert_eq!(before, listing(), "{arguments:?} left a file");
}

fn small_run(folder: &Path) {
    json(&fenchel(folder, &["train", "--epochs", "3", "--layers", "12", "--out", "run", "--json"]));
}

#[test]
fn train_export_eval_infer_inspect_relax_agree() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let trained = json(&fenchel(folder, &["train", "--epochs", "8", "--out", "run", "--json"]));
    assert_eq!(trained["epochs"], 8);
    assert!(
        trained["seconds"].is_f64()
            && trained["best_epoch"].is_u64()
            && trained["validation_accuracy"].is_f64()
    );
    json(&fenchel(folder, &["export", "run", "-o", "model.fenchel", "--json"]));
    let evaluated = json(&fenchel(folder, &["eval", "model.fenchel", "--json"]));
    assert_eq!(evaluated["samples"], 500);
    assert_eq!(evaluated["accuracy"], trained["test_accuracy"]);
    assert!(evaluated["accuracy"].as_f64() > Some(0.5), "8 epochs learn something: {evaluated}");

    let answers = json_lines(&fenchel(folder, &["infer", "model.fenchel", "--json"]));
    assert_eq!(answers.len(), 500);
    let inspected = json(&fenchel(folder, &["inspect", "model.fenchel", "--weights", "--json"]));
    let target = json(&fenchel(folder, &["inspect", "model.fenchel", "--target", "netduinoplus2", "--json"]));
    assert_eq!(target["target"]["inference"]["fits"], true);
    assert_eq!(target["target"]["inference"]["flash"]["model"], target["file_bytes"]);
    let sweep = &target["target"]["costs"]["vfp"]["sweep"];
    assert!(sweep["instructions"].as_f64() > target["macs"].as_f64());
    assert!(sweep["cycles"].as_f64() > sweep["instructions"].as_f64());
    let unknown = fenchel(folder, &["inspect", "model.fenchel", "--target", "mps2"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("mps2-an386"), "the boards that there are");
    let relaxed = json(&fenchel(folder, &["relax", "model.fenchel", "--index", "3", "--json"]));
    let numbers = |value: &Value| -> Vec<f64> {
        value.as_array().expect("a list").iter().map(|v| v.as_f64().expect("a number")).collect()
    };
    // Any other program can recompute the answer from the weights: here, plain f64 loops.
    let mut z = numbers(&relaxed["problems"][0]["states"][0]);
    for block in &inspected["blocks"].as_array().expect("a list")[1..] {
        let rows = block["weights"].as_array().expect("rows");
        let a = rows
            .iter()
            .zip(numbers(&block["bias"]))
            .map(|(row, bias)| bias + numbers(row).iter().zip(&z).map(|(w, z)| w * z).sum::<f64>());
        let relu = block["activation"] == "relu";
        z = a.map(|a| if relu { a.max(0.0) } else { a }).collect();
    }
    for (ours, theirs) in z.iter().zip(numbers(&answers[3]["outputs"])) {
        assert!((ours - theirs).abs() < 1e-5, "{ours} {theirs}");
    }
    for problem in relaxed["problems"].as_array().expect("two problems") {
        assert_eq!(
            problem["energy"].as_array().expect("one a sweep").len() as u64,
            problem["sweeps"].as_u64().expect("a count")
        );
        assert_eq!(problem["states"].as_array().expect("one a block").len(), 4);
        assert_eq!(problem["status"], "converged");
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let folder = tempfile::tempdir().expect("a folder");
    for out in ["a", "b"] {
        json(&fenchel(folder.path(), &["train", "--epochs", "3", "--out", out, "--json"]));
    }
    let bytes = |out: &str| std::fs::read(folder.path().join(out).join("best.fenchel")).expect("a model");
    assert_eq!(bytes("a"), bytes("b"));
}

#[test]
fn bad_options_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    refused(folder, &["train", "--data", "nowhere"], &["--data", "expected", "digits", "nowhere"]);
    refused(folder, &["train", "--samples", "5000"], &["--samples", "1 to 1097", "5000"]);
    refused(folder, &["train", "--beta", "NaN"], &["--beta", "got NaN"]);
    refused(folder, &["train", "--alpha", "0"], &["--alpha"]);
    refused(folder, &["train", "--layers", "0"], &["--layers", "8192"]);
    refused(folder, &["train", "--layers", "64,x"], &["--layers"]);
    refused(folder, &["train", "--objective", "nonsense"], &["arovr-g"]);
    refused(folder, &["train", "--activation", "clip:1:0"], &["clip:LOW:HIGH"]);
    refused(folder, &["train", "--activation", "relu,relu,relu,relu"], &["--activation", "1, 2", "got 4"]);
    refused(
        folder,
        &["train", "--activation", "simplex", "--potential", "quadratic"],
        &["block 1", "simplex"],
    );
    refused(folder, &["train", "--skip", "0:1"], &["--skip 0:1", "FROM + 1 < TO"]);
    refused(folder, &["train", "--skip", "0:2,0:2"], &["each skip once"]);
    refused(folder, &["train", "--gamma", "1,2"], &["--gamma", "3 (one a block)", "got 2"]);
    refused(folder, &["train", "--gamma", "0"], &["--gamma", "1e-6 to 1e6", "0"]);
    refused(folder, &["train", "--distance", "elementwise", "--gamma", "2"], &["γ of at most 1"]);
    refused(folder, &["train", "--hidden-noise", "1"], &["--hidden-noise", "--perturbation", "arovr-g"]);
    refused(folder, &["train", "--input-block", "box"], &["box:RADIUS"]);
    refused(folder, &["train", "--weight-clip", "-1"], &["--weight-clip"]);
    refused(folder, &["train", "--perturbation", "gaussian:-1"], &["gaussian:STD"]);
    refused(folder, &["train", "--objective", "arovr", "--beta", "1.5"], &["γ_L > β", "γ_L = 1", "β = 1.5"]);
    std::fs::write(folder.join("linear.toml"), "layers = []\n").expect("written");
    refused(folder, &["train", "--config", "linear.toml"], &["--layers", "1 to 14", "got 0"]);
    refused(folder, &["eval", "nothing.fenchel"], &["nothing.fenchel", "model file"]);
}

#[test]
fn a_training_that_diverges_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let arguments = ["train", "--objective", "backprop", "--rate", "1e18", "--quiet"];
    let output = fenchel(folder.path(), &arguments);
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(
        ["--learning-rate", "finite", "1e18", "epoch 1"].iter().all(|word| message.contains(word)),
        "{message}"
    );
}

#[test]
fn an_output_in_no_folder_or_that_is_one_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    small_run(folder);
    refused(folder, &["export", "run", "-o", "nowhere/m.fenchel"], &["m.fenchel", "no folder nowhere"]);
    refused(folder, &["export", "run", "-o", "run"], &["run", "a file to write", "a folder"]);
    refused(
        folder,
        &["train", "--out", "run/log.jsonl"],
        &["a new or empty folder", "run/log.jsonl", "a file"],
    );
    refused(
        folder,
        &["data", "fetch", "mnist", "--mirror", "notaurl", "--out", "f"],
        &["--mirror", "notaurl"],
    );
    refused(folder, &["man", "run/log.jsonl"], &["a folder", "the file run/log.jsonl"]);
    refused(folder, &["relax", "run", "--target-label", "3", "--attack-label", "3"], &["--attack-label"]);
}

#[test]
#[cfg(unix)]
fn what_a_link_points_at_is_written_and_a_pipe_stays_one() {
    use std::os::unix::fs::FileTypeExt;
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    small_run(folder);
    let model = std::fs::read(folder.join("run/best.fenchel")).expect("a model");
    std::fs::write(folder.join("target"), "before").expect("written");
    std::os::unix::fs::symlink("target", folder.join("link")).expect("linked");
    assert!(fenchel(folder, &["export", "run", "-o", "link"]).status.success());
    assert!(folder.join("link").is_symlink());
    assert!(std::fs::read(folder.join("target")).expect("readable") == model);
    let pipe = folder.join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || std::fs::read(pipe).expect("readable")
    });
    assert!(fenchel(folder, &["export", "run", "-o", "pipe"]).status.success());
    assert!(reader.join().expect("ended") == model);
    assert!(pipe.metadata().expect("there").file_type().is_fifo());
}

#[test]
fn a_run_is_never_overwritten() {
    let folder = tempfile::tempdir().expect("a folder");
    small_run(folder.path());
    refused(folder.path(), &["train", "--out", "run"], &["run", "new or empty folder"]);
}

#[test]
fn bad_csv_and_npz_are_refused_with_their_place() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("damaged.npz"), "1,2\n").expect("written");
    refused(folder.path(), &["train", "--data", "damaged.npz"], &["damaged.npz", "a whole NPZ file"]);
    refused(folder.path(), &["data", "list", "digits", "nowhere"], &["nowhere", "1 of 2"]);
    let folder = folder.path();
    let good: String = (0..40).map(|i| format!("{},{},{}\n", i, 40 - i, i % 2)).collect();
    for (bad, words) in [
        (format!("{good}1,2\n"), ["line 41", "3 columns", "got 2"]),
        (format!("{good}1,x,0\n"), ["line 41, column \"2\"", "finite number", "\"x\""]),
        (format!("{good}1,NaN,0\n"), ["line 41, column \"2\"", "--missing", "NaN"]),
        (format!("{good}1,inf,0\n"), ["line 41, column \"2\"", "finite number", "inf"]),
        ("1,2,0\n".into(), ["10 samples", "expected", "got 1"]),
        (String::new(), ["bad.csv", "at least one row of values", "none"]),
    ] {
        std::fs::write(folder.join("bad.csv"), bad).expect("written");
        refused(folder, &["train", "--data", "bad.csv"], &words);
    }
    std::fs::write(folder.join("good.csv"), format!("width,height,label\n{good}")).expect("written");
    json(&fenchel(folder, &["train", "--data", "good.csv", "--epochs", "2", "--layers", "4", "--json"]));
}

#[test]
fn bad_idx_files_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    std::fs::create_dir(folder.join("set")).expect("made");
    let images = |count: u32, data: usize| {
        let header = [0x803u32, count, 2, 2].map(u32::to_be_bytes).concat();
        [header, (0..data).map(|i| i as u8).collect()].concat()
    };
    let labels = |count: u32, label: u8| {
        let header = [0x801u32, count].map(u32::to_be_bytes).concat();
        [header, (0..count).map(|i| if i % 2 == 0 { 0 } else { label }).collect()].concat()
    };
    let write =
        |name: &str, bytes: Vec<u8>| std::fs::write(folder.join("set").join(name), bytes).expect("written");
    let arguments = ["train", "--data", "set", "--epochs", "1", "--layers", "4", "--batch", "4"];
    refused(folder, &arguments, &["set", "train-images-idx3-ubyte.gz", "no such file"]);
    for (part, count) in [("train", 12), ("t10k", 4)] {
        write(&format!("{part}-images-idx3-ubyte"), images(count, 4 * count as usize));
        write(&format!("{part}-labels-idx1-ubyte"), labels(count, 1));
    }
    write("train-images-idx3-ubyte", images(12, 47));
    refused(folder, &arguments, &["train-images", "48 bytes", "got 47"]);
    write("train-images-idx3-ubyte", images(12, 49));
    refused(folder, &arguments, &["train-images", "48 bytes", "got 49"]);
    write("train-images-idx3-ubyte", images(u32::MAX, 48));
    refused(folder, &arguments, &["train-images", "bytes of data", "got 48"]);
    write("train-images-idx3-ubyte", vec![0, 0, 8]);
    refused(folder, &arguments, &["train-images", "an IDX header of 16 bytes"]);
    write("train-images-idx3-ubyte", labels(12, 1));
    refused(folder, &arguments, &["train-images", "[0, 0, 8, 3]"]);
    write("train-images-idx3-ubyte", images(12, 48));
    write("train-labels-idx1-ubyte", labels(11, 1));
    refused(folder, &arguments, &["train-labels", "12 labels", "got 11"]);
    write("train-labels-idx1-ubyte", labels(12, 1));
    json(&fenchel(folder, &[&arguments[..], &["--json"]].concat()));
}

#[test]
fn a_changed_model_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    small_run(folder);
    let good = std::fs::read(folder.join("run/best.fenchel")).expect("a model");
    for place in [0, 4, 6, 20, good.len() / 2, good.len() - 1] {
        let mut bad = good.clone();
        bad[place] ^= 0x10;
        std::fs::write(folder.join("bad.fenchel"), bad).expect("written");
        refused(folder, &["eval", "bad.fenchel"], &["bad.fenchel"]);
        refused(folder, &["export", "bad.fenchel", "-o", "copy.fenchel"], &["bad.fenchel"]);
    }
    std::fs::write(folder.join("bad.fenchel"), &good[..good.len() - 7]).expect("written");
    refused(folder, &["eval", "bad.fenchel"], &["bad.fenchel", "truncated"]);
}

#[test]
fn data_that_does_not_fit_the_model_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    small_run(folder);
    let rows: String = (0..20).map(|i| format!("{i},{}\n", i % 2)).collect();
    std::fs::write(folder.join("narrow.csv"), rows).expect("written");
    refused(folder, &["eval", "run", "--data", "narrow.csv"], &["narrow.csv", "64 values", "got 1"]);
    refused(folder, &["infer", "run", "--index", "500"], &["--index", "0 to 499", "500"]);
    refused(folder, &["relax", "run", "--attack-label", "10"], &["--attack-label", "0 to 9", "10"]);
    refused(folder, &["relax", "run", "--objective", "backprop"], &["--objective", "arovr-ab"]);
}

#[test]
fn runs_are_listed_and_compared() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    for (name, objective) in [("first", "backprop"), ("second", "rovr")] {
        let out = format!("runs/{name}");
        let train =
            ["train", "--epochs", "3", "--layers", "12", "--objective", objective, "--out", &out, "--json"];
        json(&fenchel(folder, &train));
    }
    let listed = json_lines(&fenchel(folder, &["runs", "--json"]));
    assert_eq!(listed.len(), 2);
    assert_eq!(listed[0]["objective"], "backprop");
    let whole = |run: &Value| run["state"] == "finished" && run["epoch"] == 3 && run["epochs"] == 3;
    assert!(listed.iter().all(whole), "{listed:?}");
    let compared = json(&fenchel(folder, &["compare", "runs/first", "runs/second", "--json"]));
    assert_eq!(compared[1]["settings"], serde_json::json!({ "objective.name": "rovr" }));
    assert_eq!(compared[0]["outcome"]["validation_accuracy"], listed[0]["validation_accuracy"]);
    // A log that a kill cut off in the middle of a line is still read.
    let log = folder.join("runs/first/log.jsonl");
    let text = std::fs::read_to_string(&log).expect("a log");
    std::fs::write(&log, &text[..text.len() - 9]).expect("written");
    let output = fenchel(folder, &["runs", "--json"]);
    assert_eq!(json_lines(&output), listed, "the checkpoint knows what the log lacks");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("2 of the 3 lines"), "{said}");
    refused(folder, &["runs", "nowhere"], &["nowhere", "a folder that holds runs"]);
    refused(folder, &["compare", "runs/first", "nowhere"], &["settings.toml"]);
}
