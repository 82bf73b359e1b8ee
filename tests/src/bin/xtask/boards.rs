//! The boards, and how the compiler builds for them. A new one is a row in `host/src/analysis/boards.rs`.

pub use fenchel::analysis::boards::{BOARDS, Board};

/// Which of `core`'s kernels an image runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kernel {
    /// The fastest that `core` chooses by itself.
    Own,
    /// The safe path.
    Safe,
    /// The vectors of a Cortex-M55.
    Mve,
    /// The same with fused multiply-adds: other bits.
    Fused,
}

/// A board, and how the compiler builds for it.
#[derive(Clone, Copy)]
pub struct Variant {
    /// The board.
    pub board: &'static Board,
    /// Whether the compiler may use all that the board's core has.
    pub pinned: bool,
    /// The kernel.
    pub kernel: Kernel,
}

impl Variant {
    /// As a user's build without any flag.
    pub const fn plain(board: &'static Board) -> Self {
        Self { board, pinned: false, kernel: Kernel::Own }
    }

    /// Flags of the compiler.
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

    /// Every kernel that the board's core has beside its own choice.
    pub fn others(board: &Board) -> &'static [Kernel] {
        match board.about {
            "Cortex-M4F" => &[Kernel::Safe],
            "Cortex-M55" => &[Kernel::Mve, Kernel::Fused],
            _ => &[],
        }
    }

    /// The lane that builds it: one that builds all variants of its target.
    pub fn lane(&self) -> usize {
        BOARDS.iter().position(|other| other.target == self.board.target).unwrap_or(0).min(1)
    }

    /// Whether it gives this machine's bits.
    pub fn is_strict(&self) -> bool {
        self.kernel != Kernel::Fused
    }

    /// Whether the Cortex-M4's cycles are this core's.
    pub fn has_cycle_model(&self) -> bool {
        self.board.cpu == "cortex-m4"
    }

    /// The kernel's name in tables.
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
