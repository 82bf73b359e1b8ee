//! The path in safe Rust: what the others are held to.
#![cfg_attr(not(fenchel_integer = "plain"), allow(dead_code))]

use super::{Column, Panels};
use crate::PANEL;
use crate::kernel::vector::wide;

/// sums += panel·q over all columns of every panel.
pub fn all(panels: Panels, q: &[i16], _zeros: usize, sums: &mut [[i32; PANEL]]) {
    panels.each(sums, |panel, sums| dense(panel, q, sums));
}

/// sums += panel·q over all columns.
pub fn dense(panel: &[Column], q: &[i16], sums: &mut [i32; PANEL]) {
    wide(move || {
        let mut local = *sums;
        for (w, &q) in panel.iter().zip(q) {
            for (sum, &w) in local.iter_mut().zip(w) {
                *sum = sum.wrapping_add(i32::from(w).wrapping_mul(q.into()));
            }
        }
        *sums = local;
    });
}
