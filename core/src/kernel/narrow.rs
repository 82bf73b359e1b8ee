//! Panels of narrow weights: each column is widened to `f32`, exactly, and then taken as a column of
//! `f32` is. A narrow matrix gives the bits of the `f32` matrix of its widened weights.

use super::{Columns, Panel, Run};
use crate::PANEL;

/// 8 rows of a matrix in whatever form.
pub trait Rows: Copy {
    /// sums += panel·z over all columns.
    fn dense(self, run: Run, z: &[f32], sums: &mut [f32; PANEL]);
    /// sums += panel·z over the listed columns.
    fn sparse(self, run: Run, columns: &Columns, sums: &mut [f32; PANEL]);
    /// e += panelᵀ·u.
    fn transposed(self, run: Run, u: &[f32; PANEL], e: &mut [f32]);
}

impl Rows for &Panel {
    #[inline(always)]
    fn dense(self, run: Run, z: &[f32], sums: &mut [f32; PANEL]) {
        run.dense(self, z, sums);
    }

    #[inline(always)]
    fn sparse(self, run: Run, columns: &Columns, sums: &mut [f32; PANEL]) {
        run.sparse(self, columns, sums);
    }

    #[inline(always)]
    fn transposed(self, run: Run, u: &[f32; PANEL], e: &mut [f32]) {
        run.transposed(self, u, e);
    }
}

/// Columns to widen.
pub trait Widen: Copy {
    /// As stored.
    type Weight: Copy + 'static;
    /// All columns.
    #[cfg(feature = "narrow")]
    fn columns(&self) -> &[[Self::Weight; PANEL]];
    /// One of them as `f32`.
    fn widen(&self, column: &[Self::Weight; PANEL]) -> [f32; PANEL];
}

/// 8 rows of half-precision weights.
#[derive(Clone, Copy)]
pub struct HalfPanel<'a>(pub &'a [[u16; PANEL]]);

/// 8 rows of weights that are whole numbers times their row's scale.
#[derive(Clone, Copy)]
pub struct BytePanel<'a>(pub &'a [[i8; PANEL]], pub &'a [f32; PANEL]);

impl Widen for HalfPanel<'_> {
    type Weight = u16;

    #[cfg(feature = "narrow")]
    fn columns(&self) -> &[[u16; PANEL]] {
        self.0
    }

    #[inline(always)]
    fn widen(&self, column: &[u16; PANEL]) -> [f32; PANEL] {
        column.map(half)
    }
}

impl Widen for BytePanel<'_> {
    type Weight = i8;

    #[cfg(feature = "narrow")]
    fn columns(&self) -> &[[i8; PANEL]] {
        self.0
    }

    #[inline(always)]
    fn widen(&self, column: &[i8; PANEL]) -> [f32; PANEL] {
        let mut wide = *self.1;
        wide.iter_mut().zip(column).for_each(|(wide, &q)| *wide *= f32::from(q));
        wide
    }
}

/// The value of an IEEE half-precision number; of finite ones.
///
/// Its exponent and fraction moved to their places in an `f32` are 2⁻¹¹² of the value, subnormal or
/// not, and a power of two multiplies exactly.
#[inline(always)]
pub fn half(bits: u16) -> f32 {
    let sign = u32::from(bits & 0x8000) << 16;
    let magnitude = u32::from(bits & 0x7fff) << 13;
    f32::from_bits(sign | magnitude) * f32::from_bits((127 + 112) << 23)
}

/// Whether these bits are a finite half-precision number.
#[cfg(feature = "narrow")]
pub fn is_finite_half(bits: u16) -> bool {
    bits & 0x7c00 != 0x7c00
}
