//! Numbers, names and sizes that nothing can be trained on: refused before anything is written.

use std::process::{Command, Output, Stdio};

use serde_json::Value;

use super::commands::*;

#[test]
fn numbers_that_no_training_survives_are_refused_by_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    for (options, word) in [
        ("--skip 18446744073709551615:2", "--skip"),
        ("--beta 1e-45", "--beta"),
        ("--beta 3e38 --objective rovr", "--beta"),
        ("--gamma 1e-45", "--gamma"),
        ("--learning-rate 1e-45", "--learning-rate"),
        ("--weight-clip 1e-40", "--weight-clip"),
        ("--epochs 4294967295", "--epochs"),
        ("--input-noise 3e38", "--input-noise"),
    ] {
        refused(folder, &format!("train {options} --out x"), &[word]);
    }
    let skips: Vec<_> =
        (2..16).flat_map(|to| (0..to - 1).map(move |from| format!("{from}:{to}"))).take(19).collect();
    let (layers, skips) = (["4"; 14].join(","), skips.join(","));
    refused(folder, &format!("train --layers {layers} --skip {skips} --epochs 3 --out x"), &["connections"]);
    refused(folder, "data fetch mnist --patience 1.8e19 --mirror http://127.0.0.1:1", &["--patience"]);
    for (option, value) in [("--seeds", "18446744073709551615"), ("--jobs", "1000000000"), ("--jobs", "0")] {
        refused(folder, &format!("reproduce table1 --data digits {option} {value}"), &[option]);
    }
    // Subnormal values, whose scaling has no finite factor: the data is to blame, not the learning rate.
    let rows: String = (0..100).map(|row| format!("{}e-44,{}\n", row % 7, row % 2)).collect();
    std::fs::write(folder.join("small.csv"), rows).expect("written");
    let output = fenchel(folder, "train --quiet --data small.csv --scaling range --epochs 2 --out small");
    assert!(output.status.success() || said(&output).contains("small.csv"), "{}", said(&output));
    assert!(!folder.join("x").exists());
    let output =
        fenchel(folder, "train --quiet --objective backprop --beta 0.1 --layers 8 --epochs 1 --out x");
    assert!(output.status.success() && said(&output).contains("--beta has no effect"), "{}", said(&output));
}

#[test]
fn what_memory_does_not_hold_is_refused_before_it_begins() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = format!(
        "ulimit -v 4000000; '{}' train --layers 8192,8192,8192,8192 --epochs 1 --out m",
        env!("CARGO_BIN_EXE_fenchel")
    );
    let output =
        Command::new("bash").current_dir(folder.path()).args(["-c", &script]).output().expect("bash");
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("--layers") && said(&output).contains("MB"), "{}", said(&output));
    assert!(!folder.path().join("m").exists());
}

#[test]
fn names_that_are_no_text_or_control_a_terminal_do_no_harm() {
    use std::os::unix::ffi::OsStrExt;
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let odd = std::ffi::OsStr::from_bytes(b"x\xff");
    let mut train = command(folder, "train --layers 8 --epochs 1 --quiet --json --out");
    let output = train.arg(odd).output().expect("it starts");
    assert!(output.status.success(), "{}", said(&output));
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert!(report["model"].as_str().is_some_and(|path| path.ends_with("best.fenchel")));
    const ODD: &str = "esc\u{1b}[31m\nline\u{9b}2J\u{202e}turned";
    let run = folder.join("runs").join(ODD);
    std::fs::create_dir_all(folder.join("runs")).expect("made");
    std::fs::rename(folder.join(odd), &run).expect("renamed");
    let harmless = |output: &Output, lines: usize| {
        let text =
            [String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)].concat();
        let harmful = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!text.contains(harmful) && text.contains("esc\\u001b[31m\\u000aline"), "{text:?}");
        assert_eq!(text.lines().count(), lines, "{text}");
    };
    harmless(&fenchel(folder, "runs"), 2);
    let mut report = command(folder, "report -o page.html");
    assert!(report.arg(&run).status().expect("it starts").success());
    let mut plot = command(folder, "plot --figure accuracy -o plot.png");
    assert!(plot.arg(&run).status().expect("it starts").success());
    let page = std::fs::read_to_string(folder.join("page.html")).expect("a page");
    assert!(!page.contains(['\u{1b}', '\u{9b}', '\u{202e}']));
    let with_run = |words: &str| command(folder, words).arg(&run).output().expect("it starts");
    assert!(!String::from_utf8_lossy(&fenchel(folder, "runs --json").stdout).contains('\u{202e}'));
    edit(&run.join("settings.toml"), |text| text.replace("\"digits\"", "\"\\u001b]0;pwned\\u0007\\u202e\""));
    harmless(&with_run("train --resume"), 1);
    harmless(&with_run("report"), 1);
    harmless(&fenchel(folder, "runs"), 3);
}

