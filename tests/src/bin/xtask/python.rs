//! Runs round trips with other programs' own packages, from PyPI in a virtual environment below target.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::process::{cargo, check, root};
use crate::steps::LeftOut;

/// Packages that host/tests/python/exchange.py imports; skl2onnx brings scikit-learn.
const PACKAGES: [&str; 5] = ["numpy", "safetensors", "onnx", "onnxruntime", "skl2onnx"];

/// Runs host/tests/python/exchange.py; it is left out where PyPI's packages can't be added.
pub fn run() -> Result<()> {
    let Some(python) = environment("python", &PACKAGES, &format!("import {}", PACKAGES.join(", ")))? else {
        return Err(LeftOut(format!("PyPI's {}", PACKAGES.join(", "))).into());
    };
    check(&mut cargo(&["build", "--quiet", "--release", "--package", "fenchel"]))?;
    check(
        Command::new(python)
            .args(["host/tests/python/exchange.py", "target/release/fenchel"])
            .current_dir(root()),
    )
}

/// Returns the interpreter of the virtual environment target/`name`, which has PyPI's `packages`; they are
/// installed if `imports` doesn't run. `None` where they can't be added.
pub fn environment(name: &str, packages: &[&str], imports: &str) -> Result<Option<PathBuf>> {
    let folder = root().join("target").join(name);
    let python = folder.join("bin/python");
    if python.exists() && check(Command::new(&python).args(["-c", imports])).is_ok() {
        return Ok(Some(python));
    }
    eprintln!("installing PyPI's {}", packages.join(", "));
    let venv = check(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder));
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    let pip = |_| check(Command::new(&python).args(pip).args(packages));
    Ok(venv.and_then(pip).is_ok().then_some(python))
}
