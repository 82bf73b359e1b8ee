//! Anderson acceleration of depth 1, each row for itself.

use core::mem::swap;

use crate::kernel::units::zip;
use crate::kernel::vector::wide;
use crate::state::Part;
use crate::{Network, StateView, Weights};

/// θ at least and at most. A residual that turns by λ has θ = λ/(λ − 1): an overshoot, λ < 0, gives θ
/// between 0 and 1 whatever its size, λ = ⅓ gives −½. Beyond, a secant across a change of active sets
/// rather than an eigenvalue is at work.
const THETA: (f32, f32) = (-0.5, 1.0);

impl<W: Weights> Network<'_, W> {
    /// From e and its image w (in z) to the next e = w − θ(w − w'), with θ = r·Δr/‖Δr‖² of the
    /// residual r = w − e, clamped to [`THETA`].
    ///
    /// `step` counts from 1; the first has no step before it and ends at e = w. Unless it is the `last`,
    /// e and w are kept for the next step by an exchange of slices. The `last` step of a relaxation
    /// leaves every slice where the state's memory has it, so that a fresh view reads what this one
    /// does. What z and e were at the output is gone.
    pub(crate) fn anderson(&self, state: &mut StateView, step: u32, last: bool) {
        // Every step but the last has exchanged the slices once.
        let exchange = !last || step.is_multiple_of(2);
        for row in 0..state.rows {
            let theta = if step == 1 { 0.0 } else { self.theta(state, row) };
            for k in 1..self.output() {
                let Part { e, z: w, e_before, w_before, .. } = state.block_row(self, k, row);
                let next = if exchange { e_before } else { e };
                let first = step == 1;
                let extrapolate = move |w, w_before| if first { w } else { w - theta * (w - w_before) };
                zip(w, w_before, next, extrapolate);
            }
        }
        if exchange {
            swap(&mut state.e, &mut state.e_before);
            swap(&mut state.z, &mut state.w_before);
        }
    }

    fn theta(&self, state: &mut StateView, row: usize) -> f32 {
        let mut sums = Sums::default();
        for k in 1..self.output() {
            let Part { e, z: w, e_before, w_before, .. } = state.block_row(self, k, row);
            let (e, e_tail) = e.as_chunks::<8>();
            let (w, w_tail) = w.as_chunks::<8>();
            let (e_before, e_before_tail) = e_before.as_chunks::<8>();
            let (w_before, w_before_tail) = w_before.as_chunks::<8>();
            // A copy, which stays in registers.
            sums = wide(|| {
                let mut sums = sums;
                for (((e, w), e_before), w_before) in e.iter().zip(w).zip(e_before).zip(w_before) {
                    sums.add(e, w, e_before, w_before);
                }
                sums
            });
            sums.add(e_tail, w_tail, e_before_tail, w_before_tail);
        }
        let theta = total(&sums.along) / total(&sums.square);
        if theta.is_finite() { theta.clamp(THETA.0, THETA.1) } else { 0.0 }
    }
}

/// r·Δr and ‖Δr‖², each in eight partial sums, value i of a block in sum i mod 8, added up in ascending
/// order at the end: an order that vector units keep too.
#[derive(Clone, Copy, Default)]
struct Sums {
    along: [f32; 8],
    square: [f32; 8],
}

impl Sums {
    #[inline(always)]
    fn add(&mut self, e: &[f32], w: &[f32], e_before: &[f32], w_before: &[f32]) {
        let values = e.iter().zip(w).zip(e_before).zip(w_before);
        let sums = self.along.iter_mut().zip(&mut self.square);
        for ((((e, w), e_before), w_before), (along, square)) in values.zip(sums) {
            let r = w - e;
            let change = r - (w_before - e_before);
            *along += r * change;
            *square += change * change;
        }
    }
}

fn total(sums: &[f32; 8]) -> f32 {
    sums.iter().fold(0.0, |total, part| total + part)
}
