//! Checks the crate that an engineer copies for a board of their own: it builds, its answer and its
//! relaxation have this machine's bits, and its memory and code are within what `fenchel inspect --target`
//! says.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use fenchel::analysis::cost::{NARROW_CODE, NARROW_STACK, PROGRAM_CODE, PROGRAM_STACK, SILENT_CODE};

use crate::boards::{BOARDS, Board};
use crate::demo::fenchel;
use crate::firmware::{cargo_target, footprint};
use crate::process::{check, output, root};
use crate::qemu;
use crate::toolchain::Toolchain;

#[path = "../../../../firmware/template/src/classify.rs"]
mod classify;
#[path = "../../../../firmware/template/src/model.rs"]
mod model;

/// RAM of a copy of the template.
struct Ram {
    origin: u32,
    /// Bytes of RAM, the first of which are for the stack.
    all: u32,
    stack: u32,
}

/// A build of the template.
struct Image {
    path: PathBuf,
    /// Bytes of flash without the model.
    code: u64,
}

/// The output of an image.
struct Answer {
    /// Lines with the label and the relaxation.
    lines: Vec<String>,
    /// Bytes of stack that were used.
    stack: usize,
}

/// Builds, runs and compares; then the same in little RAM, out of stack, and without formatting.
pub fn run(toolchain: &Toolchain) -> Result<()> {
    let template = root().join("firmware/template");
    let stm32 = board("netduinoplus2")?;
    let own = build(toolchain, stm32, &template, &[])?;
    let answer = answer(stm32, &own)?;
    ensure!(answer.lines == expected()?, "expected {:?}, got {:?}", expected()?, answer.lines);
    println!("      {}", answer.lines.join("; "));
    println!("      code {} bytes, stack of the whole program {}", own.code, answer.stack);
    hold(&answer, &own, PROGRAM_STACK, PROGRAM_CODE)?;
    let silent = build(toolchain, stm32, &template, &["--no-default-features"])?;
    println!("      code without formatting {} bytes", silent.code);
    ensure!(silent.code <= SILENT_CODE, "more code than {SILENT_CODE} bytes");
    let ended = qemu::run_text(stm32, &silent.path)?;
    ensure!(ended.success && ended.lines.len() == 1, "without formatting it said {:?}", ended.lines);

    let start = stm32.ram.origin;
    let small = copy("8-kib", &Ram { origin: start, all: 8 << 10, stack: 6 << 10 })?;
    let narrow = exported(&small)?;
    let narrow = build(toolchain, stm32, &narrow, &["--features", "narrow"])?;
    let in_little = self::answer(stm32, &narrow)?;
    ensure!(in_little.lines == answer.lines, "exported anew it said {:?}", in_little.lines);
    println!("      8 KiB of RAM, f16 and int8 too: code {}, stack {}", narrow.code, in_little.stack);
    hold(&in_little, &narrow, PROGRAM_STACK + NARROW_STACK, PROGRAM_CODE + NARROW_CODE)?;

    let none = copy("4-kib", &Ram { origin: start, all: 4 << 10, stack: 3 << 10 })?;
    out_of_stack(stm32, &build(toolchain, stm32, &none, &[])?)?;
    // Below this stack there is memory, so that only the core's limit register can tell.
    let limited = board("mps2-an505")?;
    let ram = Ram { origin: limited.ram.origin + (64 << 10), all: 4 << 10, stack: 3 << 10 };
    let folder = copy("msplim", &ram)?;
    let memory = std::fs::read_to_string(folder.join("memory.x"))?;
    let flash = format!("ORIGIN = {:#010x}", limited.flash.origin);
    std::fs::write(folder.join("memory.x"), memory.replace("ORIGIN = 0x08000000", &flash))?;
    out_of_stack(limited, &build(toolchain, limited, &folder, &[])?)?;
    println!("      4 KiB of RAM: out of stack, by the fault below RAM and by the stack limit register");
    Ok(())
}

fn board(machine: &str) -> Result<&'static Board> {
    BOARDS.iter().find(|board| board.machine == machine).with_context(|| format!("no board {machine}"))
}

