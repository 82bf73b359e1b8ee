//! Faults that people found by killing, editing, moving and filling things: each now has its right outcome.

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

fn command(folder: &Path, arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fenchel"));
    command.current_dir(folder).args(arguments.split_whitespace()).env("RUST_BACKTRACE", "0");
    command
}

fn fenchel(folder: &Path, arguments: &str) -> Output {
    command(folder, arguments).output().expect("it starts")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Checks exit code 0, and returns what was printed.
fn done(folder: &Path, arguments: &str) -> String {
    let output = fenchel(folder, arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments}: {}", said(&output));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Checks exit code 2 and these words, and returns the message.
fn refused(folder: &Path, arguments: &str, words: &[&str]) -> String {
    let output = fenchel(folder, arguments);
    let message = said(&output);
    assert_eq!(output.status.code(), Some(2), "{arguments}: {message}");
    assert!(words.iter().all(|word| message.contains(word)), "{arguments}: {words:?} aren't in: {message}");
    message
}

fn json(folder: &Path, arguments: &str) -> Value {
    serde_json::from_str(&done(folder, &format!("{arguments} --json"))).expect("one object")
}

/// Starts a training and waits until it has logged that many epochs.
fn running(folder: &Path, arguments: &str, run: &str, lines: usize) -> Child {
    let arguments = format!("train --quiet --epochs 1000000 {arguments} --out {run}");
    let mut train = command(folder, &arguments);
    let child = train.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it starts");
    let count = || std::fs::read(folder.join(run).join("log.jsonl")).map_or(0, |log| newlines(&log));
    while count() < lines {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    child
}

fn newlines(text: &[u8]) -> usize {
    text.iter().filter(|&&byte| byte == b'\n').count()
}

fn interrupt(child: Child) {
    let kill = format!("kill -INT {}", child.id());
    assert!(Command::new("sh").args(["-c", &kill]).status().expect("sh").success());
    let output = child.wait_with_output().expect("ended");
    assert_eq!(output.status.code(), Some(130), "{}", said(&output));
}

/// Makes an interrupted run and returns how many epochs it has.
fn interrupted(folder: &Path, arguments: &str, run: &str, lines: usize) -> usize {
    interrupt(running(folder, arguments, run, lines));
    newlines(&std::fs::read(folder.join(run).join("log.jsonl")).expect("a log"))
}

/// Changes a text file.
fn edit(path: &Path, change: impl FnOnce(String) -> String) {
    let text = std::fs::read_to_string(path).expect("readable");
    std::fs::write(path, change(text)).expect("written");
}

/// Writes rows with that many columns, whose label is the row's number modulo the classes, or 1 minus that.
fn table(path: &Path, columns: usize, classes: usize, swapped: bool) {
    let row = |row: usize| {
        let class = row % classes;
        let values: Vec<_> =
            (0..columns).map(|column| format!("{}.{}", class, (row * 7 + column * 3) % 10)).collect();
        format!("{},{}\n", values.join(","), if swapped { classes - 1 - class } else { class })
    };
    std::fs::write(path, (0..200).map(row).collect::<String>()).expect("written");
}

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
