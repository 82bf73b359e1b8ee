//! The energy, and how far a state is from stationary.

use crate::{Network, Problem, StateView, Weights};

impl<W: Weights> Network<'_, W> {
    /// E = Σ γ_k·D_k + Σ g_k·z_k + s/2 ‖z_L‖² − r·z_L, in units of the loss, summed over the rows
    /// in ascending order. `state` holds a consistent a, z and u, as [`relax`](Self::relax) leaves it.
    ///
    /// γ·D is computed as u²/(2γ) − (a − f(a))·u, u = γ(z − f(a)): both terms are ≥ 0, nothing
    /// cancels.
    pub fn energy(&self, problem: &Problem, state: &StateView) -> f32 {
        let rows = state.rows;
        let mut energy = 0.0;
        for k in 1..=self.output() {
            let activation = self.activation(k);
            let range = self.range(k, rows);
            let a = state.a.get(range.clone()).unwrap_or_default();
            let z = state.z.get(range.clone()).unwrap_or_default();
            let u = state.u.get(range).unwrap_or_default();
            for ((a, u), gamma) in a.iter().zip(u).zip(self.gamma(k).iter().cycle()) {
                energy += 0.5 * u * u / gamma - (a - activation.project(*a)) * u;
            }
            for (z, g) in z.iter().zip(problem.perturbation_of(self, k).iter().cycle()) {
                energy += g * z;
            }
        }
        let size = (problem.samples(self) * self.output_units()).max(1);
        let z = state.z.get(self.range(self.output(), rows)).unwrap_or_default();
        for (nudge, z) in problem.nudges.iter().zip(z.chunks(size)) {
            for ((z, y), y_attack) in z.iter().zip(problem.target).zip(problem.attack) {
                let r = nudge.target * y + nudge.attack * y_attack;
                energy += (0.5 * nudge.s * z - r) * z;
            }
        }
        energy
    }

    /// The largest change of an activity that the errors w (in z) would make to the errors e.
    pub(crate) fn step(&self, state: &StateView) -> f32 {
        let mut largest = 0.0;
        for k in 1..self.output() {
            let activation = self.activation(k);
            let range = self.range(k, state.rows);
            let a = state.a.get(range.clone()).unwrap_or_default();
            let e = state.e.get(range.clone()).unwrap_or_default();
            let w = state.z.get(range).unwrap_or_default();
            for ((&a, &e), &w) in a.iter().zip(e).zip(w) {
                let change = activation.difference(a, w) - activation.difference(a, e);
                largest = larger(largest, change);
            }
        }
        largest
    }
}

/// max(largest, |change|), and NaN once a change was NaN.
pub(crate) fn larger(largest: f32, change: f32) -> f32 {
    let change = change.abs();
    if change <= largest || largest.is_nan() { largest } else { change }
}
