//! The safe path: what the others are held to, bit by bit.
#![cfg_attr(all(target_arch = "arm", target_abi = "eabihf"), allow(dead_code, unused_imports))]

#[cfg(feature = "narrow")]
pub use super::widened::{dense as dense_halves, sparse as sparse_halves, transposed as transposed_halves};
use super::{Columns, Panel};
use crate::PANEL;

/// sums += panel·z over all columns.
pub fn dense(panel: &Panel, z: &[f32], sums: &mut [f32; PANEL]) {
    let mut local = *sums;
    for (w, &z) in panel.iter().zip(z) {
        add(&mut local, w, z);
    }
    *sums = local;
}

/// sums += panel·z over the listed columns.
pub fn sparse(panel: &Panel, columns: &Columns, sums: &mut [f32; PANEL]) {
    let mut local = *sums;
    let panel = panel.get(..columns.end()).unwrap_or_default();
    for (&z, &column) in columns.inputs().iter().zip(columns.places()) {
        if let Some(w) = panel.get(column as usize) {
            add(&mut local, w, z);
        }
    }
    *sums = local;
}

/// e += panelᵀ·u.
pub fn transposed(panel: &Panel, u: &[f32; PANEL], e: &mut [f32]) {
    for (w, e) in panel.iter().zip(e) {
        *e = add_row(*e, w, u);
    }
}

/// panel += u zᵀ over all columns.
#[inline]
pub fn outer(panel: &mut Panel, u: &[f32; PANEL], z: &[f32]) {
    for (w, &z) in panel.iter_mut().zip(z) {
        add(w, u, z);
    }
}

/// panel += u zᵀ over the listed columns with z ≠ 0.
#[inline]
pub fn outer_listed(panel: &mut Panel, u: &[f32; PANEL], columns: &Columns) {
    let (inputs, places) = columns.listed();
    for (&z, &column) in inputs.iter().zip(places) {
        if let Some(w) = panel.get_mut(column as usize) {
            add(w, u, z);
        }
    }
}

/// sum + w·u, in ascending order.
#[inline(always)]
pub fn add_row(mut sum: f32, w: &[f32; PANEL], u: &[f32; PANEL]) -> f32 {
    for (&w, &u) in w.iter().zip(u) {
        sum += w * u;
    }
    sum
}

/// sums += w·z, one column.
#[inline(always)]
pub fn add(sums: &mut [f32; PANEL], w: &[f32; PANEL], z: f32) {
    for (sum, &w) in sums.iter_mut().zip(w) {
        *sum += w * z;
    }
}

/// √x, rounded correctly.
#[cfg(feature = "learn")]
pub fn square_root(x: f32) -> f32 {
    libm::sqrtf(x)
}
