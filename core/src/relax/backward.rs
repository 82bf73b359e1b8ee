//! The paper's schedule: undamped backward passes, and plain forward products between them.

use core::mem::swap;

use super::larger;
use crate::state::Part;
use crate::{Activation, Network, Problem, StateView, Weights};

impl<W: Weights> Network<'_, W> {
    /// One sweep: a of the activities that the sweep before left, then z_k = f(a_k + w_k) downwards.
    /// Returns the largest change of an activity.
    pub(super) fn backward_sweep(&self, problem: &Problem, state: &mut StateView, sweep: u32) -> f32 {
        if sweep > 1 {
            self.refresh(problem, state);
        }
        self.backward_pass(problem, state, true);
        let mut largest = 0.0;
        for k in 1..self.output() {
            let Part { a, e, z, e_before: before, .. } = state.block(self, k);
            Activation::Linear.activate(self.size(k), z, before);
            self.block(k).activities(self.gamma(k), a, e, z);
            largest = z.iter().zip(before).fold(largest, |largest, (z, before)| larger(largest, z - *before));
        }
        largest
    }

    /// The energy of the activities that a sweep left, their a computed ahead of the next sweep in
    /// memory that this schedule doesn't use. The state stays as it was.
    pub(super) fn energy_ahead(&self, problem: &Problem, state: &mut StateView) -> f32 {
        swap(&mut state.a, &mut state.w_before);
        swap(&mut state.u, &mut state.e_before);
        self.preactivate_all(problem, state);
        self.minimise_output(problem, state);
        self.force_from_activities(1..self.output(), state);
        let energy = self.energy(problem, state);
        swap(&mut state.a, &mut state.w_before);
        swap(&mut state.u, &mut state.e_before);
        self.minimise_output(problem, state);
        energy
    }
}
