//! How tests call the command.

use std::path::Path;
use std::process::{Command, Output};

/// The command with `arguments`, to be run in `folder`.
pub fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fenchel"));
    command.current_dir(folder).args(arguments);
    command
}

/// Runs the command and returns how it ended.
pub fn fenchel(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().expect("it starts")
}

/// Checks that it succeeded, and returns what it printed.
pub fn text(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).expect("text")
}

/// Returns its messages, from stderr.
pub fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
