//! Builds the firmware around a model and samples, and measures its size.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use object::{Object, ObjectSection, SectionFlags, SectionKind};

use crate::boards::Variant;
use crate::process::{cargo, check, root};
use crate::toolchain::{Compiler, Toolchain};

/// The files that go into the program's image.
pub struct Contents<'a> {
    /// Path of the model file.
    pub model: &'a Path,
    /// Path of the samples file.
    pub samples: &'a Path,
}

/// Returns a cargo command for a target, with the toolchain that has it.
pub fn cargo_target(toolchain: &Toolchain, target: &str, arguments: &[&str]) -> Command {
    let mut command = match &toolchain.compiler {
        Compiler::Rustup => cargo(arguments),
        Compiler::Debian { linker } => {
            let mut command = Command::new("/usr/bin/cargo");
            command.args(["-Zbuild-std=core"]).args(arguments);
            command.env("RUSTC_BOOTSTRAP", "1").env("RUSTC", "/usr/bin/rustc");
            let name = target.replace(['-', '.'], "_").to_uppercase();
            command.env(format!("CARGO_TARGET_{name}_LINKER"), linker);
            command
        }
    };
    command.args(["--target", target]);
    command
}

/// Returns a cargo command in the firmware's workspace, for one variant.
pub fn cargo_firmware(
    toolchain: &Toolchain,
    variant: &Variant,
    contents: &Contents,
    arguments: &[&str],
) -> Command {
    let mut command = cargo_target(toolchain, variant.board.target, arguments);
    command.current_dir(root().join("firmware"));
    command.env("FENCHEL_MODEL", contents.model).env("FENCHEL_SAMPLES", contents.samples);
    command.env("FENCHEL_BOARD", variant.board.name).env("RUSTFLAGS", variant.rustflags());
    command.env("CARGO_TARGET_DIR", toolchain.target_folder());
    command
}

/// Builds one image and returns its path, which holds until the same image is built for another variant.
pub fn build(
    toolchain: &Toolchain,
    variant: &Variant,
    contents: &Contents,
    image: &str,
    features: &str,
) -> Result<PathBuf> {
    check(&mut build_command(toolchain, variant, contents, image, features))?;
    Ok(toolchain.target_folder().join(variant.board.target).join("release").join(image))
}

/// Returns the command that builds one image.
pub fn build_command(
    toolchain: &Toolchain,
    variant: &Variant,
    contents: &Contents,
    image: &str,
    features: &str,
) -> Command {
    let arguments = ["build", "--quiet", "--release", "--locked", "--bin", image, "--features", features];
    cargo_firmware(toolchain, variant, contents, &arguments)
}

/// Memory that an image takes, in bytes.
pub struct Footprint {
    /// Code and constants, including model and samples.
    pub flash: u64,
    /// Static memory.
    pub ram: u64,
}

/// Measures an ELF file.
pub fn footprint(elf: &Path) -> Result<Footprint> {
    let bytes = std::fs::read(elf).with_context(|| format!("reading {}", elf.display()))?;
    let file = object::File::parse(&*bytes)?;
    let mut footprint = Footprint { flash: 0, ram: 0 };
    for section in file.sections() {
        let SectionFlags::Elf { sh_flags, .. } = section.flags() else { continue };
        let allocated = sh_flags & u64::from(object::elf::SHF_ALLOC) != 0;
        if !allocated || section.size() == 0 {
            continue;
        }
        let zero = section.kind() == SectionKind::UninitializedData;
        let writable = sh_flags & u64::from(object::elf::SHF_WRITE) != 0;
        footprint.flash += if zero { 0 } else { section.size() };
        footprint.ram += if writable { section.size() } else { 0 };
    }
    Ok(footprint)
}
