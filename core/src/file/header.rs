//! What a model file says about its network: everything but blocks, connections and parameters.

use crate::{Attack, Contrast, Names, Objective, Perturbation, Scaling, Task};

/// The header of a model file; docs/format.md shows it byte by byte.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Header<'a> {
    /// How the network was trained.
    pub training: Training,
    /// The data that it was trained on.
    pub data: TrainingData<'a>,
    /// What the outputs mean.
    pub task: Task<'a>,
    /// What the input is: names, scaling and range.
    pub input: Input<'a>,
}

/// How a model was trained.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Training {
    /// The objective that was minimised.
    pub objective: Objective,
    /// The loss ℓ⁻ of the attack.
    pub attack: Attack,
    /// The weight α of the loss against the attack, in (0, 1].
    pub alpha: f32,
    /// The strength β of the nudge, above 0.
    pub beta: f32,
    /// The distribution of the perturbation g.
    pub perturbation: Perturbation,
    /// The seed of the subset, the initialisation and every random draw.
    pub seed: u64,
    /// The epoch after which the weights were kept, from 1.
    pub epoch: u32,
}

impl Training {
    /// Returns the two inference problems that demonstrate this model: those that trained it, or for
    /// back-propagation, which has none, AROVR_αβ's at the paper's α = 0.49, β = 1/4.
    pub fn contrast(&self) -> Option<Contrast> {
        let own = self.objective.contrast(self.attack, self.alpha, self.beta);
        own.or(Objective::ArovrAb.contrast(Attack::Targeted, 0.49, 0.25))
    }
}

/// The data that a model was trained on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrainingData<'a> {
    /// The name of the data set, without folders.
    pub name: &'a str,
    /// The number of training samples; 0 if unknown.
    pub samples: u32,
    /// The SHA-256 of the samples in canonical form, if it is known.
    pub sha256: Option<&'a [u8; 32]>,
}

/// The input of a network. Its shape is that of block 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Input<'a> {
    /// The names of the input's channels, one for each, if they are known.
    pub names: Option<Names<'a>>,
    /// The scaling from raw values: one pair for all values, one for each channel, or one for each feature.
    pub scaling: Scaling<'a>,
    /// The range of the training data, if it is known.
    pub bounds: Option<Bounds<'a>>,
}

/// The smallest and largest scaled inputs of the training data, as many as the scaling has factors.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds<'a> {
    /// The smallest values.
    pub low: &'a [f32],
    /// The largest values, none below its smallest.
    pub high: &'a [f32],
}

impl Bounds<'static> {
    /// The bounds of inputs within \[0, 1\], such as pixels.
    pub const UNIT: Self = Self { low: &[0.0], high: &[1.0] };
}
