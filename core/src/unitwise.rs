//! Monotone unit-wise descent: slow, can't fail, what analog hardware does.

use crate::energy::larger;
use crate::{Network, Problem, StateView, Weights};

impl<W: Weights> Network<'_, W> {
    /// One sweep over all units, downwards, then the output; the largest change of an activity.
    ///
    /// Unit i of block k moves to the minimiser of a quadratic bound on its energy,
    /// `z_i ← Π_C(z_i + (γ_k(a_i − z_i) + Σ_m w_i·u_m − g_i)/(γ_k + Σ_m Σ γ_m w_i²))`, w_i its
    /// fan-out weights into block m and u_m = γ_m(z_m − f(a_m)); a_m and u_m follow at once.
    pub(crate) fn unitwise(&self, problem: &Problem, state: &mut StateView) -> f32 {
        let samples = problem.samples(self).max(1);
        let mut largest = 0.0;
        for row in 0..state.rows {
            for k in (1..self.output()).rev() {
                let (start, n) = self.row(k, state.rows, row);
                let g = problem.perturbation_of(self, k).get(row % samples * n..).unwrap_or_default();
                for i in 0..n {
                    let g = g.get(i).copied().unwrap_or_default();
                    let change = self.unit(state, row, k, i, start + i, g);
                    largest = larger(largest, change);
                }
            }
        }
        self.top(problem, state);
        largest
    }

    /// Move unit `i` of block `k`, at `place` in the state; its change.
    fn unit(&self, state: &mut StateView, row: usize, k: usize, i: usize, place: usize, g: f32) -> f32 {
        let activation = self.activation(k);
        let gamma = self.gamma(k).get(i).copied().unwrap_or(1.0);
        let mut slope = 0.0;
        let mut curvature = gamma;
        for c in self.outgoing(k) {
            let (start, n) = self.row(c.to, state.rows, row);
            let u = state.u.get(start..start + n).unwrap_or_default();
            for ((w, u), gamma) in c.weights.column(i).zip(u).zip(self.gamma(c.to)) {
                slope += w * u;
                curvature += gamma * w * w;
            }
        }
        let (Some(a), Some(z), Some(u)) =
            (state.a.get(place), state.z.get_mut(place), state.u.get_mut(place))
        else {
            return 0.0;
        };
        // γ(a − z) = γ(a − f(a)) − u, whose first term is 0 wherever the unit isn't pinned.
        let descent = gamma * (a - activation.project(*a)) - *u + slope - g;
        let change = activation.difference(*z, descent / curvature);
        *z += change;
        *u += gamma * change;
        if change == 0.0 {
            return change;
        }
        for c in self.outgoing(k) {
            let activation = self.activation(c.to);
            let (start, n) = self.row(c.to, state.rows, row);
            let a = state.a.get_mut(start..start + n).unwrap_or_default();
            let u = state.u.get_mut(start..start + n).unwrap_or_default();
            let values = a.iter_mut().zip(u).zip(self.gamma(c.to));
            for (((a, u), gamma), w) in values.zip(c.weights.column(i)) {
                let rise = w * change;
                *u -= gamma * activation.difference(*a, rise);
                *a += rise;
            }
        }
        change
    }
}
