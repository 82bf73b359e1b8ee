//! Types in docs/tour.md as it stands: its commands must succeed, and print what it shows.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::process::{cargo, check, root};

/// Character that stands for any text in a line of output.
const ANYTHING: char = '…';

/// Runs every `sh` block in turn in one new folder; the `text` block after it is what it must print.
pub fn run() -> Result<()> {
    check(&mut cargo(&["build", "--quiet", "--release", "--package", "fenchel"]))?;
    let folder = root().join("target/tour");
    if folder.exists() {
        std::fs::remove_dir_all(&folder).context("clearing target/tour")?;
    }
    std::fs::create_dir_all(&folder)?;
    let tour = std::fs::read_to_string(root().join("docs/tour.md")).context("reading docs/tour.md")?;
    let blocks = blocks(&tour);
    let commands = blocks.iter().filter(|(kind, _)| *kind == "sh").count();
    ensure!(commands > 0 && commands < blocks.len(), "docs/tour.md has no commands, or shows no output");
    let mut printed = String::new();
    for (kind, text) in blocks {
        match kind {
            "sh" => printed = typed(text, &folder).with_context(|| format!("docs/tour.md:\n{text}"))?,
            "text" => compare(text, &printed)?,
            other => bail!("docs/tour.md: expected blocks of sh and text, got {other:?}"),
        }
    }
    println!("      {commands} blocks of commands");
    Ok(())
}

/// Returns kind and text of every fenced block.
fn blocks(markdown: &str) -> Vec<(&str, &str)> {
    let fenced = markdown.split("\n```").skip(1).step_by(2);
    fenced.filter_map(|block| block.split_once('\n')).collect()
}

/// Returns what the commands print, errors included, with `fenchel` on the path.
fn typed(commands: &str, folder: &Path) -> Result<String> {
    let own = root().join("target/release");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(std::iter::once(own).chain(std::env::split_paths(&path)))?;
    let mut shell = Command::new("bash");
    shell.args(["-e", "-o", "pipefail", "-c", &format!("exec 2>&1\n{commands}")]);
    let output = shell.current_dir(folder).env("PATH", path).output().context("starting bash")?;
    let printed = String::from_utf8(output.stdout)?;
    ensure!(output.status.success(), "{}:\n{printed}", output.status);
    Ok(printed)
}

/// Compares line by line; [`ANYTHING`] stands for any text.
fn compare(expected: &str, printed: &str) -> Result<()> {
    let same = expected.lines().count() == printed.lines().count()
        && expected.lines().zip(printed.lines()).all(|(expected, line)| fits(expected, line));
    ensure!(same, "docs/tour.md: expected\n{expected}\ngot\n{printed}");
    Ok(())
}

fn fits(pattern: &str, line: &str) -> bool {
    let Some((start, rest)) = pattern.split_once(ANYTHING) else { return pattern == line };
    let Some(line) = line.strip_prefix(start) else { return false };
    line.char_indices().map(|(at, _)| at).chain([line.len()]).any(|at| fits(rest, &line[at..]))
}

#[test]
fn dots_stand_for_anything() {
    assert!(fits("in … s: …/best", "in 1.5 s: runs/tour/best") && fits("…", "") && fits("a", "a"));
    assert!(!fits("in … s", "in 1.5") && !fits("a", "ab") && !fits("… b", "a c"));
}
