//! How a model file stores its weights.

use crate::PANEL;
use crate::packed_len;
use serde::{Deserialize, Serialize};

/// The form of the weights in a model file. Biases, γ, activities and sums are `f32` always.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Precision {
    /// 4 bytes a weight.
    #[default]
    F32,
    /// IEEE half precision, 2 bytes a weight.
    F16,
    /// A whole number from −127 to 127, 1 byte a weight, times its row's `f32` scale.
    Int8,
}

impl Precision {
    /// Bytes of a packed (rows, columns) matrix: for int8 the scales of the rows come first.
    pub const fn bytes(self, rows: usize, columns: usize) -> usize {
        let values = packed_len(rows, columns);
        match self {
            Self::F32 => 4 * values,
            Self::F16 => 2 * values,
            Self::Int8 => 4 * PANEL * rows.div_ceil(PANEL) + values,
        }
    }
}
