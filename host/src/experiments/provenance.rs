//! Where a result comes from: commit, machine and command.

use std::process::Command;

use serde::Serialize;

/// What a reader needs to get the same result.
#[derive(Clone, Debug, Serialize)]
pub struct Provenance {
    /// Commit of the repository, with `+` if files were changed since.
    pub commit: String,
    /// Name of the processor, and how many there are.
    pub machine: String,
    /// Command that was typed.
    pub command: String,
}

impl Provenance {
    /// Returns the provenance of this process, with the words of its `command`.
    pub fn of(command: String) -> Self {
        Self { commit: commit(), machine: machine(), command }
    }

    /// Returns one line for a report.
    pub fn line(&self) -> String {
        format!("`{}` at commit {}, {}.", self.command, self.commit, self.machine)
    }
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_string())
}

fn commit() -> String {
    let Some(commit) = git(&["rev-parse", "--short", "HEAD"]) else { return "unknown".into() };
    let changed = git(&["status", "--porcelain", "--untracked-files=no"]);
    format!("{commit}{}", if changed.is_some_and(|changed| !changed.is_empty()) { "+" } else { "" })
}

fn machine() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or(std::env::consts::ARCH, |(_, model)| model);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{model}, {cores} logical cores")
}
