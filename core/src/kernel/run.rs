//! Which path an application of a matrix takes.

#[cfg(all(target_abi = "eabihf", any(fenchel_kernel = "mve", fenchel_kernel = "fused")))]
use super::mve;
use super::{Columns, Panel, path};
use crate::PANEL;

/// Whether a matrix is fit for the vector path, found out once.
#[derive(Clone, Copy, Debug)]
pub struct Fitness {
    #[cfg(all(target_abi = "eabihf", any(fenchel_kernel = "mve", fenchel_kernel = "fused")))]
    coarse: bool,
}

impl Fitness {
    /// Of these weights.
    #[cfg(all(target_abi = "eabihf", any(fenchel_kernel = "mve", fenchel_kernel = "fused")))]
    pub fn of(weights: &[f32]) -> Self {
        Self { coarse: mve::is_coarse(weights) }
    }

    /// Of any weights.
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
    pub fn new(_: Fitness, _: &[f32], _: &[f32]) -> Self {
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
    pub fn new(weights: Fitness, inputs: &[f32], sums: &[f32]) -> Self {
        let strict = || weights.coarse && mve::is_coarse(inputs) && mve::is_coarse_sum(sums);
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
