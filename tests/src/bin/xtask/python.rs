//! Round trips with other programs' own packages, from PyPI in a virtual environment below target.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::process::{cargo, check, root};
use crate::steps::LeftOut;

/// What host/tests/python/exchange.py imports; skl2onnx brings scikit-learn.
const PACKAGES: [&str; 5] = ["numpy", "safetensors", "onnx", "onnxruntime", "skl2onnx"];

/// Run host/tests/python/exchange.py; left out where PyPI's packages can't be added.
pub fn run() -> Result<()> {
    let Some(python) = environment()? else {
        return Err(LeftOut(format!("PyPI's {}", PACKAGES.join(", "))).into());
    };
    check(&mut cargo(&["build", "--quiet", "--release", "--package", "fenchel"]))?;
    check(
        Command::new(python)
            .args(["host/tests/python/exchange.py", "target/release/fenchel"])
            .current_dir(root()),
    )
}

/// The interpreter that has the packages.
fn environment() -> Result<Option<PathBuf>> {
    let folder = root().join("target/python");
    let python = folder.join("bin/python");
    let imports = |python: &PathBuf| {
        check(Command::new(python).args(["-c", &format!("import {}", PACKAGES.join(", "))])).is_ok()
    };
    if python.exists() && imports(&python) {
        return Ok(Some(python));
    }
    eprintln!("installing PyPI's {}", PACKAGES.join(", "));
    let venv = check(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder));
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    let pip = |_| check(Command::new(&python).args(pip).args(PACKAGES));
    Ok(venv.and_then(pip).is_ok().then_some(python))
}
