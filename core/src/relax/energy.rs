//! The energy of a state.

use crate::error::same;
use crate::kernel::slices::part;
use crate::{Error, Network, Problem, Quantity, StateView, Weights};

impl<W: Weights> Network<'_, W> {
    /// E = U + Σ g_k·z_k + s/2 ‖z_L‖² − r·z_L, in units of the loss, summed over the rows
    /// in ascending order. The a, z and u in `state` must be consistent.
    pub(crate) fn energy(&self, problem: &Problem, state: &StateView) -> f32 {
        let rows = state.rows;
        let mut energy = 0.0;
        for k in self.above_input() {
            let range = self.range(k, rows);
            let a = part(state.a, range.clone());
            let z = part(state.z, range.clone());
            let u = part(state.u, range);
            energy = self.block(k).energy(self.gamma(k), a, z, u, energy);
            for (z, g) in z.iter().zip(problem.perturbation_of(self, k).iter().cycle()) {
                energy += g * z;
            }
        }
        let size = (problem.samples(self) * self.output_units()).max(1);
        let z = part(state.z, self.range(self.output(), rows));
        for (nudge, z) in problem.nudges.iter().zip(z.chunks(size)) {
            for ((z, y), y_attack) in z.iter().zip(problem.target).zip(problem.attack()) {
                let r = nudge.weight_target * y + nudge.weight_attack * y_attack;
                energy += (0.5 * nudge.s * z - r) * z;
            }
        }
        energy
    }

    /// The energy at any activities z, (rows, n_k) block after block as `state` lays them out: those
    /// of a circuit that settles, say. The rest of `state` follows from them.
    ///
    /// # Errors
    /// [`Error::Size`] if a length doesn't fit.
    pub fn energy_at(&self, problem: &Problem, z: &[f32], state: &mut StateView) -> Result<f32, Error> {
        problem.check(self)?;
        state.check(self, problem.rows(self))?;
        same(Quantity::ActivityValues, state.z.len(), z.len())?;
        state.z.copy_from_slice(z);
        self.preactivate_all(problem, state);
        self.force_from_activities(self.above_input(), state);
        Ok(self.energy(problem, state))
    }
}
