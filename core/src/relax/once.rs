//! The relaxation without sweeps: forward and back once, in half the memory of one that sweeps.

use core::mem::swap;

use crate::{Error, Network, Problem, StateView, Weights};

impl<W: Weights> Network<'_, W> {
    /// As [`relax_for`](Self::relax_for) with forward–backward and 0 sweeps, to the same bits, in a state
    /// that [`StateView::without_sweeps`] lays out: a plain forward pass, one backward pass, then z and u
    /// from a and e.
    ///
    /// # Errors
    /// As [`relax`](Self::relax).
    pub fn relax_without_sweeps(&self, problem: &Problem, state: &mut StateView) -> Result<(), Error> {
        self.go_forth(problem, state)?;
        self.come_back(problem, state);
        Ok(())
    }

    /// Its first half. Until the second, the a of the output are those of plain inference.
    pub(crate) fn go_forth(&self, problem: &Problem, state: &mut StateView) -> Result<(), Error> {
        problem.check(self)?;
        state.check_any(self, problem.rows(self))?;
        self.plain_forward(problem, state);
        self.check_input(problem.input, state.a, state.rows)
    }

    /// Its second half. The errors lie where the activities of the forward pass were, which nothing needs
    /// any more, and become the relaxed activities in place; those of the output stay.
    pub(crate) fn come_back(&self, problem: &Problem, state: &mut StateView) {
        swap(&mut state.e, &mut state.z);
        self.backward_pass(problem, state, true);
        for k in 1..self.output() {
            let part = state.block(self, k);
            self.block(k).activities_in_place(self.gamma(k), part.a, part.e);
        }
        swap(&mut state.e, &mut state.z);
    }
}
