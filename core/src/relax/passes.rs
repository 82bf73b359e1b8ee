//! The steps that sweeps are made of. Each is one pass over the blocks.

use crate::kernel::slices::{part, part_mut, split_mut};
use crate::kernel::units::{map, row, update_by_two, zip};
use crate::state::Part;
use crate::{Network, Problem, StateView, Weights};

impl<W: Weights> Network<'_, W> {
    /// The plain forward pass, a and z = f(a), the same for all problems; then
    /// [`minimise_output`](Self::minimise_output).
    pub(crate) fn plain_forward(&self, problem: &Problem, state: &mut StateView) {
        let (rows, samples) = (state.rows, problem.samples(self));
        for k in self.above_input() {
            let first = samples * self.size(k);
            let range = self.range(k, rows);
            let (a, others) = split_mut(part_mut(state.a, range.clone()), first);
            self.preactivate(k, problem.input, state.z, rows, a);
            for other in others.chunks_mut(first.max(1)) {
                map(a, other, |a| a);
            }
            let part = state.part(range);
            self.block(k).activation.activate(self.size(k), part.a, part.z);
        }
        self.minimise_output(problem, state);
    }

    /// e_L = (r − s·a_L − g_L)/(γ_L + s), z_L = f(a_L + e_L), u_L = γ_L(z_L − f(a_L)):
    /// the output's exact minimiser, given the blocks below. (Quadratic potential: f(a_L) for a_L.)
    pub(crate) fn minimise_output(&self, problem: &Problem, state: &mut StateView) {
        let output = self.output();
        let (units, samples) = (self.output_units(), problem.samples(self));
        let Part { a, e, u, z, .. } = state.block(self, output);
        let block = self.block(output);
        block.base().activate(units, a, z);
        let g = problem.perturbation_of(self, output);
        let gamma = self.gamma(output);
        for (i, e) in e.chunks_exact_mut(units.max(1)).enumerate() {
            let Some(nudge) = problem.nudges.get(i / samples.max(1)) else { break };
            let of_sample = |values| row(values, units, i % samples.max(1));
            let r = |y, y_attack| nudge.weight_target * y + nudge.weight_attack * y_attack;
            zip(of_sample(problem.target), of_sample(problem.attack()), e, r);
            update_by_two(gamma, row(z, units, i), e, |gamma, base, e| {
                (e - nudge.s * base) / (gamma + nudge.s)
            });
            update_by_two(gamma, of_sample(g), e, |gamma, g, e| e - g / (gamma + nudge.s));
        }
        block.activities(gamma, a, e, z);
        block.forces(gamma, a, e, u);
    }

    /// z_k = f(a_k + e_k) (or what the potential makes of it), a_{k+1} = W_k z_k + b_k upwards; then
    /// [`minimise_output`](Self::minimise_output).
    /// Afterwards a, z and e are consistent.
    pub(crate) fn forward_pass(&self, problem: &Problem, state: &mut StateView) {
        for k in self.above_input() {
            let range = self.range(k, state.rows);
            if !self.is_clamped(k) {
                let a = part_mut(state.a, range.clone());
                self.preactivate(k, problem.input, state.z, state.rows, a);
            }
            if k < self.output() {
                let part = state.part(range);
                self.block(k).activities(self.gamma(k), part.a, part.e, part.z);
            }
        }
        self.minimise_output(problem, state);
    }

    /// a_k = Σ W_kj z_j + b_k of every block from z as it is; then
    /// [`minimise_output`](Self::minimise_output).
    pub(crate) fn refresh(&self, problem: &Problem, state: &mut StateView) {
        for k in self.above_input() {
            if !self.is_clamped(k) {
                let a = part_mut(state.a, self.range(k, state.rows));
                self.preactivate(k, problem.input, state.z, state.rows, a);
            }
        }
        self.minimise_output(problem, state);
    }

    /// w_k = (Σ_m W_mkᵀ u_m − g_k)/γ_k, u_k = γ_k(f(a_k + w_k) − f(a_k)) downwards.
    /// `in_place`, w goes to e and all of u is overwritten. If not, w goes to z, and u_1, which feeds back to
    /// no hidden block, is left.
    // Not inlined: its lists of columns would lie on the stack beside those of the forward pass.
    #[inline(never)]
    pub(crate) fn backward_pass(&self, problem: &Problem, state: &mut StateView, in_place: bool) {
        let rows = state.rows;
        for k in (1..self.output()).rev() {
            let w = if in_place { &mut *state.e } else { &mut *state.z };
            let range = self.range(k, rows);
            let w = part_mut(w, range.clone());
            let g = problem.perturbation_of(self, k);
            if g.is_empty() {
                w.fill(0.0);
            } else {
                w.chunks_mut(g.len()).for_each(|w| map(g, w, |g| 0.0 - g));
            }
            for (c, weights) in self.weights_from(k) {
                let u = part(state.u, self.range(c.to, rows));
                weights.apply_transposed(u, w);
            }
            let part = state.part(range);
            let w = if in_place { part.e } else { part.z };
            self.block(k).errors(self.gamma(k), w);
            if in_place || k > 1 {
                self.block(k).forces(self.gamma(k), part.a, w, part.u);
            }
        }
    }

    /// z and u of the hidden blocks from a and e.
    pub(crate) fn activities_and_forces(&self, state: &mut StateView) {
        for k in 1..self.output() {
            let block = state.block(self, k);
            self.block(k).activities(self.gamma(k), block.a, block.e, block.z);
            self.block(k).forces(self.gamma(k), block.a, block.e, block.u);
        }
    }

    /// a of every block from z.
    pub(crate) fn preactivate_all(&self, problem: &Problem, state: &mut StateView) {
        for k in self.above_input() {
            let a = part_mut(state.a, self.range(k, state.rows));
            self.preactivate(k, problem.input, state.z, state.rows, a);
        }
    }

    /// u of `blocks` from z and a, with the cancellation of that difference: the paper's
    /// schedule, whose a moves after z, and a state that came from elsewhere have no better.
    pub(crate) fn force_from_activities(&self, blocks: impl Iterator<Item = usize>, state: &mut StateView) {
        for k in blocks {
            let Part { a, u, z, .. } = state.block(self, k);
            self.block(k).forces_of_activities(self.gamma(k), a, z, u);
        }
    }
}
