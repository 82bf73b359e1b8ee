//! The rank-1 update of a matrix in RAM: what a step of learning adds to it.

use super::columns::{Columns, is_dense, is_zero};
use super::last_rows::add_outer_rows;
use super::path;
use crate::PANEL;

/// W += u zᵀ, W given as panels of `columns` columns in memory, and the last rows, fewer than 8, row by row.
///
/// Every product is rounded and then added. Products with z = 0 are left out where zeros are many, and
/// panels whose rows all have u = 0 always: on every path alike, so that all give the same bits.
pub fn add_outer(columns: usize, u: &[f32], z: &[f32], values: &mut [f32]) {
    let z = z.get(..columns.min(z.len())).unwrap_or_default();
    let dense = is_dense(z);
    let (of_panels, of_last) = u.as_chunks::<PANEL>();
    let whole = of_panels.len() * PANEL * columns;
    let (panels, last) = values.split_at_mut_checked(whole).unwrap_or_default();
    add_outer_rows(last, of_last, z, dense);
    let (panels, _) = panels.as_chunks_mut::<PANEL>();
    let mut list = Columns::new();
    let mut next = 0;
    while dense || list.gather(z, &mut next) {
        for (u, panel) in of_panels.iter().zip(panels.chunks_exact_mut(columns.max(1))) {
            if u.iter().all(|&u| is_zero(u)) {
                continue;
            }
            if dense {
                path::outer(panel, u, z);
            } else {
                path::outer_listed(panel, u, &list);
            }
        }
        if dense {
            break;
        }
    }
}
