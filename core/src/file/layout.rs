//! What loader and writer share: the file's constants, and a connection's entry.

use crate::{Attack, Objective, Operator, Potential, Precision};

/// The version of the layout that this crate reads and writes.
pub const FORMAT_VERSION: u8 = 3;
/// The largest number of blocks of a model, the input included.
pub const MAX_BLOCKS: usize = 16;
/// The largest number of units of a block, few enough that no size computed from them overflows.
pub const MAX_UNITS: u32 = 1 << 13;
/// The largest number of connections of a model.
pub const MAX_CONNECTIONS: usize = 32;
/// The alignment of every array: a multiple of this many bytes from the file's first byte.
pub const PARAMETER_ALIGNMENT: usize = 16;

pub(super) const MARK: [u8; 4] = *b"FNCL";
/// Place of the byte that says whether there are original samples.
#[cfg(feature = "replay")]
pub(super) const ORIGINALS: usize = 6;
/// Bytes of mark, version, arithmetic, whether there are original samples, a zero and length.
pub(super) const PRELUDE: usize = 12;

/// How a model computes: a property of its file, the same on every machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Arithmetic {
    /// Strict `f32`: each operation rounded, never fused. [`crate::Model`] loads such files.
    F32,
    /// Whole numbers: int8 weights, int16 activities, exact sums. [`crate::IntegerModel`] loads such files.
    Integer,
}

/// A connection without its weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Edge {
    /// Block it starts in.
    pub from: u8,
    /// Block it ends in.
    pub to: u8,
    /// What its weights mean.
    pub kind: Kind,
    /// The form of its weights.
    pub precision: Precision,
}

/// What the weights of a connection mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Each weight joins two units.
    Dense,
}

impl Kind {
    /// Returns the kind of a connection's weights.
    pub fn of(weights: &Operator) -> Self {
        match weights {
            Operator::Dense(_) => Self::Dense,
        }
    }
}

/// A choice that is written as one byte. `fields.rs` reads it back: whoever adds a tag here adds it there.
pub(super) trait Tag {
    /// Returns the byte.
    fn tag(self) -> u8;
}

impl Tag for Objective {
    fn tag(self) -> u8 {
        match self {
            Self::Backprop => 0,
            Self::Arovr => 1,
            Self::ArovrAb => 2,
            Self::Rovr => 3,
            Self::RovrAb => 4,
        }
    }
}

impl Tag for Attack {
    fn tag(self) -> u8 {
        match self {
            Self::Targeted => 0,
            Self::Untargeted => 1,
            Self::None => 2,
        }
    }
}

impl Tag for Potential {
    fn tag(self) -> u8 {
        match self {
            Self::FenchelYoung => 0,
            Self::Quadratic => 1,
            Self::Distance => 2,
        }
    }
}

impl Tag for Arithmetic {
    fn tag(self) -> u8 {
        match self {
            Self::F32 => 0,
            Self::Integer => 1,
        }
    }
}

impl Tag for Kind {
    fn tag(self) -> u8 {
        match self {
            Self::Dense => 0,
        }
    }
}

impl Tag for Precision {
    fn tag(self) -> u8 {
        match self {
            Self::F32 => 0,
            Self::F16 => 1,
            Self::Int8 => 2,
        }
    }
}
