//! The rank-1 update of panels in RAM: what a step of learning adds to a matrix.

use super::columns::{is_dense, is_zero};
use super::path;
use super::units::map;
use crate::PANEL;

/// W += u zᵀ, W given as panels of `columns` columns in memory.
///
/// Every product is rounded and then added. Products with z = 0 are left out where zeros are many, and
/// panels whose rows all have u = 0 always: on every path alike, so that all give the same bits.
#[inline]
pub fn add_outer(columns: usize, u: &[f32], z: &[f32], panels: &mut [f32]) {
    let z = z.get(..columns.min(z.len())).unwrap_or_default();
    if is_dense(z) {
        each(columns, u, panels, |panel, u| path::outer(panel, u, z));
    } else {
        each(columns, u, panels, |panel, u| path::outer_sparse(panel, u, z));
    }
}

/// `work` on each panel that has a row with u ≠ 0, and on the u of its rows, 0 where there is no row.
#[inline(always)]
fn each(
    columns: usize,
    u: &[f32],
    panels: &mut [f32],
    mut work: impl FnMut(&mut [[f32; PANEL]], &[f32; PANEL]),
) {
    let mut work = |panel, u: &[f32; PANEL]| {
        if u.iter().any(|&u| !is_zero(u)) {
            work(panel, u);
        }
    };
    let (values, _) = panels.as_chunks_mut::<PANEL>();
    let mut panels = values.chunks_exact_mut(columns.max(1));
    let (whole, rest) = u.as_chunks();
    for (u, panel) in whole.iter().zip(panels.by_ref()) {
        work(panel, u);
    }
    if let Some(panel) = panels.next() {
        let mut rows = [0.0; PANEL];
        map(rest, &mut rows, |u| u);
        work(panel, &rows);
    }
}
