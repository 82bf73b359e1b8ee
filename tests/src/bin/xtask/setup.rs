//! Installs what the firmware needs and this machine lacks, and says what it does.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Result;

use crate::boards::BOARDS;
use crate::process::{check, output};
use crate::toolchain::{Compiler, Toolchain};

/// Something that a command or a step needs beside a Rust toolchain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// The linter clippy.
    Clippy,
    /// The formatter rustfmt.
    Rustfmt,
    /// A toolchain that builds for every board.
    Firmware,
    /// QEMU's emulator of Arm boards.
    Qemu,
    /// A C and a C++ compiler.
    C,
    /// The circuit simulator ngspice.
    Ngspice,
    /// The browser Chromium.
    Chromium,
    /// Python with virtual environments.
    Python,
    /// PyTorch for processors, in the system's Python.
    Torch,
}

impl Need {
    /// Returns its name in `cargo xtask test --list`.
    pub fn name(self) -> &'static str {
        match self {
            Need::Clippy => "clippy",
            Need::Rustfmt => "rustfmt",
            Need::Firmware => "the boards' targets",
            Need::Qemu => "qemu",
            Need::C => "gcc, g++",
            Need::Ngspice => "ngspice",
            Need::Chromium => "chromium",
            Need::Python => "python3",
            Need::Torch => "torch",
        }
    }

    /// Returns Debian's packages that are missing for it.
    fn packages(self) -> Vec<&'static str> {
        let missing = |programs: &[&'static str]| {
            programs.iter().copied().filter(|program| !works(program, &["--version"])).collect()
        };
        match self {
            Need::Clippy | Need::Rustfmt | Need::Firmware => Vec::new(),
            Need::Qemu => missing(&["qemu-system-arm"]),
            Need::C => missing(&["gcc", "g++"]),
            Need::Ngspice => missing(&["ngspice"]),
            Need::Chromium => missing(&["chromium"]),
            Need::Python if works("python3", &["-c", "import ensurepip, venv"]) => Vec::new(),
            Need::Python => vec!["python3-venv"],
            // PyPI's has gigabytes for graphics cards.
            Need::Torch if works("/usr/bin/python3", &["-c", "import torch"]) => Vec::new(),
            Need::Torch => vec!["python3-torch"],
        }
    }

    /// Returns the program to try and rustup's component, if it is one.
    fn component(self) -> Option<(&'static str, &'static str)> {
        match self {
            Need::Clippy => Some(("cargo-clippy", "clippy")),
            Need::Rustfmt => Some(("rustfmt", "rustfmt")),
            Need::Firmware
            | Need::Qemu
            | Need::C
            | Need::Ngspice
            | Need::Chromium
            | Need::Python
            | Need::Torch => None,
        }
    }
}

/// A name that is unknown, which is bad input.
#[derive(Debug)]
pub struct Unknown(pub String);

impl std::fmt::Display for Unknown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unknown {}

/// Something can't be installed from here: the commands to type.
#[derive(Debug)]
pub struct Missing(String);

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "please type this, then try again:\n\n    {}\n", self.0)
    }
}

impl std::error::Error for Missing {}

const DEBIAN_RUST: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "lld"];

/// Installs what is missing of `needs`; returns the toolchain that builds the firmware, if
/// [`Need::Firmware`] is among them.
pub fn prepare(debian_rust: bool, needs: &[Need]) -> Result<Option<Toolchain>> {
    for (program, component) in needs.iter().filter_map(|need| need.component()) {
        add_component(program, component)?;
    }
    let mut packages: Vec<_> = needs.iter().flat_map(|need| need.packages()).collect();
    let firmware = needs.contains(&Need::Firmware);
    let rustup = firmware && !debian_rust && BOARDS.iter().all(|board| target(board.target));
    if firmware && !rustup && !debian_rust_works() {
        packages.extend(DEBIAN_RUST);
    }
    packages.sort_unstable();
    packages.dedup();
    install(&packages)?;
    let compiler = || if rustup { Compiler::Rustup } else { Compiler::Debian { linker: linker() } };
    Ok(firmware.then(|| Toolchain::new(compiler())))
}

fn works(program: &str, arguments: &[&str]) -> bool {
    let silent = Command::new(program).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
    silent.is_ok_and(|status| status.success())
}

fn add_component(program: &str, component: &str) -> Result<()> {
    if works(program, &["--version"]) {
        return Ok(());
    }
    eprintln!("installing Rust's component {component}");
    if works("rustup", &["component", "add", component]) {
        return Ok(());
    }
    Err(Missing(format!("rustup component add {component}")).into())
}

/// Returns whether Rust's nightly and its interpreter Miri are here, or could be added.
pub fn miri() -> bool {
    if works("rustup", &["run", "nightly", "cargo", "miri", "--version"]) {
        return true;
    }
    eprintln!("installing Rust's nightly toolchain with Miri");
    let components = ["--component", "miri", "--component", "rust-src"];
    let install = ["toolchain", "install", "nightly", "--profile", "minimal"];
    works("rustup", &[install.as_slice(), &components].concat())
}

/// Returns whether this version of Rust is here, or could be added.
pub fn rust(version: &str) -> bool {
    if works("rustup", &["run", version, "cargo", "--version"]) {
        return true;
    }
    eprintln!("installing Rust {version}");
    works("rustup", &["toolchain", "install", version, "--profile", "minimal", "--no-self-update"])
}

/// Makes sure that cargo-fuzz, Rust's nightly, which it needs, and a C++ compiler are there.
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
    install(&Need::C.packages())
}

/// Returns whether the target's standard library is here, or could be added.
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

/// Returns the rustup toolchain's rust-lld, or Debian's lld.
fn linker() -> PathBuf {
    let sysroot = output(Command::new("rustc").args(["--print", "sysroot"])).unwrap_or_default();
    let own = Path::new(sysroot.trim())
        .join("lib/rustlib")
        .join(format!("{}-unknown-linux-gnu", std::env::consts::ARCH));
    let own = own.join("bin/rust-lld");
    if own.exists() { own } else { PathBuf::from("ld.lld") }
}
