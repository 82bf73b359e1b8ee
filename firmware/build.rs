//! Writes the board's memory map and clock, the model and the samples into the build's folder.

use std::path::{Path, PathBuf};
use std::{env, fs};

include!("../host/src/analysis/boards.rs");

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    println!("cargo:rustc-link-search={}", out.display());
    println!("cargo:rustc-link-arg-bins=-Tlink.x");
    println!("cargo:rustc-link-arg-bins=-Tdefmt.x");
    println!("cargo:rerun-if-changed=../host/src/analysis/boards.rs");
    println!("cargo:rerun-if-env-changed=FENCHEL_BOARD");
    let board = board();
    write(&out.join("memory.x"), &memory(board));
    write(&out.join("clock.rs"), &clock(board));
    // cortex-m-rt's script includes it for the names of a part's handlers: no program here has any.
    write(&out.join("device.x"), "");
    write(&out.join("integer_room.rs"), &integer_room(board));
    write(&out.join("interrupts.rs"), &format!("const INTERRUPTS: usize = {};\n", board.interrupts));
    for (variable, what) in [
        ("FENCHEL_MODEL", "a model file, as `fenchel export` writes it"),
        ("FENCHEL_SAMPLES", "a samples file, as `cargo xtask demo` writes it"),
    ] {
        println!("cargo:rerun-if-env-changed={variable}");
        let Some(path) = env::var_os(variable) else {
            panic!("set {variable} to the path of {what}");
        };
        place(Path::new(&path), &out.join(variable.to_lowercase()));
    }
}

/// Returns the board named in FENCHEL_BOARD, or the first.
fn board() -> &'static Board {
    let name = env::var("FENCHEL_BOARD").unwrap_or_else(|_| BOARDS[0].name.into());
    let boards = || BOARDS.iter().chain(INTEGER_BOARDS);
    boards().find(|board| board.name == name).unwrap_or_else(|| {
        let names: Vec<_> = boards().map(|board| board.name).collect();
        panic!("FENCHEL_BOARD: expected one of {}, got {name}", names.join(", "))
    })
}

fn memory(board: &Board) -> String {
    let region = |name: &str, region: &Region| {
        format!("  {name} : ORIGIN = {:#010x}, LENGTH = {}K\n", region.origin, region.kib)
    };
    let mut text = format!("/* {}: {} */\nMEMORY\n{{\n", board.name, board.about);
    text += &region("FLASH", &board.flash);
    text += &region("RAM", &board.ram);
    text += &board.model.as_ref().map(|model| region("MODEL", model)).unwrap_or_default();
    text += "}\n";
    if board.model.is_none() {
        text += "REGION_ALIAS(\"MODEL\", FLASH);\n";
    }
    text + "SECTIONS { .model : ALIGN(16) { KEEP(*(.model)); . = ALIGN(4); } > MODEL } INSERT AFTER .rodata;\n"
}

/// Returns how many activities, and units of a block, the binary `integer` has room for.
fn integer_room(board: &Board) -> String {
    let (values, widest) = if board.ram.kib < 64 { (256, 64) } else { (1400, 256) };
    format!("const VALUES: usize = {values};\nconst WIDEST: usize = {widest};\n")
}

fn clock(board: &Board) -> String {
    let Clock { timer, address, ticks_of_100 } = &board.clock;
    format!("board_clock!({timer:?}, {address:#x}, {ticks_of_100});\n")
}

fn write(path: &Path, text: &str) {
    if let Err(error) = fs::write(path, text) {
        panic!("writing {}: {error}", path.display());
    }
}

fn place(from: &Path, to: &Path) {
    println!("cargo:rerun-if-changed={}", from.display());
    if let Err(error) = fs::copy(from, to) {
        panic!("copying {}: {error}", from.display());
    }
}
