//! The boards that the firmware runs on. A new one is a row here and its memory map.

/// A board as QEMU emulates it.
pub struct Board {
    /// QEMU's name of the machine.
    pub machine: &'static str,
    /// What is in it.
    pub about: &'static str,
    /// Rust's name of the target.
    pub target: &'static str,
}

/// All of them.
pub const BOARDS: &[Board] =
    &[Board { machine: "mps2-an386", about: "Cortex-M4F", target: "thumbv7em-none-eabihf" }];
