//! The inference problems that a relaxation solves side by side.

use crate::network::{finite, same};
use crate::{Error, Network, Quantity, Weights};

/// The loss term s/2 ‖z_L‖² − r·z_L of one inference problem, r = `target`·y + `attack`·y⁻.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Nudge {
    /// Weight of ½‖z_L‖².
    pub s: f32,
    /// Weight of −y·z_L.
    pub target: f32,
    /// Weight of −y⁻·z_L.
    pub attack: f32,
}

impl Nudge {
    /// U alone.
    pub const FREE: Self = Self { s: 0.0, target: 0.0, attack: 0.0 };
}

/// P problems min_z U + Σ g_k·z_k + s/2 ‖z_L‖² − r·z_L on the same B samples: P·B rows, all samples
/// of the first problem first. Input and g are shared by the problems.
#[derive(Clone, Copy, Debug)]
pub struct Problem<'a> {
    /// x, (B, n_0).
    pub input: &'a [f32],
    /// One a problem.
    pub nudges: &'a [Nudge],
    /// y, (B, n_L).
    pub target: &'a [f32],
    /// y⁻, (B, n_L).
    pub attack: &'a [f32],
    /// g, over units with B rows; empty for g = 0.
    pub perturbation: &'a [f32],
}

impl Problem<'_> {
    /// B.
    pub fn samples<W: Weights>(&self, network: &Network<'_, W>) -> usize {
        self.input.len() / network.input_units().max(1)
    }

    /// P·B.
    pub fn rows<W: Weights>(&self, network: &Network<'_, W>) -> usize {
        self.samples(network) * self.nudges.len()
    }

    /// Check sizes, and that each output problem is bounded: γ_L + s > 0.
    pub(crate) fn check<W: Weights>(&self, network: &Network<'_, W>) -> Result<(), Error> {
        let samples = self.samples(network);
        if self.nudges.is_empty() {
            return Err(Error::TooSmall { what: Quantity::Problems, expected: 1, got: 0 });
        }
        same(Quantity::InputValues, samples * network.input_units(), self.input.len())?;
        same(Quantity::TargetValues, samples * network.output_units(), self.target.len())?;
        same(Quantity::AttackValues, samples * network.output_units(), self.attack.len())?;
        if !self.perturbation.is_empty() {
            let values = samples * network.units();
            same(Quantity::PerturbationValues, values, self.perturbation.len())?;
        }
        let gamma = network.gamma(network.output()).iter().copied().fold(f32::INFINITY, f32::min);
        for &Nudge { s, .. } in self.nudges {
            let is_bounded = gamma + s > 0.0;
            if !is_bounded {
                return Err(Error::Unbounded { gamma, s });
            }
        }
        Ok(())
    }

    /// Check that nudges, targets and perturbation are finite; the input is checked by
    /// [`Network::check_input`], once the forward pass was made.
    pub(crate) fn check_finite(&self) -> Result<(), Error> {
        for (index, &Nudge { s, target, attack }) in self.nudges.iter().enumerate() {
            if !(s.is_finite() && target.is_finite() && attack.is_finite()) {
                return Err(Error::NotFinite { what: Quantity::Nudges, index });
            }
        }
        finite(Quantity::TargetValues, self.target)?;
        finite(Quantity::AttackValues, self.attack)?;
        finite(Quantity::PerturbationValues, self.perturbation)
    }

    /// g_k, (B, n_k), or nothing.
    pub(crate) fn perturbation_of<W: Weights>(&self, network: &Network<'_, W>, k: usize) -> &[f32] {
        let samples = self.samples(network);
        self.perturbation.get(network.range(k, samples)).unwrap_or_default()
    }
}
