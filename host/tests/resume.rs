//! Runs that are interrupted or killed continue to the same bits.

use std::path::Path;
use std::process::{Command, Stdio};

const SETTINGS: &str = "--objective arovr-g --layers 24,16 --pretrain 5 --epochs 40 --quiet";

fn fenchel(folder: &Path, arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fenchel"));
    command
        .current_dir(folder)
        .args(arguments.split_whitespace())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    command
}

fn succeeds(folder: &Path, arguments: &str) {
    let output = fenchel(folder, arguments).output().expect("it starts");
    assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Returns the models, and the log without its times.
fn outcome(folder: &Path, run: &str) -> (Vec<u8>, Vec<u8>, Vec<String>) {
    let read = |file: &str| std::fs::read(folder.join(run).join(file)).expect(file);
    let log = String::from_utf8(read("log.jsonl")).expect("UTF-8");
    let timeless = |line: &str| line.split_once("\"seconds\"").expect("a time").0.to_string();
    (read("best.fenchel"), read("last.fenchel"), log.lines().map(timeless).collect())
}

/// Returns how many runs to kill: 25, or as many as the environment's `FENCHEL_KILLS` says.
fn kills() -> u64 {
    std::env::var("FENCHEL_KILLS").map_or(25, |kills| kills.parse().expect("FENCHEL_KILLS is a number"))
}

#[test]
fn a_run_killed_at_any_moment_resumes_to_the_same_bits() {
    let kills = kills();
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let start = std::time::Instant::now();
    succeeds(folder, &format!("train {SETTINGS} --out whole"));
    let whole_time = start.elapsed();
    let whole = outcome(folder, "whole");
    assert_eq!(whole.2.len(), 45);
    let mut killed_midway = 0;
    for kill in 0..kills {
        let run = format!("killed-{kill}");
        let mut child = fenchel(folder, &format!("train {SETTINGS} --out {run}")).spawn().expect("it starts");
        // Moments spread over the whole run, none twice.
        std::thread::sleep(whole_time.mul_f64((kill as f64 + 0.5) / kills as f64));
        child.kill().expect("killed");
        let finished = child.wait().expect("ended").success();
        if !folder.join(&run).join("settings.toml").exists() {
            // Killed before there was a run.
            continue;
        }
        killed_midway += usize::from(!finished && folder.join(&run).join("checkpoint").exists());
        if !finished {
            let output =
                fenchel(folder, &format!("train --resume {run} --quiet")).output().expect("it starts");
            let message = String::from_utf8_lossy(&output.stderr);
            // Killed when all was written.
            let was_done = message.contains("a finished one");
            assert!(output.status.success() || was_done, "{run}: {message}");
        }
        assert!(outcome(folder, &run) == whole, "{run} came to other bits");
    }
    assert!(killed_midway > 3, "only {killed_midway} were killed with a checkpoint at hand");
}

#[test]
#[cfg(unix)]
fn an_interrupt_that_arrives_several_times_keeps_everything() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    for run in 0..10 {
        // Epochs of several batches, and of one.
        let batch = if run % 2 == 0 { 50 } else { 10_000 };
        let run = format!("run-{run}");
        let child = fenchel(folder, &format!("train --epochs 1000000 --batch {batch} --quiet --out {run}"))
            .spawn()
            .expect("it starts");
        while !std::fs::metadata(folder.join(&run).join("log.jsonl")).is_ok_and(|log| log.len() > 0) {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        let signals = format!("kill -INT {0}; kill -INT {0}; kill -INT {0}; true", child.id());
        assert!(
            Command::new("sh").args(["-c", &signals]).stderr(Stdio::null()).status().expect("sh").success()
        );
        let output = child.wait_with_output().expect("ended");
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(
            (output.status.code(), message.contains("nothing is lost")),
            (Some(130), true),
            "{message}"
        );
        assert!(folder.join(&run).join("checkpoint").exists());
    }
}

#[test]
fn a_damaged_checkpoint_or_another_folder_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    succeeds(folder, &format!("train {SETTINGS} --out run"));
    for (run, words) in [("run", "a finished one"), ("nowhere", "settings.toml")] {
        let output = fenchel(folder, &format!("train --resume {run}")).output().expect("it starts");
        assert_eq!(output.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&output.stderr).contains(words));
    }
    let path = folder.join("run/checkpoint");
    let mut bytes = std::fs::read(&path).expect("a checkpoint");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&path, bytes).expect("written");
    let output = fenchel(folder, "train --resume run").output().expect("it starts");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("a whole and unchanged file"));
}

#[test]
fn written_settings_are_valid_as_config_and_options_override_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    succeeds(folder, &format!("train {SETTINGS} --out first"));
    succeeds(folder, "train --config first/settings.toml --out second --quiet");
    assert!(outcome(folder, "first") == outcome(folder, "second"));
    std::fs::write(folder.join("short.toml"), "objective = \"backprop\"\nepochs = 2\n").expect("written");
    succeeds(folder, "train --config short.toml --epochs 3 --out third --quiet");
    let settings = std::fs::read_to_string(folder.join("third/settings.toml")).expect("settings");
    for line in ["name = \"backprop\"", "epochs = 3", "perturbation = \"none\""] {
        assert!(settings.lines().any(|written| written == line), "{line}: {settings}");
    }
    std::fs::write(folder.join("bad.toml"), "epoch = 2\n").expect("written");
    let output = fenchel(folder, "train --config bad.toml").output().expect("it starts");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("epoch"));
}
