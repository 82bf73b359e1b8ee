//! The group `optimiser`: how the steps are taken, and how many.

use anyhow::Result;
use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::OptimiserName;
use crate::error::require;

/// How the steps are taken, and how many.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct OptimiserSettings {
    /// The optimiser; default Adam.
    pub method: OptimiserName,
    /// Learning rate, above 0; default 0.001.
    pub learning_rate: f32,
    /// Samples in each step; default 50, as in the paper.
    pub batch: usize,
    /// Number of passes by plain back-propagation before the objective's; default 0.
    pub pretrain: u32,
    /// Number of passes over the samples; default 100.
    pub epochs: u32,
    /// Share of the learning rate at the last step, to which it falls linearly, in \[0, 1\]; default 1, or
    /// 0.02 for a CSV or NPZ file.
    pub final_rate: f32,
    /// Number of epochs without a better validation accuracy after which training ends; default none, which
    /// trains all epochs.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub patience: Option<u32>,
    /// Whether the model is trained once more, on training and validation samples together, for as many
    /// steps; default no, or yes for a CSV or NPZ file of at most 10,000 training samples.
    pub refit: bool,
    /// Weight of the samples of rare classes; default the same as any other.
    pub class_weights: ClassWeights,
    /// Weights are clipped to ± this/√fan-in after each step; default no clip.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub weight_clip: Option<f32>,
}

impl OptimiserSettings {
    /// Refuses values that are out of range.
    pub(super) fn check(&self) -> Result<()> {
        /// Most epochs; a log of so many lines has gigabytes.
        const MOST: u32 = 10_000_000;
        require!((1..=MOST).contains(&self.epochs), "`epochs`", format!("1 to {MOST}"), self.epochs);
        require!(self.pretrain <= MOST, "`pretrain`", format!("at most {MOST}"), self.pretrain);
        require!(self.batch > 0, "`batch`", "at least 1", 0);
        let rate = self.learning_rate;
        let fits = rate >= 1e-12 && rate.is_finite();
        require!(fits, "`learning_rate`", "a finite number above 0 (from 1e-12 on)", rate);
        let share = self.final_rate;
        require!((0.0..=1.0).contains(&share), "`final_rate`", "a share from 0 to 1", share);
        require!(self.patience != Some(0), "`patience`", "at least 1", 0);
        let clip = self.weight_clip.unwrap_or(1.0);
        require!((1e-6..=1e6).contains(&clip), "`weight_clip`", "1e-6 to 1e6", clip);
        Ok(())
    }
}

/// Weight of the samples of rare classes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClassWeights {
    /// Every sample has the same weight
    #[default]
    None,
    /// Every class has the same weight: an epoch takes each class equally often
    Balanced,
}
