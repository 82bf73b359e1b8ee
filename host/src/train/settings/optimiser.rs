//! The group `optimiser`: how the steps are taken, and how many.

use anyhow::Result;
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
    /// Weights are clipped to ± this/√fan-in after each step; default no clip.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub weight_clip: Option<f32>,
}

impl OptimiserSettings {
    /// Refuse values out of range.
    pub(super) fn check(&self) -> Result<()> {
        require!(self.epochs > 0, "`epochs`", "at least 1", 0);
        require!(self.batch > 0, "`batch`", "at least 1", 0);
        let rate = self.learning_rate;
        require!(rate > 0.0 && rate.is_finite(), "`learning_rate`", "a finite number above 0", rate);
        let clip = self.weight_clip.unwrap_or(1.0);
        require!(clip > 0.0 && clip.is_finite(), "`weight_clip`", "a finite number above 0", clip);
        Ok(())
    }
}
