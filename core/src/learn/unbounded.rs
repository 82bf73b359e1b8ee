//! Samples whose problem has no minimum, told from their state, and kept out of the gradient.

use core::ops::Range;

use crate::kernel::slices::{part, part_mut};
use crate::kernel::vector::wide;
use crate::{DIVERGED, Network, Problem, StateView, Weights};

impl<W: Weights> Network<'_, W> {
    /// Set the forces of every sample to 0 that is unbounded in any problem: dropped from the
    /// gradient rather than poisoning it. Their number.
    ///
    /// A row is unbounded if a value isn't finite or is beyond [`DIVERGED`]; or, where s < 0, if its
    /// forces show a direction without a minimum: with u_k = J_kᵀ u_L the displacements u_k/γ_k cost
    /// ½ Σ ‖u_k‖²/γ_k, and move the output by at least Σ ‖u_k‖²/γ_k / ‖u_L‖ (Cauchy–Schwarz), so that the
    /// energy falls along them for ever, as long as the active units stay the same, once
    /// −s·Σ ‖u_k‖²/γ_k ≥ ‖u_L‖². With g ≠ 0 the forces aren't those of the output alone, and tell nothing.
    pub fn drop_unbounded(&self, problem: &Problem, state: &mut StateView) -> usize {
        let (samples, rows) = (problem.samples(self), state.rows);
        let has_direction =
            problem.perturbation.is_empty() && problem.nudges.iter().any(|nudge| nudge.s < 0.0);
        if !has_direction && finite(state.u) && finite(state.z) {
            return 0;
        }
        let mut dropped = 0;
        for sample in 0..samples {
            let of_problems = || (sample..rows).step_by(samples.max(1));
            let bounded = of_problems()
                .zip(problem.nudges)
                .all(|(row, nudge)| self.is_bounded(state, row, if has_direction { nudge.s } else { 0.0 }));
            if !bounded {
                for range in of_problems().flat_map(|row| self.places(rows, row)) {
                    part_mut(state.u, range.clone()).fill(0.0);
                    part_mut(state.z, range).fill(0.0);
                }
                dropped += 1;
            }
        }
        dropped
    }

    fn is_bounded(&self, state: &StateView, row: usize, s: f32) -> bool {
        let (mut softness, mut top) = (0.0, 0.0);
        for (k, range) in (1..).zip(self.places(state.rows, row)) {
            let u = part(state.u, range.clone());
            if !(finite(u) && finite(part(state.z, range))) {
                return false;
            }
            if s < 0.0 {
                top = softness_of(u, &[], |_| 1.0);
                let block = self.block(k);
                softness += softness_of(u, self.gamma(k), |gamma| block.stiffness(gamma));
            }
        }
        -s * softness < top || top == 0.0
    }

    /// Where `row` lies in the state, block by block from 1.
    fn places(&self, rows: usize, row: usize) -> impl Iterator<Item = Range<usize>> {
        (1..=self.output()).map(move |k| self.row_range(k, rows, row))
    }
}

/// Σ u²/stiffness(γ) in eight partial sums, as vector units like it; without γ the stiffness is 1.
fn softness_of(u: &[f32], gamma: &[f32], stiffness: impl Fn(f32) -> f32) -> f32 {
    let mut sums = [0.0; 8];
    let mut add = |u: &[f32], gamma: &[f32]| {
        for ((sum, u), &gamma) in sums.iter_mut().zip(u).zip(gamma) {
            *sum += u * u / stiffness(gamma);
        }
    };
    if gamma.is_empty() {
        u.chunks(8).for_each(|u| add(u, &[1.0; 8]));
    } else {
        u.chunks(8).zip(gamma.chunks(8)).for_each(|(u, gamma)| add(u, gamma));
    }
    sums.iter().sum()
}

/// Counted without a way out early, which vector units like better.
fn finite(values: &[f32]) -> bool {
    let unbounded = |value: &f32| u32::from(value.is_nan() || value.abs() > DIVERGED);
    wide(|| values.iter().map(unbounded).fold(0, |any, one| any | one)) == 0
}
