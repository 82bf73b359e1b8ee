//! Builds and installs the Python package as its users do, and runs its tests.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::process::{cargo, check, output, root};
use crate::python::environment;
use crate::steps::LeftOut;

/// What the package needs to be built and tested, from PyPI.
const PACKAGES: [&str; 11] = [
    "maturin>=1.7,<2",
    "numpy",
    "scikit-learn>=1.6",
    "scipy",
    "joblib",
    "pandas",
    "matplotlib",
    "nbclient",
    "ipykernel",
    "pytest",
    "tqdm",
];

/// Says whether they are there.
const IMPORTS: &str =
    "import maturin, sklearn, scipy, joblib, pandas, matplotlib, nbclient, ipykernel, pytest, tqdm";

/// Files without which a source distribution can't be built.
const SOURCES: [&str; 6] = [
    "pyproject.toml",
    "Cargo.lock",
    "core/src/lib.rs",
    "host/src/lib.rs",
    "host/python/src/lib.rs",
    "package/fenchel/py.typed",
];

/// Runs host/python/tests on the installed wheel; it is left out where PyPI's packages can't be added.
pub fn run(folder: &Path) -> Result<()> {
    let Some(python) = environment("python-package", &PACKAGES, IMPORTS)? else {
        return Err(LeftOut(format!("PyPI's {}", PACKAGES.join(", "))).into());
    };
    check(&mut cargo(&["build", "--quiet", "--release", "--package", "fenchel"]))?;
    let built = folder.join("python-package");
    std::fs::create_dir_all(&built)?;
    // pip looks there for the program maturin.
    let own = python.parent().map(Path::to_path_buf);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(own.into_iter().chain(std::env::split_paths(&path)))?;
    let pip = |arguments: &[&str]| {
        let mut command = Command::new(&python);
        command.args(["-m", "pip", "--quiet", "--disable-pip-version-check"]).args(arguments);
        command.current_dir(root());
        command.env("CARGO_TARGET_DIR", root().join("target")).env("PATH", &path);
        command
    };
    let wheel = ["wheel", "--no-deps", "--no-build-isolation", "./host/python", "--wheel-dir"];
    check(pip(&wheel).arg(&built))?;
    check(pip(&["install", "--no-deps", "--force-reinstall"]).arg(one(&built, ".whl")?))?;
    let sdist = ["-m", "maturin", "sdist", "--manifest-path", "host/python/Cargo.toml", "--out"];
    check(Command::new(&python).args(sdist).arg(&built).current_dir(root()))?;
    check_sources(&one(&built, ".tar.gz")?)?;
    check(
        Command::new(&python)
            .args(["-m", "pytest", "--quiet", "-p", "no:cacheprovider", "host/python/tests"])
            .env("FENCHEL", root().join("target/release/fenchel"))
            .current_dir(root()),
    )
}

/// Returns the only file in `folder` with that ending.
fn one(folder: &Path, ending: &str) -> Result<PathBuf> {
    let mut found = Vec::new();
    for entry in folder.read_dir().with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
    ensure!(found.len() == 1, "expected one file {ending} in {}, got {found:?}", folder.display());
    Ok(found.remove(0))
}

/// Checks that a source distribution has every crate that it is built of.
fn check_sources(archive: &Path) -> Result<()> {
    let list = output(Command::new("tar").arg("-tzf").arg(archive))?;
    for wanted in SOURCES {
        let inside = list.lines().any(|file| file.ends_with(&format!("/{wanted}")));
        ensure!(inside, "{}: {wanted} is missing", archive.display());
    }
    Ok(())
}
