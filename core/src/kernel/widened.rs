//! The products of narrow weights: the safe loops, which widen a column at a time. The VFP path has loops of
//! its own for half precision.

use super::narrow::{BytePanel, HalfPanel, Rows, Widen};
use super::{Columns, Run, path, safe};
use crate::PANEL;

impl Rows for BytePanel<'_> {
    fn dense(self, _: Run, z: &[f32], sums: &mut [f32; PANEL]) {
        dense(self, z, sums);
    }

    fn sparse(self, _: Run, columns: &Columns, sums: &mut [f32; PANEL]) {
        sparse(self, columns, sums);
    }

    fn transposed(self, _: Run, u: &[f32; PANEL], e: &mut [f32]) {
        transposed(self, u, e);
    }
}

impl Rows for HalfPanel<'_> {
    #[inline(always)]
    fn dense(self, _: Run, z: &[f32], sums: &mut [f32; PANEL]) {
        path::dense_halves(self, z, sums);
    }

    #[inline(always)]
    fn sparse(self, _: Run, columns: &Columns, sums: &mut [f32; PANEL]) {
        path::sparse_halves(self, columns, sums);
    }

    #[inline(always)]
    fn transposed(self, _: Run, u: &[f32; PANEL], e: &mut [f32]) {
        path::transposed_halves(self, u, e);
    }
}

/// sums += panel·z over all columns.
pub fn dense<T: Widen>(panel: T, z: &[f32], sums: &mut [f32; PANEL]) {
    let mut local = *sums;
    for (w, &z) in panel.columns().iter().zip(z) {
        safe::add(&mut local, &panel.widen(w), z);
    }
    *sums = local;
}

/// sums += panel·z over the listed columns.
pub fn sparse<T: Widen>(panel: T, columns: &Columns, sums: &mut [f32; PANEL]) {
    let mut local = *sums;
    for (&z, &column) in columns.inputs().iter().zip(columns.places()) {
        if let Some(w) = panel.columns().get(column as usize) {
            safe::add(&mut local, &panel.widen(w), z);
        }
    }
    *sums = local;
}

/// e += panelᵀ·u.
pub fn transposed<T: Widen>(panel: T, u: &[f32; PANEL], e: &mut [f32]) {
    for (w, e) in panel.columns().iter().zip(e) {
        *e = safe::add_row(*e, &panel.widen(w), u);
    }
}
