//! How the tests of faults call the command and spoil its files.

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

/// The command in a folder, with its output caught.
pub fn command(folder: &Path, arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fenchel"));
    command.current_dir(folder).args(arguments.split_whitespace()).env("RUST_BACKTRACE", "0");
    command
}

pub fn fenchel(folder: &Path, arguments: &str) -> Output {
    command(folder, arguments).output().expect("it starts")
}

pub fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Checks exit code 0, and returns what was printed.
pub fn done(folder: &Path, arguments: &str) -> String {
    let output = fenchel(folder, arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments}: {}", said(&output));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Checks exit code 2 and these words, and returns the message.
pub fn refused(folder: &Path, arguments: &str, words: &[&str]) -> String {
    let output = fenchel(folder, arguments);
    let message = said(&output);
    assert_eq!(output.status.code(), Some(2), "{arguments}: {message}");
    assert!(words.iter().all(|word| message.contains(word)), "{arguments}: {words:?} aren't in: {message}");
    message
}

pub fn json(folder: &Path, arguments: &str) -> Value {
    serde_json::from_str(&done(folder, &format!("{arguments} --json"))).expect("one object")
}

/// Starts a training and waits until it has logged that many epochs.
pub fn running(folder: &Path, arguments: &str, run: &str, lines: usize) -> Child {
    let arguments = format!("train --quiet --epochs 1000000 {arguments} --out {run}");
    let mut train = command(folder, &arguments);
    let child = train.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it starts");
    let count = || std::fs::read(folder.join(run).join("log.jsonl")).map_or(0, |log| newlines(&log));
    while count() < lines {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    child
}

pub fn newlines(text: &[u8]) -> usize {
    text.iter().filter(|&&byte| byte == b'\n').count()
}

pub fn interrupt(child: Child) {
    let kill = format!("kill -INT {}", child.id());
    assert!(Command::new("sh").args(["-c", &kill]).status().expect("sh").success());
    let output = child.wait_with_output().expect("ended");
    assert_eq!(output.status.code(), Some(130), "{}", said(&output));
}

/// Makes an interrupted run and returns how many epochs it has.
pub fn interrupted(folder: &Path, arguments: &str, run: &str, lines: usize) -> usize {
    interrupt(running(folder, arguments, run, lines));
    newlines(&std::fs::read(folder.join(run).join("log.jsonl")).expect("a log"))
}

/// Changes a text file.
pub fn edit(path: &Path, change: impl FnOnce(String) -> String) {
    let text = std::fs::read_to_string(path).expect("readable");
    std::fs::write(path, change(text)).expect("written");
}

/// Writes rows with that many columns, whose label is the row's number modulo the classes, or 1 minus that.
pub fn table(path: &Path, columns: usize, classes: usize, swapped: bool) {
    let row = |row: usize| {
        let class = row % classes;
        let values: Vec<_> =
            (0..columns).map(|column| format!("{}.{}", class, (row * 7 + column * 3) % 10)).collect();
        format!("{},{}\n", values.join(","), if swapped { classes - 1 - class } else { class })
    };
    std::fs::write(path, (0..200).map(row).collect::<String>()).expect("written");
}
