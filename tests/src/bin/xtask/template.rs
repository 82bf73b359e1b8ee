//! The crate that an engineer copies for a board of their own: it builds, and its answer and its
//! relaxation have this machine's bits.

use anyhow::{Context, Result, ensure};
use fenchel_core::State;

use crate::boards::BOARDS;
use crate::firmware::cargo_target;
use crate::process::{check, root};
use crate::qemu;
use crate::setup::Toolchain;

#[path = "../../../../firmware/template/src/classify.rs"]
mod classify;

/// The board whose memory map the template has.
const MACHINE: &str = "netduinoplus2";

/// Build, run, compare.
pub fn run(toolchain: &Toolchain) -> Result<()> {
    let board = BOARDS.iter().find(|board| board.machine == MACHINE).context("the template's board")?;
    let target = root().join("firmware/target/template");
    let mut build = cargo_target(toolchain, board.target, &["build", "--quiet", "--release", "--locked"]);
    check(build.current_dir(root().join("firmware/template")).env("CARGO_TARGET_DIR", &target))?;
    let ended = qemu::run_text(board, &target.join(board.target).join("release/my-board"))?;
    let (label, outcome) = classify::classify(&classify::IMAGE, &mut State::new())?;
    let expected = [
        format!("label {label}, {:?} after {} sweeps", outcome.status, outcome.last.sweep),
        format!("energy bits {:08x}", outcome.last.energy.to_bits()),
    ];
    ensure!(ended.success && ended.lines == expected, "expected {expected:?}, got {:?}", ended.lines);
    println!("      {}", ended.lines.join("; "));
    Ok(())
}
