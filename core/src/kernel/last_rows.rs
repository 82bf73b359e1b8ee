//! The last rows of a matrix, fewer than a panel's 8, where they lie row by row without the panel's padding: the
//! sums in the panels' order, hence their bits.

use super::columns::is_zero;
#[cfg(feature = "learn")]
use super::units::rows;

#[cfg(feature = "learn")]
/// a += W z for the rows of W, (rows, columns), one value of `a` each.
pub fn apply_rows(w: &[f32], z: &[f32], a: &mut [f32]) {
    for (w, a) in rows(w, z.len()).zip(a) {
        let mut sum = *a;
        for (&w, &z) in w.iter().zip(z) {
            sum += w * z;
        }
        *a = sum;
    }
}

#[cfg(feature = "learn")]
/// e += Wᵀ u for the rows of W, one value of `u` each. No sum begins as −0, and so silent rows are skipped.
pub fn apply_rows_transposed(w: &[f32], u: &[f32], e: &mut [f32]) {
    for (w, &u) in rows(w, e.len()).zip(u).filter(|(_, u)| !is_zero(**u)) {
        for (e, &w) in e.iter_mut().zip(w) {
            *e += w * u;
        }
    }
}

/// W += u zᵀ for the rows of W; if any u isn't 0, and over the columns with z ≠ 0 unless all are `dense`, like
/// the panels.
pub fn add_outer_rows(w: &mut [f32], u: &[f32], z: &[f32], dense: bool) {
    if u.iter().all(|&u| is_zero(u)) {
        return;
    }
    for (w, &u) in w.chunks_exact_mut(z.len().max(1)).zip(u) {
        for (w, &z) in w.iter_mut().zip(z) {
            if dense || !is_zero(z) {
                *w += u * z;
            }
        }
    }
}
