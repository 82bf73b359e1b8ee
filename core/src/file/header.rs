//! What a model file says about its network: everything but blocks, connections and parameters.

use crate::{Attack, Contrast, Names, Objective, Perturbation, Scaling, Task};

/// The header of a model file; docs/format.md shows it byte by byte.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Header<'a> {
    /// How the network was trained.
    pub training: Training,
    /// On what.
    pub data: TrainingData<'a>,
    /// What its outputs mean.
    pub task: Task<'a>,
    /// What its input is.
    pub input: Input<'a>,
}

/// How a model was trained.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Training {
    /// What was minimised.
    pub objective: Objective,
    /// The attack's loss.
    pub attack: Attack,
    /// Weight of the loss against the attack.
    pub alpha: f32,
    /// Strength of the nudge.
    pub beta: f32,
    /// g.
    pub perturbation: Perturbation,
    /// Seed of subset, initialisation and every draw.
    pub seed: u64,
    /// Epoch of these weights, from 1.
    pub epoch: u32,
}

impl Training {
    /// The inference problems to show this model with: those that trained it, or for
    /// back-propagation, which has none, AROVR_αβ's at the paper's α = 0.49, β = 1/4.
    pub fn contrast(&self) -> Option<Contrast> {
        let own = self.objective.contrast(self.attack, self.alpha, self.beta);
        own.or(Objective::ArovrAb.contrast(Attack::Targeted, 0.49, 0.25))
    }
}

/// Which data a model was trained on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrainingData<'a> {
    /// Its name, without folders.
    pub name: &'a str,
    /// Number of training samples; 0 if unknown.
    pub samples: u32,
    /// SHA-256 of the samples in canonical form, if they are known.
    pub sha256: Option<&'a [u8; 32]>,
}

/// What a network takes. Its shape is that of block 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Input<'a> {
    /// One a channel of the input, or none.
    pub names: Option<Names<'a>>,
    /// From raw values: one pair for all, one a channel, or one a feature.
    pub scaling: Scaling<'a>,
    /// Range of the training data, if it is known.
    pub bounds: Option<Bounds<'a>>,
}

/// Smallest and largest scaled input of the training data: as many as the scaling has factors.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds<'a> {
    /// Smallest values.
    pub low: &'a [f32],
    /// Largest values, not below.
    pub high: &'a [f32],
}

impl Bounds<'static> {
    /// Every value within \[0, 1\], as pixels are.
    pub const UNIT: Self = Self { low: &[0.0], high: &[1.0] };
}
