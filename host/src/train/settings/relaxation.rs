//! The group `relaxation`: how the inference problems of a batch are solved.

use anyhow::Result;
use fenchel_core::Schedule;
use serde::{Deserialize, Serialize};

use crate::error::require;
use crate::spelling;

/// How the inference problems of a batch are solved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RelaxationSettings {
    /// Schedule, the order of updates; default forward–backward.
    #[serde(with = "spelling::text")]
    pub schedule: Schedule,
    /// Maximum number of sweeps of a relaxation; default 2, since an odd number has a systematic error.
    pub sweeps: u32,
    /// Change of every activity at or below which a relaxation ends; default 0, which takes all sweeps.
    pub tolerance: f32,
}

impl RelaxationSettings {
    /// Returns the settings as core takes them.
    pub fn settings(&self) -> fenchel_core::Settings {
        let Self { schedule, sweeps, tolerance } = *self;
        fenchel_core::Settings { schedule, sweeps, tolerance }
    }

    /// Refuses values that are out of range.
    pub(super) fn check(&self) -> Result<()> {
        /// Most sweeps, since Ctrl-C takes effect only between batches.
        const MOST: u32 = 1_000_000;
        require!((1..=MOST).contains(&self.sweeps), "`sweeps`", format!("1 to {MOST}"), self.sweeps);
        let tolerance = self.tolerance;
        let fits = tolerance >= 0.0 && tolerance.is_finite();
        require!(fits, "`tolerance`", "a finite number of at least 0", tolerance);
        Ok(())
    }
}
