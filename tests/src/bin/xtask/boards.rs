//! The boards, and how the compiler builds for them. To add one, add a row in
//! `host/src/analysis/boards.rs`.

pub use fenchel::analysis::boards::{BOARDS, Board, INTEGER_BOARDS};

/// The kernel of `core` that a program uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kernel {
    /// The fastest kernel that `core` chooses by itself.
    Own,
    /// The kernel in safe Rust.
    Safe,
    /// The vector unit of a Cortex-M55.
    Mve,
    /// The same with fused multiply-adds, which gives other bits.
    Fused,
}

/// A board, and how the compiler builds for it.
#[derive(Clone, Copy)]
pub struct Variant {
    /// The board.
    pub board: &'static Board,
    /// Whether the compiler may use everything that the board's core has.
    pub pinned: bool,
    /// The kernel.
    pub kernel: Kernel,
}

impl Variant {
    /// Returns the variant of a user's build without any flag.
    pub const fn plain(board: &'static Board) -> Self {
        Self { board, pinned: false, kernel: Kernel::Own }
    }

    /// Returns the flags of the compiler.
    pub fn rustflags(&self) -> String {
        let mut flags = Vec::new();
        if self.pinned {
            flags.push(format!("-Ctarget-cpu={}", self.board.cpu));
        }
        match self.kernel {
            Kernel::Own => {}
            Kernel::Mve => flags.push("--cfg=fenchel_kernel=\"mve\"".into()),
            Kernel::Fused => flags.push("--cfg=fenchel_kernel=\"fused\"".into()),
            Kernel::Safe => flags.push("--cfg=fenchel_kernel=\"safe\"".into()),
        }
        flags.join(" ")
    }

    /// Returns every kernel that the board's core has beside its own choice.
    pub fn others(board: &Board) -> &'static [Kernel] {
        match board.about {
            "Cortex-M4F" => &[Kernel::Safe],
            "Cortex-M55" => &[Kernel::Mve, Kernel::Fused],
            _ => &[],
        }
    }

    /// Returns the lane that builds it; one lane builds all variants of its target.
    pub fn lane(&self) -> usize {
        BOARDS.iter().position(|other| other.target == self.board.target).unwrap_or(0).min(1)
    }

    /// Returns whether it gives the same bits as this machine.
    pub fn is_strict(&self) -> bool {
        self.kernel != Kernel::Fused
    }

    /// Returns whether the cycle model of the Cortex-M4 fits this core.
    pub fn has_cycle_model(&self) -> bool {
        self.board.cpu == "cortex-m4"
    }

    /// Returns the kernel's name in tables.
    pub fn kernel_name(&self) -> &'static str {
        match self.kernel {
            Kernel::Safe => "safe",
            Kernel::Mve => "mve",
            Kernel::Fused => "mve, fused",
            Kernel::Own if self.board.target.ends_with("hf") => "vfp",
            Kernel::Own => "safe",
        }
    }
}
