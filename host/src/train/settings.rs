//! The settings of a training run.

use anyhow::Result;
use fenchel_core::{Objective, Perturbation, Schedule};
use serde::{Serialize, Serializer};

use crate::data::Dataset;
use crate::error::require;

/// An objective as the command line names it. A new one is a variant and a row in [`OBJECTIVES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum ObjectiveName {
    /// Back-propagation, the baseline
    Backprop,
    /// AROVR_β: robust to the loss's own attack
    Arovr,
    /// AROVR_αβ: robust to a targeted attack on every activity
    ArovrAb,
    /// AROVR^g_αβ: as arovr-ab, with noise g in the energy as well
    ArovrG,
    /// ROVR_β: nudged towards the target
    Rovr,
    /// ROVR_αβ: as rovr, under a targeted attack
    RovrAb,
    /// ROVR^g_αβ: as rovr-ab, with noise g in the energy as well
    RovrG,
}

/// Name, definition, and whether noise g belongs to it.
pub const OBJECTIVES: &[(ObjectiveName, Objective, bool)] = &[
    (ObjectiveName::Backprop, Objective::Backprop, false),
    (ObjectiveName::Arovr, Objective::Arovr, false),
    (ObjectiveName::ArovrAb, Objective::ArovrAb, false),
    (ObjectiveName::ArovrG, Objective::ArovrAb, true),
    (ObjectiveName::Rovr, Objective::Rovr, false),
    (ObjectiveName::RovrAb, Objective::RovrAb, false),
    (ObjectiveName::RovrG, Objective::RovrAb, true),
];

impl ObjectiveName {
    fn row(self) -> (Objective, bool) {
        let row = OBJECTIVES.iter().find(|row| row.0 == self).expect("every name has a row");
        (row.1, row.2)
    }

    /// Its definition.
    pub fn objective(self) -> Objective {
        self.row().0
    }

    /// The perturbation that belongs to it: N(0, 1/16²) or none.
    pub fn perturbation(self) -> Perturbation {
        if self.row().1 { Perturbation::Gaussian { std: 1.0 / 16.0 } } else { Perturbation::None }
    }
}

/// Everything that determines a run's result.
#[derive(Clone, Debug, Serialize)]
pub struct Settings {
    /// Name or path.
    pub data: String,
    /// Size of the random subset to train on; all if none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub samples: Option<usize>,
    /// Units of each hidden block.
    pub layers: Vec<usize>,
    /// What is minimised.
    pub objective: ObjectiveName,
    /// Weight of the loss against the attack, in (0, 1]; 0.49 in the paper.
    pub alpha: f32,
    /// Strength of the nudge, above 0; 1/4 in the paper.
    pub beta: f32,
    /// g.
    #[serde(serialize_with = "serialize_perturbation")]
    pub perturbation: Perturbation,
    /// Passes over the samples.
    pub epochs: u32,
    /// Samples a step.
    pub batch: usize,
    /// Adam's learning rate.
    pub rate: f32,
    /// Of subset, initialisation, order and every draw.
    pub seed: u64,
    /// Order of updates.
    #[serde(serialize_with = "serialize_schedule")]
    pub schedule: Schedule,
    /// Sweeps a relaxation.
    pub sweeps: u32,
}

fn serialize_perturbation<S: Serializer>(
    perturbation: &Perturbation,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&crate::spelling::perturbation(*perturbation))
}

fn serialize_schedule<S: Serializer>(schedule: &Schedule, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(crate::spelling::schedule(*schedule))
}

impl Settings {
    /// How each batch is relaxed.
    pub fn relaxation(&self) -> fenchel_core::Settings {
        fenchel_core::Settings { schedule: self.schedule, sweeps: self.sweeps, tolerance: 0.0 }
    }

    /// Refuse what can't be trained, before anything is written.
    pub fn check(&self, data: &Dataset) -> Result<()> {
        require!(self.epochs > 0, "--epochs", "at least 1", 0);
        require!(self.batch > 0, "--batch", "at least 1", 0);
        require!(self.sweeps > 0, "--sweeps", "at least 1", 0);
        require!(self.alpha > 0.0 && self.alpha <= 1.0, "--alpha", "above 0, at most 1", self.alpha);
        require!(self.beta > 0.0 && self.beta.is_finite(), "--beta", "a finite number above 0", self.beta);
        require!(self.rate > 0.0 && self.rate.is_finite(), "--rate", "a finite number above 0", self.rate);
        let fits = |units: &usize| (1..=8192).contains(units);
        let layers = format!("{:?}", self.layers);
        require!(self.layers.iter().all(fits), "--layers", "1 to 8192 units a block", layers);
        require!(self.layers.len() <= 14, "--layers", "at most 14 hidden blocks", self.layers.len());
        require!(data.features <= 8192, "--data", "at most 8192 values a sample", data.features);
        if let Some(count) = self.samples {
            let most = data.train.len();
            require!((1..=most).contains(&count), "--samples", format!("1 to {most}"), count);
        }
        if let Some(contrast) =
            self.objective.objective().contrast(fenchel_core::Attack::Targeted, self.alpha, self.beta)
        {
            for nudge in contrast.nudges {
                // γ_L = 1: the output's problem must have a minimum (eq. 18).
                if 1.0 + nudge.s <= 0.0 {
                    return Err(fenchel_core::Error::Unbounded { gamma: 1.0, s: nudge.s }.into());
                }
            }
        }
        Ok(())
    }
}
