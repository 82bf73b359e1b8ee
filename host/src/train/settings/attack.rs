//! The group `attack`: disturbances of the network during training.

use anyhow::Result;
use clap::ValueEnum;
use fenchel_core::{Attack, InputBlock, Perturbation};
use serde::{Deserialize, Serialize};

use crate::error::require;
use crate::spelling;

/// Disturbances of the network during training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct AttackSettings {
    /// Loss ℓ⁻ of the attack; default towards a random wrong label.
    pub loss: AttackName,
    /// Noise g in the energy; default gaussian:0.0625 for the ^g objectives, none for others.
    #[serde(with = "spelling::text")]
    pub perturbation: Perturbation,
    /// Blocks that g acts on; default all.
    pub perturbed_blocks: PerturbedBlocks,
    /// Whether each sample or each batch has its own g; default each sample.
    pub perturbed_per: PerturbedPer,
    /// How far an attack may move the input, in units of the scaled input; default none, except for
    /// `backprop-fgsm`.
    #[serde(with = "spelling::text")]
    pub input_block: InputBlock,
    /// Standard deviation of Gaussian noise on the inputs, which are then clipped to \[0, 1\]; default 0.
    pub input_noise: f32,
    /// Standard deviation of Gaussian noise on hidden pre-activations, for back-propagation only; default
    /// 0.25 for `backprop-noise`, 0 for others.
    pub hidden_noise: f32,
}

impl AttackSettings {
    /// Refuses values that are out of range.
    pub(super) fn check(&self) -> Result<()> {
        for (place, value) in [("`input_noise`", self.input_noise), ("`hidden_noise`", self.hidden_noise)] {
            require!((0.0..=1e6).contains(&value), place, "0 to 1e6", value);
        }
        Ok(())
    }
}

/// The loss ℓ⁻ of an attack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AttackName {
    /// Towards a random wrong label, drawn for each sample and batch
    RandomLabel,
    /// Towards the wrong label with the largest output
    RunnerUp,
    /// Away from the right label: ℓ⁻ = −ℓ
    Untargeted,
    /// No attack: ℓ⁻ = 0
    None,
}

impl AttackName {
    /// Returns core's name of the loss.
    pub fn loss(self) -> Attack {
        match self {
            Self::RandomLabel | Self::RunnerUp => Attack::Targeted,
            Self::Untargeted => Attack::Untargeted,
            Self::None => Attack::None,
        }
    }
}

/// The blocks on which g acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PerturbedBlocks {
    /// Hidden blocks and output
    All,
    /// Hidden blocks
    Hidden,
}

/// The scope of one draw of g.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PerturbedPer {
    /// Each sample has its own g
    Sample,
    /// All samples of a batch share one g
    Batch,
}
