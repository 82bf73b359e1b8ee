//! Types in docs/tour.md and docs/learning.md as they stand: their commands must succeed, and print what is shown.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::process::{cargo, check, root};

/// Character that stands for any text in a line of output.
const ANYTHING: char = '…';

/// Pages whose commands are run, each in a folder of its own in `target`.
const PAGES: [&str; 2] = ["tour", "learning"];

/// Runs the commands of every page.
pub fn run() -> Result<()> {
    check(&mut cargo(&["build", "--quiet", "--release", "--package", "fenchel"]))?;
    PAGES.iter().try_for_each(|page| page_of(page))
}

/// Runs every `sh` block in turn in one new folder; the `text` block after it is what it must print. Other blocks are
/// code of other languages.
fn page_of(name: &str) -> Result<()> {
    let folder = root().join("target").join(name);
    if folder.exists() {
        std::fs::remove_dir_all(&folder).with_context(|| format!("clearing target/{name}"))?;
    }
    std::fs::create_dir_all(&folder)?;
    let page = format!("docs/{name}.md");
    let text = std::fs::read_to_string(root().join(&page)).with_context(|| format!("reading {page}"))?;
    let blocks = blocks(&text);
    let of_kind = |kind: &str| blocks.iter().filter(|block| block.0 == kind).count();
    ensure!(of_kind("sh") > 0 && of_kind("text") > 0, "{page} has no commands, or shows no output");
    let mut printed = String::new();
    for (kind, text) in &blocks {
        match *kind {
            "sh" => printed = typed(text, &folder).with_context(|| format!("{page}:\n{text}"))?,
            "text" => compare(text, &printed).with_context(|| page.clone())?,
            "rust" => {}
            other => bail!("{page}: expected blocks of sh, text and rust, got {other:?}"),
        }
    }
    println!("      {page}: {} blocks of commands", of_kind("sh"));
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
    ensure!(same, "expected\n{expected}\ngot\n{printed}");
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
