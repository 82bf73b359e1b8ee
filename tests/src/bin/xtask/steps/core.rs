//! Steps over `core` alone.

use std::process::Command;

use anyhow::{Context, Result};

use super::{Bench, LeftOut};
use crate::process::{cargo, check, root};
use crate::setup;

/// Unit tests, tests against the oracle and examples, without compiling the host.
pub fn tests(_: &Bench) -> Result<()> {
    check(&mut cargo(&["test", "--quiet", "--package", "fenchel-core"]))?;
    for example in examples()? {
        let run = ["run", "--quiet", "--profile", "test", "--package", "fenchel-core", "--example"];
        check(cargo(&run).arg(example).stdout(std::process::Stdio::null()))?;
    }
    Ok(())
}

/// Returns the names of `core`'s examples.
fn examples() -> Result<Vec<String>> {
    let folder = root().join("core/examples");
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut names = Vec::new();
    for entry in folder.read_dir().context("reading core/examples")? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            names.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
        }
    }
    names.sort();
    Ok(names)
}

/// `core` and its C interface compile for microcontrollers that no board here has.
pub fn other_targets(_: &Bench) -> Result<()> {
    for target in ["thumbv6m-none-eabi", "riscv32imac-unknown-none-elf"] {
        if !setup::target(target) {
            return Err(LeftOut(format!("Rust's target {target}")).into());
        }
        let packages = ["--package", "fenchel-core", "--package", "fenchel-c"];
        check(cargo(&["check", "--quiet", "--target", target]).args(packages))?;
    }
    Ok(())
}

/// Miri on `core`'s own reading of bytes in place, by the safe path.
pub fn miri(_: &Bench) -> Result<()> {
    if !setup::miri() {
        return Err(LeftOut("Rust's nightly with Miri".into()).into());
    }
    let miri = ["run", "nightly", "cargo", "miri", "test", "--quiet"];
    let test = ["--package", "fenchel-core", "--test", "in_place"];
    // Its artefacts don't mix with those of the stable toolchain.
    check(
        Command::new("rustup")
            .args(miri)
            .args(test)
            .current_dir(root())
            .env("CARGO_TARGET_DIR", root().join("target/miri")),
    )?;
    Ok(())
}
