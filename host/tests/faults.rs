//! Faults that people found by killing, editing, moving and filling things: each now has its right outcome.

#[path = "faults/commands.rs"]
mod commands;
#[path = "faults/refused.rs"]
mod refused;

use std::process::{Command, Stdio};

use commands::*;
use serde_json::Value;

#[test]
fn every_seed_can_be_resumed_and_listed() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let epochs = interrupted(folder, "--layers 8 --seed 9223372036854775808", "runs/big", 1);
    done(folder, &format!("train --quiet --resume runs/big --epochs {}", epochs + 1));
    done(folder, "train --layers 8 --epochs 2 --quiet --out runs/ok");
    let listed = done(folder, "runs --json");
    let runs: Vec<Value> = listed.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!((runs.len(), &runs[0]["seed"]), (2, &Value::from(9_223_372_036_854_775_808_u64)), "{listed}");
    assert!(runs.iter().all(|run| run["state"] == "finished"), "{listed}");
}

#[test]
fn nobody_who_reads_and_no_room_left_end_no_training() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let shell = |script: &str| {
        let script = script.replace("fenchel", &format!("'{}'", env!("CARGO_BIN_EXE_fenchel")));
        let output = Command::new("bash").current_dir(folder).args(["-c", &script]).output().expect("bash");
        String::from_utf8_lossy(&output.stdout).trim().to_string()
    };
    let train = "train --layers 8 --epochs 60 --verbose --out";
    shell(&format!("( fenchel {train} p 2>&1 >/dev/null; echo $? > rc ) | head -2"));
    assert_eq!(std::fs::read_to_string(folder.join("rc")).expect("an exit code").trim(), "0");
    assert_eq!(newlines(&std::fs::read(folder.join("p/log.jsonl")).expect("a log")), 60);
    assert_eq!(shell(&format!("fenchel {train} q 2>/dev/full >/dev/null; echo $?")), "0");
    assert_eq!(shell(&format!("fenchel {train} r 2>/dev/null >/dev/full; echo $?")), "1");
    for run in ["p", "q", "r"] {
        assert_eq!(json(folder, &format!("compare {run} p"))[0]["outcome"]["state"], "finished", "{run}");
    }
    // Errors keep their exit code though nobody reads them.
    assert_eq!(shell("fenchel train --epochs 0 2>/dev/full; echo $?"), "2");
}

#[test]
fn one_process_at_a_time_writes_to_a_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let child = running(folder, "--layers 24,16", "c", 3);
    refused(folder, "train --quiet --resume c", &["c: expected", "no other process"]);
    refused(folder, "train --quiet --epochs 1 --out c", &["c: expected", "no other process"]);
    for reader in ["runs .", "compare c c", "eval c", "plot c --figure loss"] {
        done(folder, reader);
    }
    interrupt(child);
    let lines = newlines(&std::fs::read(folder.join("c/log.jsonl")).expect("a log"));
    assert_eq!(json(folder, "compare c c")[0]["outcome"]["epoch"], lines);
    done(folder, &format!("train --quiet --resume c --epochs {}", lines + 1));
    // Two that begin in one folder at once: one of them has it.
    let both = [0, 1].map(|_| {
        let mut train = command(folder, "train --quiet --layers 8 --epochs 20 --out o");
        train.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts")
    });
    let mut codes = both.map(|mut child| child.wait().expect("ended").code());
    codes.sort_unstable();
    assert_eq!(codes, [Some(0), Some(2)]);
    // By name of their own both have one.
    let both = [0, 1].map(|_| {
        let mut train = command(folder, "train --quiet --layers 8 --epochs 3");
        train.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts")
    });
    assert!(both.into_iter().all(|mut child| child.wait().expect("ended").success()));
    assert_eq!(folder.join("runs").read_dir().expect("a folder").count(), 2);
}

#[test]
fn a_log_that_lost_lines_says_so_and_hides_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let mut epochs = interrupted(folder, "--layers 8", "l", 12);
    let path = folder.join("l/log.jsonl");
    let agree = |epochs: usize| {
        let outcome = &json(folder, "compare l l")[0]["outcome"];
        assert_eq!(outcome["epoch"], epochs);
        assert_eq!(json(folder, "inspect l")["training"]["epoch"], outcome["best_epoch"]);
    };
    let lines = |count: usize| {
        let text = std::fs::read_to_string(&path).expect("a log");
        text.split_inclusive('\n').take(count).collect::<String>()
    };
    // Cut off as by power loss, changed, missing.
    let damages: [(&dyn Fn(), &str); 4] = [
        (&|| std::fs::write(&path, format!("{}{{\"gradient", lines(4))).expect("written"), "4 of the"),
        (
            &|| {
                edit(&path, |text| {
                    text.replacen("\"validation_accuracy\":0.", "\"validation_accuracy\":1.", 1)
                })
            },
            "0 of the",
        ),
        (&|| std::fs::remove_file(&path).expect("removed"), "0 of the"),
        (&|| edit(&path, |text| text + "{\"gradient_norm\":0.1"), "cut off"),
    ];
    for (damage, words) in damages {
        damage();
        epochs += 2;
        let output = fenchel(folder, &format!("train --quiet --resume l --epochs {epochs}"));
        assert!(output.status.success() && said(&output).contains(words), "{words}: {}", said(&output));
        agree(epochs);
        assert_eq!(said(&fenchel(folder, "compare l l")), "", "what is left is as the checkpoint has it");
    }
    // A pipe as log is refused instead of waited for.
    std::fs::remove_file(&path).expect("removed");
    assert!(Command::new("mkfifo").arg(&path).status().expect("mkfifo").success());
    for arguments in ["train --quiet --resume l --epochs 1000", "compare l l", "report l"] {
        refused(folder, arguments, &["log.jsonl"]);
    }
}

