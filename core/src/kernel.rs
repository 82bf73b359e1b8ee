//! The inner loops over one panel, and the one place where unsafe code is allowed.
#![allow(unsafe_code)]

use crate::weights::PANEL;

/// a += panel·z for the (up to 8) rows of a panel.
///
/// `+ 0.0` turns a −0 to begin with into +0; a sum that doesn't begin as −0 never becomes it, and
/// so a zero input may be skipped without changing a bit.
#[inline]
pub fn apply_panel(panel: &[[f32; PANEL]], z: &[f32], a: &mut [f32]) {
    let mut sum = [0.0; PANEL];
    for (sum, &a) in sum.iter_mut().zip(a.iter()) {
        *sum = a + 0.0;
    }
    for (w, &z) in panel.iter().zip(z) {
        for (sum, &w) in sum.iter_mut().zip(w) {
            *sum += w * z;
        }
    }
    for (a, sum) in a.iter_mut().zip(sum) {
        *a = sum;
    }
}

/// e += panelᵀ·u for the (up to 8) rows of a panel.
#[inline]
pub fn apply_panel_transposed(panel: &[[f32; PANEL]], u: &[f32], e: &mut [f32]) {
    let mut full = [0.0; PANEL];
    for (full, &u) in full.iter_mut().zip(u) {
        *full = u;
    }
    for (w, e) in panel.iter().zip(e) {
        let mut sum = *e + 0.0;
        for (&w, &u) in w.iter().zip(&full) {
            sum += w * u;
        }
        *e = sum;
    }
}

/// The bytes as `f32` in place; None if they aren't aligned, or not a whole number of values.
pub fn values(bytes: &[u8]) -> Option<&[f32]> {
    const { assert!(cfg!(target_endian = "little"), "model files are little-endian") };
    // SAFETY: every bit pattern is a valid f32, and `align_to` itself keeps to alignment and length.
    let (before, values, after) = unsafe { bytes.align_to::<f32>() };
    (before.is_empty() && after.is_empty()).then_some(values)
}