#[test]
fn a_run_killed_in_its_first_moments_is_usable() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let mut begun = 0;
    for kill in 0..60 {
        let run = format!("q{kill}");
        let mut train = command(folder, &format!("train --quiet --layers 8 --epochs 50 --out {run}"));
        let mut child = train.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
        std::thread::sleep(std::time::Duration::from_micros(1500 * kill));
        child.kill().expect("killed");
        child.wait().expect("ended");
        if folder.join(&run).join("last.fenchel").exists() {
            // It was faster than the kill.
            continue;
        }
        if folder.join(&run).exists() {
            begun += 1;
            done(folder, &format!("train --quiet --resume {run} --epochs 50"));
        } else {
            done(folder, &format!("train --quiet --layers 8 --epochs 1 --out {run}"));
        }
        let hidden = |entry: std::fs::DirEntry| entry.file_name().to_string_lossy().starts_with('.');
        let left = folder.join(&run).read_dir().expect("a folder").flatten().filter(|_| true).any(hidden);
        assert!(!left, "unfinished files in {run}");
    }
    assert!(begun > 0, "none was killed after it had begun");
    // A folder with nothing but what a killed process left, and one that was only begun, are free.
    std::fs::create_dir(folder.join("left")).expect("made");
    std::fs::write(folder.join("left/.checkpoint.tmpa1B2c3"), "half").expect("written");
    done(folder, "train --quiet --layers 8 --epochs 1 --out left");
    assert!(!folder.join("left/.checkpoint.tmpa1B2c3").exists());
    refused(folder, "train --quiet --layers 8 --epochs 1 --out left", &["left", "one that holds files"]);
}

#[test]
fn one_damaged_run_hides_no_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    for run in ["aa", "mm", "zz"] {
        done(folder, &format!("train --quiet --layers 8 --epochs 2 --out runs/{run}"));
    }
    std::fs::write(folder.join("runs/aa/settings.toml"), "epochs = \"x\"").expect("written");
    std::fs::write(folder.join("runs/mm/checkpoint"), "x").expect("written");
    std::fs::create_dir(folder.join("runs/nn")).expect("made");
    std::fs::write(folder.join("runs/nn/settings.toml"), "").expect("written");
    let text = done(folder, "runs");
    assert!(text.lines().any(|line| line.starts_with("runs/zz") && line.contains("finished")), "{text}");
    assert_eq!(text.lines().filter(|line| line.starts_with("damaged: ")).count(), 3, "{text}");
    let listed = done(folder, "runs --json");
    let errors = listed.lines().filter(|line| line.contains("\"error\"")).count();
    assert_eq!((listed.lines().count(), errors), (4, 3), "{listed}");
}

#[test]
fn a_network_of_too_many_layers_is_bad_input() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let layers: Vec<String> = (0..20)
        .flat_map(|layer| {
            let start = layer * 24;
            let entry = |name: &str, shape: &str, from: usize, to: usize| {
                format!("\"{layer}.{name}\":{{\"dtype\":\"F32\",\"shape\":[{shape}],\"data_offsets\":[{from},{to}]}}")
            };
            [entry("weight", "2,2", start, start + 16), entry("bias", "2", start + 16, start + 24)]
        })
        .collect();
    let header = format!("{{{}}}", layers.join(","));
    let bytes = [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &[0; 480]].concat();
    std::fs::write(folder.join("deep.safetensors"), bytes).expect("written");
    refused(folder, "import deep.safetensors -o deep.fenchel", &["at most 15", "20"]);
    assert!(!folder.join("deep.fenchel").exists());
}

#[test]
fn inspect_speaks_of_options() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    done(folder, "train --quiet --layers 8 --epochs 2 --objective arovr-ab --attack untargeted --out run");
    let text = done(folder, "inspect run --weights");
    for words in ["64-8-10", "--objective", "arovr-ab", "--attack", "untargeted", "--beta", "fenchel-young"] {
        assert!(text.contains(words), "{words:?} isn't in: {text}");
    }
    assert!(!text.contains('{'), "{text}");
    let object = json(folder, "inspect run");
    assert_eq!(object["training"]["objective"], "arovr-ab");
    assert_eq!(object["blocks"][1]["potential"], "fenchel-young");
}

#[test]
fn a_report_of_a_thousand_classes_stays_small() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let rows: String =
        (0..6000).map(|row| format!("{},{},{}\n", row % 1000, row / 1000, row % 1000)).collect();
    std::fs::write(folder.join("many.csv"), rows).expect("written");
    done(
        folder,
        "train --quiet --data many.csv --label last --layers 4 --objective backprop --epochs 1 --out run",
    );
    done(folder, "report run");
    let bytes = folder.join("report.html").metadata().expect("a report").len();
    assert!(bytes < 1_000_000, "{bytes} bytes");
}
