//! Forward–backward sweeps on the errors e of the hidden blocks, with Anderson acceleration.

use crate::{Network, Problem, StateView, Weights};

impl<W: Weights> Network<'_, W> {
    /// The errors e that the first sweep begins with: one backward pass from the forward pass.
    pub(super) fn first_errors(&self, problem: &Problem, state: &mut StateView) {
        self.backward_pass(problem, state, true);
    }

    /// The first half of a sweep: the errors that the sweep before asks for, and the forward pass.
    /// A backward pass follows.
    pub(super) fn forward_half(&self, problem: &Problem, state: &mut StateView, sweep: u32) {
        if sweep > 1 {
            self.anderson(state, sweep - 1, false);
        }
        self.forward_pass(problem, state);
    }

    /// After the last sweep its errors become the state's, and activities and forces follow from them.
    pub(super) fn last_update(&self, state: &mut StateView, sweeps: u32) {
        if sweeps > 0 {
            self.anderson(state, sweeps, true);
        }
        self.activities_and_forces(state);
    }
}
