//! The input block as part of the attack: an adversary who reaches z_0 too. Beyond the paper, whose
//! input is clamped to x.

use crate::error::same;
use crate::kernel::slices::part;
use crate::{Bounds, Error, Network, Problem, Quantity, StateView, Weights};
use serde::{Deserialize, Serialize};

/// How far an attack may move the input z_0; where it moves, it stays within the bounds of the training data.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum InputBlock {
    /// The input stays as it is: z_0 = x.
    None,
    /// z_0 = x + ε·sign(F), where F is the force on the input.
    Box {
        /// The mean of ε over the samples, in units of the input.
        radius: f32,
    },
    /// z_0 = x + F/γ_0: the input as a block with a potential γ_0/2 ‖z_0 − x‖² of its own.
    Quadratic {
        /// The ratio 1/γ_0.
        ratio: f32,
    },
}

impl InputBlock {
    /// Moves `input` (B, n_0) along the `force` of the same shape, within `bounds`, of which each pair serves as
    /// many neighbouring values as a factor of the scaling does; `scale` has a factor on ε a sample.
    pub fn displace(self, scale: &[f32], force: &[f32], bounds: Bounds, input: &mut [f32]) {
        let features = input.len() / scale.len().max(1);
        let rows = input.chunks_exact_mut(features.max(1)).zip(force.chunks_exact(features.max(1)));
        let run = (features / bounds.low.len().max(1)).max(1);
        let limits =
            || bounds.low.iter().zip(bounds.high).flat_map(|limits| core::iter::repeat_n(limits, run));
        for ((input, force), scale) in rows.zip(scale) {
            for ((z, &force), (&low, &high)) in input.iter_mut().zip(force).zip(limits()) {
                let sign = if force > 0.0 {
                    1.0
                } else if force < 0.0 {
                    -1.0
                } else {
                    0.0
                };
                let step = match self {
                    Self::None => 0.0,
                    Self::Box { radius } => scale * radius * sign,
                    Self::Quadratic { ratio } => ratio * force,
                };
                // A force that diverged, NaN, moves nothing.
                if step != 0.0 && !step.is_nan() {
                    let moved = *z + step;
                    // Not `clamp`, which panics on bounds in the wrong order.
                    *z = if moved < low {
                        low
                    } else if moved > high {
                        high
                    } else {
                        moved
                    };
                }
            }
        }
    }
}

impl<W: Weights> Network<'_, W> {
    /// Computes the force on the input, Σ_m W_m0ᵀ u_m, for each row of `problem` in the forward state:
    /// (P·B, n_0) into `force`. It points where the energy falls.
    ///
    /// # Errors
    /// [`Error::Size`] if a length doesn't fit; [`Error::Unbounded`] unless γ_L + s > 0.
    pub fn input_force(
        &self,
        problem: &Problem,
        state: &mut StateView,
        force: &mut [f32],
    ) -> Result<(), Error> {
        problem.check(self)?;
        state.check(self, problem.rows(self))?;
        same(Quantity::InputValues, problem.rows(self) * self.input_units(), force.len())?;
        self.plain_forward(problem, state);
        self.backward_pass(problem, state, true);
        force.fill(0.0);
        for (c, weights) in self.weights_from(0) {
            let u = part(state.u, self.range(c.to, state.rows));
            weights.apply_transposed(u, force);
        }
        Ok(())
    }
}
