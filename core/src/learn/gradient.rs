//! The contrastive gradient, by the envelope theorem.

use crate::error::same;
use crate::kernel::slices::{part, part_mut, split_mut};
use crate::kernel::units::update;
use crate::kernel::vector::wide;
use crate::{Error, Graph, Problem, Quantity, StateView};

/// Where a gradient goes: the host's sums are matrix products, a device's plain loops.
pub trait Gradient {
    /// ∂/∂W of the connection with this index: Σ over the rows of u zᵀ, u (rows, fan-out),
    /// z (rows, fan-in).
    fn weights(&mut self, index: usize, u: &[f32], z: &[f32]);
    /// ∂/∂b of block k: Σ over the rows of u, (rows, n_k).
    fn bias(&mut self, k: usize, u: &[f32]);
}

impl Graph<'_> {
    /// The gradient of Σ over samples and problems p of `factors[p]`·min E:
    /// ∂/∂W_kj = Σ factor·γ_k(f(a_k) − z_k) z_jᵀ, and without z_jᵀ for b_k.
    ///
    /// It needs no weights: the forces hold what the relaxation fed back through them.
    /// With factors (1, −1)/(β·scale·B) this is an objective's mean gradient. `state` is a relaxed
    /// state of `problem`; its forces are consumed. The problems share z_0 = x: one product.
    ///
    /// # Errors
    /// [`Error::Size`] unless there is one factor a problem.
    pub fn contrastive_gradient(
        &self,
        problem: &Problem,
        state: &mut StateView,
        factors: &[f32],
        gradient: &mut impl Gradient,
    ) -> Result<(), Error> {
        same(Quantity::Problems, problem.nudges.len(), factors.len())?;
        state.check_any(self, problem.rows(self))?;
        let rows = state.rows;
        let samples = problem.samples(self);
        for k in self.above_input() {
            let size = (samples * self.size(k)).max(1);
            let u = part_mut(state.u, self.range(k, rows));
            for (u, &factor) in u.chunks_mut(size).zip(factors) {
                wide(|| u.iter_mut().for_each(|u| *u *= -factor));
            }
            for (index, c) in self.incoming(k).filter(|(_, c)| c.from != 0) {
                let z = part(state.z, self.range(c.from, rows));
                gradient.weights(index, u, z);
            }
            let (first, others) = split_mut(u, size);
            for other in others.chunks(size) {
                update(other, first, |other, u| u + other);
            }
            for (index, _) in self.incoming(k).filter(|(_, c)| c.from == 0) {
                gradient.weights(index, first, problem.input);
            }
            gradient.bias(k, first);
        }
        Ok(())
    }
}
