//! Steps over the host, with the programs that some of its tests need.

use std::path::Path;

use anyhow::{Context, Result};

use super::Bench;
use crate::process::{cargo_test, check, root};
use crate::{chaos, python, python_package, tour};

/// Files of `host/tests` that take seconds; the unit tests run with them.
const QUICK: &[&str] = &["data", "exchange", "fetch", "layers"];

/// Files of `host/tests` that steps of their own run.
const ELSEWHERE: &[&str] = &["report", "spice"];

/// Runs the unit tests and [`QUICK`].
pub fn quick(_: &Bench) -> Result<()> {
    let quick = |name: &String| QUICK.contains(&name.as_str());
    integration(&["--lib", "--bins"], files()?.into_iter().filter(quick))
}

/// Runs the examples, and every file of `host/tests` that no other step runs.
pub fn long(_: &Bench) -> Result<()> {
    let rest = |name: &String| !QUICK.contains(&name.as_str()) && !ELSEWHERE.contains(&name.as_str());
    integration(&["--examples"], files()?.into_iter().filter(rest))
}

/// Runs the tests of reports in Chromium.
pub fn browser(_: &Bench) -> Result<()> {
    integration(&[], ["report".to_string()].into_iter())
}

/// Runs the tests of circuits in ngspice.
pub fn spice(_: &Bench) -> Result<()> {
    integration(&[], ["spice".to_string()].into_iter())
}

/// Kills, damages and shares run folders at random.
pub fn chaos(_: &Bench) -> Result<()> {
    chaos::step()
}

/// Runs the commands of docs/tour.md and docs/learning.md.
pub fn tour(_: &Bench) -> Result<()> {
    tour::run()
}

/// Runs the tests of host/tests/python.
pub fn python(_: &Bench) -> Result<()> {
    python::run()
}

/// Builds the Python package and runs its tests.
pub fn python_package(bench: &Bench) -> Result<()> {
    python_package::run(&bench.folder)
}

/// Runs `cargo test` for some of the host's targets.
fn integration(targets: &[&str], files: impl Iterator<Item = String>) -> Result<()> {
    let mut test = cargo_test(&["--package", "fenchel"]);
    check(test.args(targets).args(files.flat_map(|file| ["--test".to_string(), file])))?;
    Ok(())
}

/// Returns the names of the integration tests, in order.
fn files() -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in root().join("host/tests").read_dir().context("reading host/tests")? {
        let path = entry?.path();
        let name = |path: &Path| path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        if path.extension().is_some_and(|extension| extension == "rs") {
            names.extend(name(&path));
        }
    }
    names.sort();
    Ok(names)
}
