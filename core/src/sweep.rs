//! The steps that sweeps are made of. Each is one pass over the blocks.

use crate::{Activation, Network, Potential, Problem, StateView, Weights};

impl<W: Weights> Network<'_, W> {
    /// a = plain forward pass, z = f(a) and u = 0, the same for all problems; then
    /// [`top`](Self::top). Whatever a state held before is gone.
    pub(crate) fn start(&self, problem: &Problem, state: &mut StateView) {
        let (rows, samples) = (state.rows, problem.samples(self));
        state.u.fill(0.0);
        for k in 1..=self.output() {
            let range = self.range(k, rows);
            let first = samples * self.size(k);
            let a = state.a.get_mut(range.clone()).unwrap_or_default();
            let (a, others) = a.split_at_mut_checked(first).unwrap_or_default();
            self.preactivate(k, problem.input, state.z, rows, a);
            for other in others.chunks_mut(first.max(1)) {
                for (other, &a) in other.iter_mut().zip(a.iter()) {
                    *other = a;
                }
            }
            let a = state.a.get(range.clone()).unwrap_or_default();
            self.block(k).activation.activate(self.size(k), a, state.z.get_mut(range).unwrap_or_default());
        }
        self.top(problem, state);
    }

    /// top: e_L = (r − s·a_L − g_L)/(γ_L + s), z_L = f(a_L + e_L), u_L = γ_L(z_L − f(a_L)):
    /// the output's exact minimiser, given the blocks below. (Quadratic potential: f(a_L) for a_L.)
    pub(crate) fn top(&self, problem: &Problem, state: &mut StateView) {
        let output = self.output();
        let (units, samples) = (self.output_units(), problem.samples(self));
        let range = self.range(output, state.rows);
        let a = state.a.get(range.clone()).unwrap_or_default();
        let e = state.e.get_mut(range.clone()).unwrap_or_default();
        let z = state.z.get_mut(range.clone()).unwrap_or_default();
        let u = state.u.get_mut(range).unwrap_or_default();
        let size = (units * samples).max(1);
        let block = self.block(output);
        match block.potential {
            Potential::Quadratic => block.activation.activate(units, a, z),
            _ => Activation::Linear.activate(units, a, z),
        }
        let g = problem.perturbation_of(self, output);
        let gamma = self.gamma(output);
        for ((nudge, e), base) in problem.nudges.iter().zip(e.chunks_mut(size)).zip(z.chunks(size)) {
            let values = e.iter_mut().zip(base).zip(problem.target).zip(problem.attack);
            for ((((e, base), y), y_attack), gamma) in values.zip(gamma.iter().cycle()) {
                *e = ((nudge.target * y + nudge.attack * y_attack) - nudge.s * base) / (gamma + nudge.s);
            }
            for ((e, g), gamma) in e.iter_mut().zip(g).zip(gamma.iter().cycle()) {
                *e -= g / (gamma + nudge.s);
            }
        }
        block.activities(gamma, a, e, z);
        block.forces(gamma, a, e, u);
    }

    /// forth: z_k = f(a_k + e_k) (or what the potential makes of it), a_{k+1} = W_k z_k + b_k upwards; then [`top`](Self::top).
    /// Afterwards a, z and e are consistent.
    pub(crate) fn forth(&self, problem: &Problem, state: &mut StateView) {
        for k in 1..self.output() {
            let range = self.range(k, state.rows);
            if !self.is_clamped(k) {
                let a = state.a.get_mut(range.clone()).unwrap_or_default();
                self.preactivate(k, problem.input, state.z, state.rows, a);
            }
            let a = state.a.get(range.clone()).unwrap_or_default();
            let e = state.e.get(range.clone()).unwrap_or_default();
            let z = state.z.get_mut(range).unwrap_or_default();
            self.block(k).activities(self.gamma(k), a, e, z);
        }
        self.raise(problem, state, self.output());
    }

    /// a_k = Σ W_kj z_j + b_k of the blocks `lowest`..=L, z as it is; then [`top`](Self::top).
    pub(crate) fn raise(&self, problem: &Problem, state: &mut StateView, lowest: usize) {
        for k in lowest..=self.output() {
            if !self.is_clamped(k) {
                let a = state.a.get_mut(self.range(k, state.rows)).unwrap_or_default();
                self.preactivate(k, problem.input, state.z, state.rows, a);
            }
        }
        self.top(problem, state);
    }

    /// back: w_k = (Σ_m W_mkᵀ u_m − g_k)/γ_k, u_k = γ_k(f(a_k + w_k) − f(a_k)) downwards.
    /// Overwrites u; w goes to e if `in_place`, and to z if not.
    pub(crate) fn back(&self, problem: &Problem, state: &mut StateView, in_place: bool) {
        let rows = state.rows;
        for k in (1..self.output()).rev() {
            let range = self.range(k, rows);
            let w = if in_place { &mut *state.e } else { &mut *state.z };
            let w = w.get_mut(range.clone()).unwrap_or_default();
            match problem.perturbation_of(self, k) {
                [] => w.fill(0.0),
                g => {
                    for w in w.chunks_mut(g.len()) {
                        w.iter_mut().zip(g).for_each(|(w, g)| *w = 0.0 - g);
                    }
                }
            }
            for c in self.outgoing(k) {
                let u = state.u.get(self.range(c.to, rows)).unwrap_or_default();
                c.weights.apply_transposed(u, w);
            }
            self.block(k).errors(self.gamma(k), w);
            let a = state.a.get(range.clone()).unwrap_or_default();
            self.block(k).forces(self.gamma(k), a, w, state.u.get_mut(range).unwrap_or_default());
        }
    }

    /// z and u of the hidden blocks from a and e.
    pub(crate) fn settle(&self, state: &mut StateView) {
        for k in 1..self.output() {
            let range = self.range(k, state.rows);
            let a = state.a.get(range.clone()).unwrap_or_default();
            let e = state.e.get(range.clone()).unwrap_or_default();
            let z = state.z.get_mut(range.clone()).unwrap_or_default();
            self.block(k).activities(self.gamma(k), a, e, z);
            self.block(k).forces(self.gamma(k), a, e, state.u.get_mut(range).unwrap_or_default());
        }
    }
}
