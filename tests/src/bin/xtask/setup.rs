//! Sets up what the firmware needs and this machine lacks, and says what it does.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Result;

use crate::boards::BOARDS;
use crate::process::{check, output};

/// What builds the firmware.
pub enum Toolchain {
    /// The rustup toolchain that runs this harness.
    Rustup,
    /// Debian's rustc-web with its own sources of the standard library, and this linker.
    Debian {
        /// lld.
        linker: PathBuf,
    },
}

/// Something can't be set up from here: the commands to type.
#[derive(Debug)]
pub struct Missing(String);

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "please type this, then try again:\n\n    {}\n", self.0)
    }
}

impl std::error::Error for Missing {}

const DEBIAN_RUST: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "lld"];

/// Make sure that the target's standard library and QEMU are there, and to `test`, clippy, rustfmt,
/// ngspice, Chromium and C compilers.
pub fn prepare(debian_rust: bool, test: bool) -> Result<Toolchain> {
    if test {
        components()?;
    }
    let rustup = !debian_rust && BOARDS.iter().all(|board| target(board.target));
    let mut packages = Vec::new();
    if !works("qemu-system-arm", &["--version"]) {
        packages.push("qemu-system-arm");
    }
    for program in ["ngspice", "chromium", "gcc", "g++"] {
        if test && !works(program, &["--version"]) {
            packages.push(program);
        }
    }
    if !rustup && !debian_rust_works() {
        packages.extend(DEBIAN_RUST);
    }
    install(&packages)?;
    Ok(if rustup { Toolchain::Rustup } else { Toolchain::Debian { linker: linker() } })
}

fn works(program: &str, arguments: &[&str]) -> bool {
    let silent = Command::new(program).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
    silent.is_ok_and(|status| status.success())
}

/// clippy and rustfmt, added if they are missing.
fn components() -> Result<()> {
    for (program, component) in [("cargo-clippy", "clippy"), ("rustfmt", "rustfmt")] {
        if works(program, &["--version"]) {
            continue;
        }
        eprintln!("installing Rust's component {component}");
        if !works("rustup", &["component", "add", component]) {
            return Err(Missing(format!("rustup component add {component}")).into());
        }
    }
    Ok(())
}

/// Whether Rust's nightly and its interpreter Miri are here, or could be added.
pub fn miri() -> bool {
    if works("rustup", &["run", "nightly", "cargo", "miri", "--version"]) {
        return true;
    }
    eprintln!("installing Rust's nightly toolchain with Miri");
    let components = ["--component", "miri", "--component", "rust-src"];
    let install = ["toolchain", "install", "nightly", "--profile", "minimal"];
    works("rustup", &[install.as_slice(), &components].concat())
}

/// Make sure that Python's virtual environments are there.
pub fn python() -> Result<()> {
    if works("python3", &["-c", "import ensurepip, venv"]) { Ok(()) } else { install(&["python3-venv"]) }
}

/// Make sure that cargo-fuzz, Rust's nightly, which it needs, and a C++ compiler are there.
pub fn prepare_fuzzing() -> Result<()> {
    if !works("rustup", &["run", "nightly", "rustc", "--version"]) {
        eprintln!("installing Rust's nightly toolchain");
        if !works("rustup", &["toolchain", "install", "nightly", "--profile", "minimal"]) {
            return Err(Missing("rustup toolchain install nightly --profile minimal".into()).into());
        }
    }
    if !works("rustup", &["run", "nightly", "cargo", "fuzz", "--version"]) {
        eprintln!("installing cargo-fuzz");
        if !works("rustup", &["run", "nightly", "cargo", "install", "--locked", "cargo-fuzz"]) {
            return Err(Missing("cargo +nightly install --locked cargo-fuzz".into()).into());
        }
    }
    if works("c++", &["--version"]) { Ok(()) } else { install(&["g++"]) }
}

/// Whether the target's standard library is here, or could be added.
pub fn target(target: &str) -> bool {
    let installed = output(Command::new("rustup").args(["target", "list", "--installed"]));
    if installed.is_ok_and(|list| list.lines().any(|line| line == target)) {
        return true;
    }
    eprintln!("installing Rust's target {target}");
    check(Command::new("rustup").args(["target", "add", target])).is_ok()
}

fn debian_rust_works() -> bool {
    works("dpkg", &[&["-s"], DEBIAN_RUST.as_slice()].concat())
}

fn install(packages: &[&str]) -> Result<()> {
    if packages.is_empty() {
        return Ok(());
    }
    let list = packages.join(" ");
    let root = output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    if !root || !works("apt-get", &["--version"]) {
        let command = if works("apt-get", &["--version"]) {
            format!("sudo apt-get update && sudo apt-get install --no-install-recommends {list}")
        } else {
            format!("# with your system's package manager, install what Debian calls: {list}")
        };
        return Err(Missing(command).into());
    }
    eprintln!("installing Debian's {list}");
    let apt = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        check(
            command
                .args(["-q", "-y"])
                .args(arguments)
                .env("DEBIAN_FRONTEND", "noninteractive")
                .stdout(Stdio::null()),
        )
    };
    apt(&["update"])?;
    apt(&[&["install", "--no-install-recommends"], packages].concat())
}

/// The rustup toolchain's rust-lld, or Debian's lld.
fn linker() -> PathBuf {
    let sysroot = output(Command::new("rustc").args(["--print", "sysroot"])).unwrap_or_default();
    let own = Path::new(sysroot.trim())
        .join("lib/rustlib")
        .join(format!("{}-unknown-linux-gnu", std::env::consts::ARCH));
    let own = own.join("bin/rust-lld");
    if own.exists() { own } else { PathBuf::from("ld.lld") }
}
