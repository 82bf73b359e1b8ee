//! How a model file stores its weights.

use crate::PANEL;
use crate::packed_len;
use serde::{Deserialize, Serialize};

/// The form of the weights in a model file. Biases, γ, activities and sums are `f32` always.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Precision {
    /// IEEE single precision, 4 bytes for each weight.
    #[default]
    F32,
    /// IEEE half precision, 2 bytes for each weight.
    F16,
    /// Whole numbers from −127 to 127, 1 byte for each weight, times their row's `f32` scale.
    Int8,
}

impl Precision {
    /// Returns the size in bytes of a packed (rows, columns) matrix; for int8 the scales of the rows come first.
    pub const fn bytes(self, rows: usize, columns: usize) -> usize {
        let values = packed_len(rows, columns);
        match self {
            Self::F32 => 4 * values,
            Self::F16 => 2 * values,
            Self::Int8 => 4 * PANEL * rows.div_ceil(PANEL) + values,
        }
    }
}
