//! The inner loops over panels of 8 rows, and which path runs them. Unsafe code is allowed in this
//! folder alone, in the files that say why.
//!
//! | path | file | runs on |
//! |---|---|---|
//! | safe | `safe.rs` | every target |
//! | VFP | `vfp.rs` | Arm microcontrollers with floating-point registers (Cortex-M4F, M7, M33, …) |
//! | MVE | `mve.rs` | those with vectors too (Cortex-M55, …), if chosen by `--cfg fenchel_kernel="mve"` |
//!
//! All paths give the same bits. `--cfg fenchel_kernel="safe"` keeps to the safe one, to compare. The
//! one exception has to be asked for: `--cfg fenchel_kernel="fused"`, the MVE path with fused
//! multiply-adds, gives other bits.

mod bytes;
mod columns;
pub(crate) mod integer;
mod last_rows;
#[cfg(all(
    target_arch = "arm",
    target_os = "none",
    target_abi = "eabihf",
    any(fenchel_kernel = "mve", fenchel_kernel = "fused")
))]
mod mve;
mod narrow;
mod outer;
mod run;
mod safe;
pub(crate) mod slices;
pub(crate) mod units;
pub(crate) mod vector;
#[cfg(all(target_arch = "arm", target_os = "none", target_abi = "eabihf", not(fenchel_kernel = "safe")))]
mod vfp;
#[cfg(feature = "narrow")]
mod widened;

use crate::PANEL;
use crate::kernel::units::map;
pub use bytes::values;
#[cfg(feature = "narrow")]
pub use bytes::{bytes_as_signed, halves};
use columns::Columns;
#[cfg(feature = "learn")]
pub use last_rows::{apply_rows, apply_rows_transposed};
#[cfg(feature = "narrow")]
pub use narrow::is_finite_half;
pub use narrow::{BytePanel, HalfPanel, Rows, Widen, half};
pub use outer::add_outer;
#[cfg(feature = "learn")]
pub use path::square_root;
use run::Run;
pub use run::UnderflowCheck;
#[cfg(not(all(
    target_arch = "arm",
    target_os = "none",
    target_abi = "eabihf",
    not(fenchel_kernel = "safe")
)))]
use safe as path;
#[cfg(all(
    target_arch = "arm",
    target_os = "none",
    target_abi = "eabihf",
    not(fenchel_kernel = "safe")
))]
use vfp as path;

/// 8 rows of a matrix, column by column.
pub type Panel = [[f32; PANEL]];

/// a += W z for one sample, W given as its panels.
///
/// `+ 0.0` turns a −0 to begin with into +0. A sum that doesn't begin as −0 never becomes it: x + y
/// is −0 only if both are. Then adding w·0 = ±0 to it changes no bit, w being finite, and so zeros
/// may be skipped.
#[inline(always)]
pub fn apply<R: Rows>(
    panels: impl Iterator<Item = R> + Clone,
    underflow: UnderflowCheck,
    z: &[f32],
    a: &mut [f32],
) {
    a.iter_mut().for_each(|a| *a += 0.0);
    let run = Run::new(underflow, z, a);
    let dense = columns::is_dense(z);
    let mut columns = Columns::new();
    let mut next = 0;
    // One loop for both cases: half the code.
    while dense || columns.gather(z, &mut next) {
        each(panels.clone(), a, |panel, sums| {
            if dense {
                panel.dense(run, z, sums);
            } else {
                panel.sparse(run, &columns, sums);
            }
        });
        if dense {
            break;
        }
    }
}

/// e += Wᵀ u for one sample, W given as its panels. Panels of silent units, u = 0, are skipped:
/// exact for the reason that [`apply`] gives.
pub fn apply_transposed<R: Rows>(
    panels: impl Iterator<Item = R>,
    underflow: UnderflowCheck,
    u: &[f32],
    e: &mut [f32],
) {
    e.iter_mut().for_each(|e| *e += 0.0);
    let run = Run::new(underflow, u, e);
    for (panel, u) in panels.zip(u.chunks(PANEL)) {
        let mut rows = [0.0; PANEL];
        map(u, &mut rows, |u| u);
        if rows.iter().any(|&u| !columns::is_zero(u)) {
            panel.transposed(run, &rows, e);
        }
    }
}

/// `work` on each panel and the sums of its rows, of which the last panel may have fewer than 8.
#[inline(always)]
fn each<R: Rows>(
    mut panels: impl Iterator<Item = R>,
    a: &mut [f32],
    mut work: impl FnMut(R, &mut [f32; PANEL]),
) {
    let (whole, rest) = a.as_chunks_mut();
    for sums in whole {
        if let Some(panel) = panels.next() {
            work(panel, sums);
        }
    }
    if let Some(panel) = panels.next() {
        let mut sums = [0.0; PANEL];
        map(rest, &mut sums, |a| a);
        work(panel, &mut sums);
        map(&sums, rest, |sum| sum);
    }
}
