//! The group `objective`: what training minimises.

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::error::require;
use crate::train::ObjectiveName;

/// What training minimises.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ObjectiveSettings {
    /// Name of the objective; default `arovr-g`.
    pub name: ObjectiveName,
    /// α, the weight of the loss against the attack, in (0, 1]; default 0.49, as in the paper.
    pub alpha: f32,
    /// β, the strength of the nudge, above 0; default 1/4, as in the paper.
    pub beta: f32,
}

impl ObjectiveSettings {
    /// Refuse values out of range.
    pub(super) fn check(&self) -> Result<()> {
        require!(self.alpha > 0.0 && self.alpha <= 1.0, "`alpha`", "above 0, at most 1", self.alpha);
        require!(self.beta > 0.0 && self.beta.is_finite(), "`beta`", "a finite number above 0", self.beta);
        Ok(())
    }
}
