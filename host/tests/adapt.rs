//! Learning in place by the command: on drifts and on a stream of a person's own.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn fenchel(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fenchel"));
    command.current_dir(folder).args(arguments).output().expect("it starts")
}

fn text(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).expect("text")
}

fn objects(output: &Output) -> Vec<Value> {
    text(output).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn digits() -> tempfile::TempDir {
    digits_by(&[])
}

fn digits_by(options: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let train = ["train", "--objective", "backprop", "--epochs", "40", "--quiet", "--out", "run"];
    text(&fenchel(folder.path(), &[train.as_slice(), options].concat()));
    folder
}

#[test]
fn chips_recover_that_learn_through_their_own_flaws() {
    let folder = digits_by(&["--weight-clip", "2"]);
    let folder = folder.path();
    let adapt = |seed: &str, more: &[&str]| {
        let options = ["adapt", "run", "--hardware", "severe", "--chips", "2", "--samples", "200", "--json"];
        objects(&fenchel(folder, &[options.as_slice(), &["--seed", seed], more].concat()))
    };
    let both = ["--method", "in-loop,off-chip", "--plot", "chips.svg"];
    let lines = adapt("1", &both);
    assert_eq!(lines, adapt("1", &both));
    let last = |method: &str| {
        let of_method: Vec<_> = lines.iter().filter(|line| line["method"] == method).collect();
        let accuracy = of_method[of_method.len() - 2]["accuracy"].as_f64().expect("an accuracy");
        (accuracy, of_method[of_method.len() - 1].clone())
    };
    let (in_loop, off_chip) = (last("in-loop"), last("off-chip"));
    assert_eq!(in_loop.1["before"], off_chip.1["before"], "the same chips");
    assert!(in_loop.1["before"].as_f64().expect("an accuracy") < 0.6, "{lines:?}");
    assert!(in_loop.0 > 0.8, "{lines:?}");
    assert!(off_chip.1["recovered_200"].as_f64().expect("a share") < 0.3, "{lines:?}");
    assert!(std::fs::read_to_string(folder.join("chips.svg")).expect("a plot").contains("off-chip"));
    assert_ne!(adapt("2", &[])[0]["chips"], lines[0]["chips"]);

    // Half the flaws do less harm, and every method runs.
    let all = "in-loop,off-chip,last-layer,biases,feedback,backprop";
    let mild = adapt("1", &["--severity", "0.5", "--method", all]);
    assert!(mild[0]["accuracy"].as_f64() > lines[0]["accuracy"].as_f64(), "{mild:?}");
    assert_eq!(mild.iter().filter(|line| line["before"].is_f64()).count(), 6);
    for (options, named) in [
        (["--severity", "-1"], "--severity"),
        (["--chips", "0"], "--chips"),
        (["--method", "magic"], "--method"),
        (["--hardware", "nowhere"], "nowhere"),
        (["--clip", "2"], "--clip"),
    ] {
        let with_hardware = ["adapt", "run", "--hardware", "severe"];
        let arguments = if options[0] == "--hardware" { &with_hardware[..2] } else { &with_hardware };
        let output = fenchel(folder, &[arguments, &options].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{options:?}: {said}");
        assert!(said.contains(named), "{options:?}: {said}");
    }
}

#[test]
fn what_drifts_cost_comes_back() {
    let folder = digits();
    let folder = folder.path();
    for drift in ["gain", "rotate", "rows", "noise", "new-class"] {
        let lines =
            objects(&fenchel(folder, &["adapt", "run", "--drift", drift, "--samples", "200", "--json"]));
        let (last, points) = lines.split_last().expect("lines");
        let marks: Vec<u64> =
            points.iter().map(|point| point["samples"].as_u64().expect("a number")).collect();
        assert_eq!(marks, [0, 10, 20, 50, 100, 200]);
        assert_eq!(last["before"], points[0]["accuracy"]);
        // Fresh noise hides what is to be known; the others give most of it back.
        let least = if drift == "noise" { 0.1 } else { 0.3 };
        let share = last["recovered_200"].as_f64().expect("a share");
        assert!(share > least, "{drift}: {share}");
        assert_eq!(last["steps"], 200);
        assert!(last["recovered_1000"].is_null());
    }
}

#[test]
fn the_same_seed_gives_the_same_weights_and_the_file_holds_them() {
    let folder = digits();
    let folder = folder.path();
    let adapt = |seed: &str| {
        let options =
            ["adapt", "run", "--drift", "gain", "--samples", "100", "--json", "--out", "new.fenchel"];
        let more =
            ["--ring", "20", "--replays", "2", "--originals", "30", "--plot", "new.svg", "--seed", seed];
        let lines = objects(&fenchel(folder, &[options.as_slice(), &more].concat()));
        let last = lines.last().expect("a line").clone();
        (last, lines[lines.len() - 2]["original_accuracy"].as_f64().expect("an accuracy"))
    };
    let (first, original) = adapt("1");
    assert_eq!(adapt("1"), (first.clone(), original));
    // One new sample, one original, and two replays once the ring has any.
    assert_eq!(first["steps"], 100 + 100 + 2 * 99);
    let evaluated = objects(&fenchel(folder, &["eval", "new.fenchel", "--json"]));
    assert_eq!(evaluated[0]["accuracy"], original, "the file answers as the learner did");
    assert!(std::fs::read_to_string(folder.join("new.svg")).expect("a plot").contains("original data"));
    assert_ne!(adapt("2").0["weights_crc"], first["weights_crc"]);
}

#[test]
fn a_stream_of_ones_own_is_learned_in_its_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    // Two classes by the sign of x; the stream has the sensor's sign turned.
    let rows = |count: usize, sign: f64| {
        let row = |i: usize| {
            let x = if i.is_multiple_of(2) { -1.0 } else { 1.0 } * (0.3 + (i * 7 % 11) as f64 / 11.0);
            format!(
                "{},{},{}\n",
                sign * x,
                (i * 5 % 13) as f64 / 13.0,
                if x < 0.0 { "left" } else { "right" }
            )
        };
        String::from("x,y,label\n") + &(0..count).map(row).collect::<String>()
    };
    std::fs::write(folder.join("old.csv"), rows(300, 1.0)).expect("written");
    std::fs::write(folder.join("new.csv"), rows(200, -1.0)).expect("written");
    let train = ["train", "--data", "old.csv", "--objective", "backprop", "--quiet", "--out", "run"];
    text(&fenchel(folder, &train));
    let lines = objects(&fenchel(folder, &["adapt", "run", "--data", "new.csv", "--json"]));
    let accuracy = |index: usize| lines[index]["accuracy"].as_f64().expect("an accuracy");
    assert!(accuracy(0) < 0.1 && accuracy(lines.len() - 2) > 0.9, "{lines:?}");
    assert!(lines[0]["original_accuracy"].as_f64().expect("an accuracy") > 0.9);

    for (options, named) in [
        (["--samples", "0"], "--samples"),
        (["--share", "-1"], "--share"),
        (["--scope", "everything"], "--scope"),
        (["--originals", "100000"], "originals"),
        (["--drift", "rotate"], "drift"),
    ] {
        let output = fenchel(folder, &[["adapt", "run", "--data", "new.csv"].as_slice(), &options].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{options:?}: {said}");
        assert!(said.contains(named), "{options:?}: {said}");
    }
    let nothing = fenchel(folder, &["adapt", "run"]);
    assert_eq!(nothing.status.code(), Some(2));
}

#[test]
fn originals_of_the_model_file_are_learned_in_turn_with_new_samples() {
    let folder = digits();
    let folder = folder.path();
    text(&fenchel(folder, &["export", "run", "-o", "plain.fenchel"]));
    text(&fenchel(folder, &["export", "run", "-o", "kept.fenchel", "--replay", "20"]));
    let bytes = |name: &str| std::fs::metadata(folder.join(name)).expect("a file").len();
    let more = bytes("kept.fenchel") - bytes("plain.fenchel");
    assert!((20 * 65..20 * 65 + 64).contains(&more), "{more} bytes for 20 images and classes");
    let adapt = |model: &str, options: &[&str]| {
        let all = [&["adapt", model, "--drift", "rows", "--samples", "200", "--json"], options].concat();
        let output = fenchel(folder, &all);
        let said = String::from_utf8_lossy(&output.stderr).contains("20 original samples of the model file");
        let lines = objects(&output);
        let original = lines[lines.len() - 2]["original_accuracy"].as_f64().expect("an accuracy");
        (lines.last().expect("a line").clone(), original, said)
    };
    let (without, forgot, _) = adapt("plain.fenchel", &[]);
    let (with, kept, said) = adapt("kept.fenchel", &[]);
    assert!(said && with["steps"] == 400 && kept > forgot, "{kept} with, {forgot} without");
    let (left_out, _, said) = adapt("kept.fenchel", &["--originals", "0"]);
    assert_eq!((left_out["weights_crc"].clone(), said), (without["weights_crc"].clone(), false));
    let ring = ["--ring", "20", "--replays", "2"];
    let balanced = adapt("plain.fenchel", &[&ring[..], &["--balanced"]].concat()).0;
    assert_ne!(balanced["weights_crc"], adapt("plain.fenchel", &ring).0["weights_crc"]);
    assert_eq!(balanced["steps"], 200 + 2 * 199);

    let refused = |options: &[&str]| {
        let output = fenchel(folder, &[&["export", "run", "-o", "none.fenchel"], options].concat());
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    assert!(refused(&["--replay", "0"]).contains("--replay: expected at least 1, got 0"));
    assert!(refused(&["--replay", "9999"]).contains("--replay: expected at most 1097, got 9999"));
    assert!(refused(&["--replay", "5", "--format", "npz"]).contains("--replay: expected --format model"));
    assert!(!folder.join("none.fenchel").exists());
}
