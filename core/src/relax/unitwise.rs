//! Monotone descent, unit by unit (a simplex: block by block): slow, can't fail, what analog
//! hardware does.

use core::ops::Range;

use super::larger;
use crate::kernel::slices::{part, part_mut};
use crate::state::Part;
use crate::{Network, Potential, Problem, StateView, Weights};

impl<W: Weights> Network<'_, W> {
    /// One sweep over all units, downwards, then the output; the largest change of an activity.
    ///
    /// Unit i of block k moves to the minimiser of a quadratic bound on its energy,
    /// `z_i ← Π_C(z_i + (γ_k(a_i − z_i) + Σ_m w_i·u_m − g_i)/(γ_k + Σ_m Σ γ_m w_i²))`, w_i its
    /// fan-out weights into block m and u_m the forces there; a_m and u_m follow at once. Other
    /// potentials put their own pull and curvature in place of γ_k(a_i − z_i) and γ.
    pub(crate) fn unitwise_sweep(&self, problem: &Problem, state: &mut StateView) -> f32 {
        let samples = problem.samples(self).max(1);
        let mut largest = 0.0;
        for row in 0..state.rows {
            for k in (1..self.output()).rev() {
                let Range { start, end } = self.row_range(k, state.rows, row);
                let n = end - start;
                let g = problem.perturbation_of(self, k).get(row % samples * n..).unwrap_or_default();
                if !self.block(k).activation.is_elementwise() {
                    largest = larger(largest, self.whole_block(state, row, k, g));
                    continue;
                }
                for i in 0..n {
                    let g = g.get(i).copied().unwrap_or_default();
                    let change = self.unit(state, row, k, i, start + i, g);
                    largest = larger(largest, change);
                }
            }
        }
        self.minimise_output(problem, state);
        largest
    }

    /// Move unit `i` of block `k`, at `place` in the state; its change.
    fn unit(&self, state: &mut StateView, row: usize, k: usize, i: usize, place: usize, g: f32) -> f32 {
        let block = self.block(k);
        let gamma = self.gamma(k).get(i).copied().unwrap_or(1.0);
        let (Some(&a), Some(z), Some(u)) =
            (state.a.get(place), state.z.get_mut(place), state.u.get(place).copied())
        else {
            return 0.0;
        };
        let (pull, mut curvature) = block.pull(gamma, a, *z, u);
        let mut slope = 0.0;
        for (c, weights) in self.weights_from(k) {
            let above = self.block(c.to);
            let u = part(state.u, self.row_range(c.to, state.rows, row));
            let gammas = self.gamma(c.to);
            for (m, w) in weights.fan_out(i) {
                if let (Some(u), Some(&gamma)) = (u.get(m), gammas.get(m)) {
                    slope += w * u;
                    curvature += above.stiffness(gamma) * w * w;
                }
            }
        }
        let change = block.bounded_step(gamma, *z, (pull + slope - g) / curvature);
        if change == 0.0 {
            return change;
        }
        *z += change;
        let force = block.force_after(gamma, a, *z, u, change);
        part_mut(state.u, place..place + 1).fill(force);
        for (c, weights) in self.weights_from(k) {
            let above = self.block(c.to);
            let range = self.row_range(c.to, state.rows, row);
            let a = part_mut(state.a, range.clone());
            let u = part_mut(state.u, range.clone());
            if above.potential == Potential::FenchelYoung && above.activation.is_elementwise() {
                let gammas = self.gamma(c.to);
                for (m, w) in weights.fan_out(i) {
                    if let (Some(a), Some(u), Some(gamma)) = (a.get_mut(m), u.get_mut(m), gammas.get(m)) {
                        let rise = w * change;
                        *u -= gamma * above.activation.difference(*a, rise);
                        *a += rise;
                    }
                }
            } else {
                for (m, w) in weights.fan_out(i) {
                    if let Some(a) = a.get_mut(m) {
                        *a += w * change;
                    }
                }
                let z = part(state.z, range);
                above.forces_of_activities(self.gamma(c.to), a, z, u);
            }
        }
        change
    }

    /// Move a block whose units can't move one by one: a projected gradient step, with the squared
    /// Frobenius norms of the weights to bound the curvature.
    fn whole_block(&self, state: &mut StateView, row: usize, k: usize, g: &[f32]) -> f32 {
        let block = self.block(k);
        let (range, n) = (self.row_range(k, state.rows, row), self.size(k));
        let gamma = self.gamma(k).first().copied().unwrap_or(1.0);
        let e = part_mut(state.e, range.clone());
        e.fill(0.0);
        let mut curvature = gamma;
        for (c, weights) in self.weights_from(k) {
            let above = self.block(c.to);
            weights.apply_transposed(part(state.u, self.row_range(c.to, state.rows, row)), e);
            for j in 0..n {
                let gammas = self.gamma(c.to);
                for (m, w) in weights.fan_out(j) {
                    if let Some(&gamma) = gammas.get(m) {
                        curvature += above.stiffness(gamma) * w * w;
                    }
                }
            }
        }
        let Part { a, e, u, z, w_before: new, .. } = state.block_row(self, k, row);
        e.iter_mut().zip(g).for_each(|(e, g)| *e -= g);
        for ((e, &a), &z) in e.iter_mut().zip(a.iter()).zip(z.iter()) {
            *e = (*e + gamma * (a - z)) / curvature;
        }
        block.activation.activate_with_error(n, z, e, new);
        let mut largest = 0.0;
        for ((z, new), e) in z.iter_mut().zip(new).zip(e) {
            *e = *new - *z;
            *z = *new;
            largest = larger(largest, *e);
        }
        block.forces_of_activities(self.gamma(k), a, z, u);
        for (c, weights) in self.weights_from(k) {
            let above = self.row_range(c.to, state.rows, row);
            weights.apply(part(state.e, range.clone()), part_mut(state.a, above));
            let Part { a, u, z, .. } = state.block_row(self, c.to, row);
            self.block(c.to).forces_of_activities(self.gamma(c.to), a, z, u);
        }
        largest
    }
}
