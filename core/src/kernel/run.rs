//! Chooses the path that an application of a matrix takes.

#[cfg(all(target_abi = "eabihf", any(fenchel_kernel = "mve", fenchel_kernel = "fused")))]
use super::mve;
use super::{Columns, Panel, path};
use crate::PANEL;

/// Whether the weights of a matrix keep the vector path's products from becoming subnormal, found out once.
#[derive(Clone, Copy, Debug)]
pub struct UnderflowCheck {
    #[cfg(all(target_abi = "eabihf", any(fenchel_kernel = "mve", fenchel_kernel = "fused")))]
    passed: bool,
}

impl UnderflowCheck {
    /// Checks these weights.
    #[cfg(all(target_abi = "eabihf", any(fenchel_kernel = "mve", fenchel_kernel = "fused")))]
    pub fn of(weights: &[f32]) -> Self {
        Self { passed: mve::cannot_underflow(weights) }
    }

    /// Checks nothing: this target has no vector path.
    #[cfg(not(all(target_abi = "eabihf", any(fenchel_kernel = "mve", fenchel_kernel = "fused"))))]
    pub fn of(_: &[f32]) -> Self {
        Self {}
    }
}

/// The path for one sample.
#[derive(Clone, Copy)]
pub struct Run {
    #[cfg(all(target_abi = "eabihf", any(fenchel_kernel = "mve", fenchel_kernel = "fused")))]
    vector: bool,
}

#[cfg(not(all(target_abi = "eabihf", any(fenchel_kernel = "mve", fenchel_kernel = "fused"))))]
impl Run {
    pub fn new(_: UnderflowCheck, _: &[f32], _: &[f32]) -> Self {
        Self {}
    }

    #[inline(always)]
    pub fn dense(self, panel: &Panel, z: &[f32], sums: &mut [f32; PANEL]) {
        path::dense(panel, z, sums);
    }

    #[inline(always)]
    pub fn sparse(self, panel: &Panel, columns: &Columns, sums: &mut [f32; PANEL]) {
        path::sparse(panel, columns, sums);
    }

    #[inline(always)]
    pub fn transposed(self, panel: &Panel, u: &[f32; PANEL], e: &mut [f32]) {
        path::transposed(panel, u, e);
    }
}

/// The vector path where it gives the strict bits, or fused ones, scalar registers elsewhere.
#[cfg(all(target_abi = "eabihf", any(fenchel_kernel = "mve", fenchel_kernel = "fused")))]
impl Run {
    pub fn new(weights: UnderflowCheck, inputs: &[f32], sums: &[f32]) -> Self {
        let strict = || weights.passed && mve::cannot_underflow(inputs) && mve::sums_cannot_underflow(sums);
        Self { vector: cfg!(fenchel_kernel = "fused") || strict() }
    }

    pub fn dense(self, panel: &Panel, z: &[f32], sums: &mut [f32; PANEL]) {
        if self.vector { mve::dense(panel, z, sums) } else { path::dense(panel, z, sums) }
    }

    pub fn sparse(self, panel: &Panel, columns: &Columns, sums: &mut [f32; PANEL]) {
        if self.vector { mve::sparse(panel, columns, sums) } else { path::sparse(panel, columns, sums) }
    }

    pub fn transposed(self, panel: &Panel, u: &[f32; PANEL], e: &mut [f32]) {
        if self.vector { mve::transposed(panel, u, e) } else { path::transposed(panel, u, e) }
    }
}
