//! The inference problems that a relaxation solves side by side.

use crate::error::{finite, same};
use crate::{Error, Graph, Network, Quantity, Weights};

/// The loss term s/2 ‖z_L‖² − r·z_L of one inference problem, with r = `weight_target`·y +
/// `weight_attack`·y⁻.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Nudge {
    /// The weight s of ½‖z_L‖².
    pub s: f32,
    /// The weight of −y·z_L, where y is the target.
    pub weight_target: f32,
    /// The weight of −y⁻·z_L, where y⁻ is the attack's target.
    pub weight_attack: f32,
}

impl Nudge {
    /// No nudge at all: the energy is U alone.
    pub const FREE: Self = Self { s: 0.0, weight_target: 0.0, weight_attack: 0.0 };
}

/// P problems min_z U + Σ g_k·z_k + s/2 ‖z_L‖² − r·z_L on the same B samples: P·B rows, all samples
/// of the first problem first. Input and g are shared by the problems.
///
/// ```
/// use fenchel_core::{Nudge, Problem};
/// let nudges = [Nudge { s: 0.25, weight_target: 0.25, weight_attack: 0.0 }];
/// let problem = Problem::new(&[0.5, 1.0], &nudges, &[1.0, 0.0, 0.0]);
/// assert_eq!(problem.nudges().len(), 1);
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Problem<'a> {
    pub(crate) input: &'a [f32],
    pub(crate) nudges: &'a [Nudge],
    pub(crate) target: &'a [f32],
    attack: &'a [f32],
    pub(crate) perturbation: &'a [f32],
}

impl<'a> Problem<'a> {
    /// Creates the problems of `nudges`, one for each, on the `input` x, (B, n_0), with the `target` y, (B, n_L),
    /// without attack and perturbation. Sizes are checked where the problem is used.
    pub const fn new(input: &'a [f32], nudges: &'a [Nudge], target: &'a [f32]) -> Self {
        Self { input, nudges, target, attack: &[], perturbation: &[] }
    }

    /// Adds the attack's target y⁻, (B, n_L); needed where a nudge has a
    /// `weight_attack`. Empty for none.
    pub const fn with_attack(self, attack: &'a [f32]) -> Self {
        Self { attack, ..self }
    }

    /// Adds the perturbation g, over units with B rows; empty for g = 0.
    pub const fn with_perturbation(self, perturbation: &'a [f32]) -> Self {
        Self { perturbation, ..self }
    }

    /// Replaces the input x, (B, n_0).
    pub const fn with_input(self, input: &'a [f32]) -> Self {
        Self { input, ..self }
    }

    /// Replaces the nudges; the samples stay.
    pub const fn with_nudges(self, nudges: &'a [Nudge]) -> Self {
        Self { nudges, ..self }
    }

    /// Returns the input x, (B, n_0).
    pub const fn input(&self) -> &'a [f32] {
        self.input
    }

    /// Returns the nudges, one for each problem.
    pub const fn nudges(&self) -> &'a [Nudge] {
        self.nudges
    }

    /// Returns the target y, (B, n_L).
    pub const fn target(&self) -> &'a [f32] {
        self.target
    }

    /// Returns the attack's target y⁻, (B, n_L); without an attack it is the target, whose weights are then 0.
    pub const fn attack(&self) -> &'a [f32] {
        if self.attack.is_empty() { self.target } else { self.attack }
    }

    /// Returns the perturbation g, over units with B rows; empty for g = 0.
    pub const fn perturbation(&self) -> &'a [f32] {
        self.perturbation
    }

    /// Returns the number of samples B.
    pub fn samples(&self, graph: &Graph<'_>) -> usize {
        self.input.len() / graph.input_units().max(1)
    }

    /// Returns the number of rows P·B: problems times samples.
    pub fn rows(&self, graph: &Graph<'_>) -> usize {
        self.samples(graph) * self.nudges.len()
    }

    /// Check sizes, and that each output problem is bounded: γ_L + s > 0.
    pub(crate) fn check<W: Weights>(&self, network: &Network<'_, W>) -> Result<(), Error> {
        let samples = self.samples(network);
        if self.nudges.is_empty() {
            return Err(Error::TooSmall { what: Quantity::Problems, expected: 1, got: 0 });
        }
        same(Quantity::InputValues, samples * network.input_units(), self.input.len())?;
        same(Quantity::TargetValues, samples * network.output_units(), self.target.len())?;
        if !self.attack.is_empty() || self.nudges.iter().any(|nudge| nudge.weight_attack != 0.0) {
            same(Quantity::AttackValues, samples * network.output_units(), self.attack.len())?;
        }
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
        for (index, &Nudge { s, weight_target, weight_attack }) in self.nudges.iter().enumerate() {
            if !(s.is_finite() && weight_target.is_finite() && weight_attack.is_finite()) {
                return Err(Error::NotFinite { what: Quantity::Nudges, index });
            }
        }
        finite(Quantity::TargetValues, self.target)?;
        finite(Quantity::AttackValues, self.attack)?;
        finite(Quantity::PerturbationValues, self.perturbation)
    }

    /// g_k, (B, n_k), or nothing.
    pub(crate) fn perturbation_of(&self, graph: &Graph<'_>, k: usize) -> &[f32] {
        let samples = self.samples(graph);
        self.perturbation.get(graph.range(k, samples)).unwrap_or_default()
    }
}