#[test]
fn settings_that_were_edited_are_refused_and_more_epochs_are_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    interrupted(folder, "--layers 16 --seed 5", "e", 1);
    let path = folder.join("e/settings.toml");
    let settings = std::fs::read_to_string(&path).expect("settings");
    for (from, to, words) in [
        ("epochs = 1000000", "epochs = 10", ["optimiser.epochs", "expected 1000000", "got 10"]),
        ("seed = 5", "seed = 6", ["seed", "expected 5", "got 6"]),
        ("beta = 0.25", "beta = 0.1", ["objective.beta", "expected 0.25", "got 0.1"]),
        ("name = \"arovr-g\"", "name = \"rovr\"", ["objective.name", "\"arovr-g\"", "\"rovr\""]),
    ] {
        assert!(settings.contains(from), "{settings}");
        std::fs::write(&path, settings.replace(from, to)).expect("written");
        for arguments in ["train --quiet --resume e", "compare e e", "report e"] {
            refused(folder, arguments, &words);
        }
    }
    for text in [String::new(), settings[..settings.len() / 2].to_string()] {
        std::fs::write(&path, text).expect("written");
        refused(folder, "train --quiet --resume e", &["settings.toml", "got"]);
    }
    // On a finished run, more epochs come to the bits of that many from the start.
    let train = "train --quiet --layers 8 --objective arovr-ab --pretrain 2";
    done(folder, &format!("{train} --epochs 6 --out short"));
    done(folder, &format!("{train} --epochs 15 --out long"));
    refused(folder, "train --resume short", &["a finished one", "--epochs"]);
    refused(folder, "train --resume short --epochs 5", &["--epochs", "6", "5"]);
    done(folder, "train --quiet --resume short --epochs 15");
    let read = |file: &str| std::fs::read(folder.join(file)).expect(file);
    for name in ["best.fenchel", "last.fenchel", "settings.toml"] {
        assert!(read(&format!("short/{name}")) == read(&format!("long/{name}")), "{name}");
    }
    refused(folder, "train --resume short --seed 3", &["--seed", "--resume"]);
}

#[test]
fn a_damaged_model_of_a_finished_run_is_written_anew() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    done(folder, "train --quiet --layers 8 --epochs 6 --out y");
    for name in ["best.fenchel", "last.fenchel"] {
        let path = folder.join("y").join(name);
        let whole = std::fs::read(&path).expect("a model");
        for damaged in [Some(&whole[..100]), Some(&[]), None] {
            match damaged {
                Some(bytes) => std::fs::write(&path, bytes).expect("written"),
                None => std::fs::remove_file(&path).expect("removed"),
            }
            let output = fenchel(folder, "train --resume y");
            assert!(output.status.success() && said(&output).contains(name), "{}", said(&output));
            assert!(std::fs::read(&path).expect("a model") == whole);
        }
    }
    refused(folder, "train --resume y", &["a finished one"]);
    // Another run's model isn't reported as this one's.
    done(folder, "train --quiet --layers 8 --epochs 6 --seed 1 --out z");
    std::fs::copy(folder.join("z/best.fenchel"), folder.join("y/best.fenchel")).expect("copied");
    refused(folder, "report y", &["best.fenchel", "another's"]);
}

#[test]
fn data_that_changed_is_noticed() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let data = folder.join("d.csv");
    table(&data, 4, 2, false);
    done(folder, "train --quiet --data d.csv --layers 8 --epochs 20 --out r");
    for (columns, classes, words) in [(4, 3, "labels"), (3, 2, "4 values"), (6, 2, "4 values")] {
        table(&data, columns, classes, false);
        for arguments in ["eval r", "report r", "plot r --figure energy", "infer r", "relax r --index 0"] {
            // A model's classes are looked for among the labels; a run's file is read as its own first.
            let by_run = arguments.starts_with("report") || arguments.starts_with("plot");
            let word = if by_run && words == "labels" { "classes" } else { words };
            refused(folder, arguments, &["d.csv", word]);
        }
        let output = fenchel(folder, "export r -o m.fenchel --weights int8");
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && said(&output).contains(words), "{}", said(&output));
        assert!(printed.contains("unknown") && !printed.contains('%'), "{printed}");
    }
    table(&data, 4, 2, false);
    let epochs = interrupted(folder, "--data d.csv --layers 8 --final-rate 1", "s", 2);
    table(&data, 4, 2, true);
    let resume = format!("train --quiet --resume s --epochs {}", epochs + 2);
    refused(folder, &resume, &["d.csv", "SHA-256", "other values, labels"]);
    table(&data, 4, 2, false);
    done(folder, &resume);
}
