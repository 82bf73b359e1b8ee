//! The group `objective`: the objective that training minimises.

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::error::require;
use crate::train::ObjectiveName;

/// The objective that training minimises.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ObjectiveSettings {
    /// Name of the objective; default `arovr-g`.
    pub name: ObjectiveName,
    /// Weight α of the loss against the attack, 1e-6 to 1; default 0.49, as in the paper.
    pub alpha: f32,
    /// Strength β of the nudge, 1e-6 to 1e6; default 1/4, as in the paper.
    pub beta: f32,
}

impl ObjectiveSettings {
    /// Refuses values that are out of range.
    pub(super) fn check(&self) -> Result<()> {
        // Beyond, the gradient's division by β·α loses all digits, or γ is lost beside β.
        let alpha = self.alpha;
        require!((1e-6..=1.0).contains(&alpha), "`alpha`", "above 0 (from 1e-6 on), at most 1", alpha);
        require!((1e-6..=1e6).contains(&self.beta), "`beta`", "1e-6 to 1e6", self.beta);
        Ok(())
    }
}
