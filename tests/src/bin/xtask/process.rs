//! Starts other programs, and says which one failed.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// Returns the repository's root.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// Returns a cargo command in the repository's root, with the cargo that runs this harness.
pub fn cargo(arguments: &[&str]) -> Command {
    let cargo = std::env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from);
    let mut command = Command::new(cargo);
    command.args(arguments).current_dir(root());
    command
}

/// Returns a `cargo test` command of optimised code with its assertions and overflow checks, with the
/// dependencies that the harness was built with.
pub fn cargo_test(arguments: &[&str]) -> Command {
    let mut command = cargo(&["test", "--quiet", "--release"]);
    command.args(arguments);
    for switch in ["DEBUG_ASSERTIONS", "OVERFLOW_CHECKS"] {
        command.env(format!("CARGO_PROFILE_RELEASE_{switch}"), "true");
    }
    command
}

/// Runs a command to its end; returns an error unless it succeeds.
pub fn check(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("starting {}", line(command)))?;
    if !status.success() {
        bail!("{} failed: {status}", line(command));
    }
    Ok(())
}

/// Runs a command to its end and returns what it printed; its errors go to the terminal.
pub fn output(command: &mut Command) -> Result<String> {
    let output =
        command.stderr(Stdio::inherit()).output().with_context(|| format!("starting {}", line(command)))?;
    if !output.status.success() {
        bail!("{} failed: {}", line(command), output.status);
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Returns the command as one would type it.
pub fn line(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default();
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// Returns the processor time in seconds of this program and of all that it has started and waited for,
/// where the system tells it (Linux).
pub fn processor_seconds() -> f64 {
    // User and system time of its own and of ended children are fields 14 to 17, in hundredths of a
    // second; the second field, the program's name in parentheses, may hold blanks.
    let fields = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = fields.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace();
    fields.skip(11).take(4).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}