/// Returns this machine's answer, the same for every type of raw values.
fn expected() -> Result<Vec<String>> {
    let model = classify::load()?;
    let (label, outcome) = classify::Memory::new().classify(&model, &classify::IMAGE)?;
    let floats = classify::IMAGE.map(f32::from);
    ensure!(classify::Memory::new().classify(&model, &floats)? == (label, outcome), "f32 differs from i16");
    Ok(vec![
        format!("label {label}, {:?} after {} sweeps", outcome.status, outcome.last.sweep),
        format!("energy bits {:08x}", outcome.last.energy.to_bits()),
    ])
}

/// Makes a copy of the template with other RAM, as its user does.
fn copy(name: &str, ram: &Ram) -> Result<PathBuf> {
    let (from, to) = (root().join("firmware/template"), root().join("target/template").join(name));
    if to.exists() {
        std::fs::remove_dir_all(&to)?;
    }
    for folder in ["", "src", ".cargo"] {
        std::fs::create_dir_all(to.join(folder))?;
        for file in std::fs::read_dir(from.join(folder))? {
            let file = file?;
            if file.file_type()?.is_file() {
                std::fs::copy(file.path(), to.join(folder).join(file.file_name()))?;
            }
        }
    }
    replace(&to.join("Cargo.toml"), "../../core", &root().join("core").display().to_string())?;
    let memory = to.join("memory.x");
    replace(
        &memory,
        "ORIGIN = 0x20000000, LENGTH = 6K",
        &format!("ORIGIN = {:#x}, LENGTH = {}", ram.origin, ram.stack),
    )?;
    replace(&memory, "128K", &ram.all.to_string())?;
    Ok(to)
}

fn replace(path: &Path, what: &str, by: &str) -> Result<()> {
    let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    ensure!(text.contains(what), "{}: no {what:?}", path.display());
    Ok(std::fs::write(path, text.replace(what, by))?)
}

/// Exports the model of the folder anew.
fn exported(folder: &Path) -> Result<PathBuf> {
    let model = folder.join("model.fenchel");
    std::fs::rename(folder.join("src/model.fenchel"), &model)?;
    let source = folder.join("src/model.rs");
    output(fenchel(&["export", "--format", "rust", "-o"]).arg(&source).arg(&model))?;
    Ok(folder.to_path_buf())
}

fn build(toolchain: &Toolchain, board: &Board, folder: &Path, features: &[&str]) -> Result<Image> {
    let target = root().join("firmware/target/template");
    let mut build = cargo_target(toolchain, board.target, &["build", "--quiet", "--release", "--locked"]);
    check(build.args(features).current_dir(folder).env("CARGO_TARGET_DIR", &target))?;
    let built = target.join(board.target).join("release/my-board");
    let path = target.join("image");
    std::fs::copy(&built, &path).with_context(|| format!("copying {}", built.display()))?;
    let model = std::fs::metadata(folder.join("src/model.fenchel"))?.len();
    Ok(Image { code: footprint(&path)?.flash - model, path })
}

fn answer(board: &Board, image: &Image) -> Result<Answer> {
    let mut ended = qemu::run_text(board, &image.path)?;
    let stack = ended.lines.pop().unwrap_or_default();
    let used = stack.strip_prefix("stack ").and_then(|rest| rest.split(' ').next()?.parse().ok());
    let stack =
        used.filter(|_| ended.success).with_context(|| format!("{:?}, then {stack:?}", ended.lines))?;
    Ok(Answer { lines: ended.lines, stack })
}

/// Checks that code and stack are at most what is stated, and that the stated stack is at most a tenth too
/// large.
fn hold(answer: &Answer, image: &Image, stack: usize, code: u64) -> Result<()> {
    ensure!(image.code <= code, "the template takes {} bytes of code, more than {code}", image.code);
    let used = answer.stack;
    ensure!(used <= stack, "the template takes {used} bytes of stack, more than {stack}");
    ensure!(10 * stack <= 11 * used, "{stack} bytes of stack are stated, a tenth more than the {used} used");
    Ok(())
}

fn out_of_stack(board: &Board, image: &Image) -> Result<()> {
    let ended = qemu::run_text(board, &image.path)?;
    let is_told = !ended.success && ended.lines == ["out of stack"];
    ensure!(is_told, "expected failure and \"out of stack\", got {:?} on {}", ended.lines, board.machine);
    Ok(())
}
