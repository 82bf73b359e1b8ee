//! Exact products of bytes with 16-bit numbers. A byte holds w + 128: unsigned bytes are what a Cortex-M0 reads in one
//! instruction, and what other cores read as fast as signed ones. Sums begin at −128 · Σ q, and wrap on their way: only
//! the end must fit in 32 bits, which the loader ensures. So order, zeros that are skipped and widths of vectors change
//! no bit, and every path gives the same sums.
//!
//! | path | file | runs on | instructions/MAC |
//! |---|---|---|---|
//! | plain | `plain.rs` | every target | |
//! | ARMv6-M | `v6m.rs` | Cortex-M0, M0+ | 61/16 = 3.81 |
//! | ARMv7-M | `v7m.rs` | Cortex-M3 and others without DSP instructions | 71/32 = 2.22 |
//! | DSP | `dsp.rs` | Cortex-M4, M7, M33 | 219/128 = 1.71 |
//! | MVE | `mve.rs` | Cortex-M55 and the like, by `--cfg fenchel_kernel="mve"` or `"fused"` | 34/64 = 0.53 |
//!
//! `core/build.rs` chooses by the target; `--cfg fenchel_kernel="safe"` keeps to the plain path.

#[cfg(fenchel_integer = "dsp")]
mod dsp;
#[cfg(fenchel_integer = "dsp")]
mod list;
#[cfg(fenchel_integer = "mve")]
mod mve;
mod plain;
#[cfg(fenchel_integer = "v6m")]
mod v6m;
#[cfg(fenchel_integer = "v7m")]
mod v7m;

use crate::PANEL;
#[cfg(fenchel_integer = "dsp")]
use dsp as path;
#[cfg(fenchel_integer = "mve")]
use mve as path;
#[cfg(fenchel_integer = "plain")]
use plain as path;
#[cfg(fenchel_integer = "v6m")]
use v6m as path;
#[cfg(fenchel_integer = "v7m")]
use v7m as path;

/// 8 rows of one column, each w + 128.
pub type Column = [u8; PANEL];

/// Sets `sums` to W q, W given as its panels of `columns` columns each; one sum a row, rows that don't exist included.
#[inline(never)]
pub fn product(panels: &[Column], columns: usize, q: &[i16], sums: &mut [i32]) {
    let (mut total, mut zeros) = (0i32, 0);
    for &q in q {
        total = total.wrapping_add(q.into());
        zeros += usize::from(q == 0);
    }
    sums.fill(total.wrapping_mul(-128));
    path::all(Panels { columns: panels, width: columns.max(1) }, q, zeros, sums.as_chunks_mut().0);
}

/// The panels of a matrix, each of `width` columns.
#[derive(Clone, Copy)]
struct Panels<'a> {
    columns: &'a [Column],
    width: usize,
}

impl<'a> Panels<'a> {
    /// Calls `work` with each panel and the sums of its rows.
    #[inline(always)]
    fn each(self, sums: &mut [[i32; PANEL]], mut work: impl FnMut(&'a [Column], &mut [i32; PANEL])) {
        self.columns.chunks_exact(self.width).zip(sums).for_each(|(panel, sums)| work(panel, sums));
    }
}
