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
    /// Samples a step; default 50, as in the paper.
    pub batch: usize,
    /// Passes over the samples by plain back-propagation before the objective's; default 0.
    pub pretrain: u32,
    /// Passes over the samples; default 100.
    pub epochs: u32,
    /// Share of the learning rate that is left at the last step, to which it falls linearly, in \[0, 1\]; default
    /// 1, or 0.02 for a table of one's own.
    pub final_rate: f32,
    /// Epochs without a better one on validation after which training ends; default none, all epochs.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub patience: Option<u32>,
    /// Whether the model is fitted once more, to training and validation samples together, for as many steps, or where
    /// outputs are values or there is `patience` for as many as the best epoch had;
    /// default no, or yes for a table of one's own with at most 10,000 training samples.
    pub refit: bool,
    /// What a sample of a rare class counts; default as much as any other.
    pub class_weights: ClassWeights,
    /// Weights are clipped to ± this/√fan-in after each step; default no clip.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub weight_clip: Option<f32>,
}

impl OptimiserSettings {
    /// Refuse values out of range.
    pub(super) fn check(&self) -> Result<()> {
        /// A log of so many lines has gigabytes.
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

/// What a sample of a rare class counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClassWeights {
    /// As much as any other
    #[default]
    None,
    /// So much that all classes count the same: an epoch takes each class equally often
    Balanced,
}
