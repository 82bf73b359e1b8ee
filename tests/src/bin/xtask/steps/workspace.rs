//! Steps over all crates: format, lints, documentation, tests of several crates at once.

use anyhow::Result;

use super::Bench;
use crate::process::{cargo, cargo_test, check, root};

/// Checks that every workspace is formatted by rustfmt.
pub fn format(_: &Bench) -> Result<()> {
    check(&mut cargo(&["fmt", "--all", "--check"]))?;
    check(cargo(&["fmt", "--check"]).current_dir(root().join("firmware")))?;
    check(cargo(&["fmt", "--check"]).current_dir(root().join("firmware/template")))?;
    Ok(())
}

/// Checks that the workspace has no warning, including tests, examples and benchmarks.
pub fn lints(_: &Bench) -> Result<()> {
    check(&mut cargo(&["clippy", "--quiet", "--workspace", "--all-targets", "--", "-Dwarnings"]))?;
    Ok(())
}

/// Checks that the documentation has no warning and its examples run.
pub fn docs(_: &Bench) -> Result<()> {
    check(cargo(&["doc", "--quiet", "--no-deps", "--workspace"]).env("RUSTDOCFLAGS", "-Dwarnings"))?;
    // Not the whole workspace: fenchel-decoder would change the features of all dependencies.
    let packages = ["fenchel-core", "fenchel-oracle", "fenchel", "fenchel-tests"];
    let packages = packages.iter().flat_map(|package| ["--package", package]);
    check(cargo_test(&["--doc"]).args(packages))?;
    Ok(())
}

/// Runs the tests of the C interface, the fuzzing corpus, and others that need more than one crate.
pub fn cross(_: &Bench) -> Result<()> {
    let packages = ["--package", "fenchel-tests", "--package", "fenchel-c"];
    check(cargo_test(&["--lib", "--bins", "--tests"]).args(packages))?;
    Ok(())
}
