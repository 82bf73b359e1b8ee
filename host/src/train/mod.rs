//! Training: mini-batches, an optimiser, the best model by validation.

mod batch;
mod checkpoint;
mod export;
mod learner;
mod memory;
mod mend;
mod objectives;
mod observe;
mod order;
mod recipe;
mod refit;
mod run;
mod settings;
mod trainer;

use anyhow::Result;
use serde::{Deserialize, Deserializer, Serialize};

use crate::Parameters;
use crate::data::Dataset;
use crate::error::require;
use crate::task::Task;
use batch::Streams;
pub use checkpoint::Checkpoint;
pub use export::{export_best, export_run, training};
use learner::Learner;
pub use objectives::{OBJECTIVES, ObjectiveName, ObjectiveRow};
pub use observe::{COSINE_EVERY, Observed};
pub use recipe::Chosen;
pub use run::{Record, Resumed, Run, epochs};
pub use settings::{
    AttackName, AttackSettings, ClassWeights, DataSettings, Distance, NetworkSettings, ObjectiveSettings,
    OptimiserSettings, PerturbedBlocks, PerturbedPer, PotentialName, RelaxationSettings, Settings,
};
pub use trainer::{Step, Trainer};

/// The results of one epoch.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Epoch {
    /// Number of the epoch from 1; pretraining has its own numbers.
    pub epoch: u32,
    /// Whether it was an epoch of pretraining.
    pub pretraining: bool,
    /// Share of right labels on the validation split; R² for regression and reconstruction.
    #[serde(deserialize_with = "number")]
    pub validation_accuracy: f64,
    /// Mean ½‖z_L − y‖² on the validation split.
    #[serde(deserialize_with = "number")]
    pub validation_loss: f64,
    /// Mean over classes of the share of right labels on the validation split; `None` without classes.
    #[serde(default)]
    pub balanced_accuracy: Option<f64>,
    /// Number of samples that were dropped because their relaxation diverged.
    pub unbounded: usize,
    /// For an objective with a problem of s < 0, how safe it was after the epoch.
    pub safety: Option<Safety>,
    /// Seconds since training began.
    pub seconds: f64,
}

impl Epoch {
    /// Returns the better of two epochs: by validation accuracy, then the lower loss, then the earlier one.
    pub fn better(self, other: Self) -> Self {
        let merit = |epoch: &Self| (epoch.validation_accuracy, -epoch.validation_loss);
        if merit(&other) > merit(&self) { other } else { self }
    }
}

/// A line of a run's log.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Logged {
    /// Measurements of how training goes.
    #[serde(flatten)]
    pub observed: Observed,
    /// Results of the epoch.
    #[serde(flatten)]
    pub epoch: Epoch,
}

impl Logged {
    /// Reads what was written as one JSON object. Its two parts are read separately, because serde's
    /// flattening reads no numbers if another crate enables serde_json's `arbitrary_precision`.
    ///
    /// # Errors
    /// Fails if it is no such object.
    pub fn parse(line: &str) -> serde_json::Result<Self> {
        Ok(Self { observed: serde_json::from_str(line)?, epoch: serde_json::from_str(line)? })
    }
}

/// How many training samples exceed the local bound on −s after an epoch.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Safety {
    /// Number of samples that were checked, from the first on.
    pub samples: usize,
    /// Number of these whose problem has no minimum near the forward pass.
    pub beyond: usize,
    /// The smallest bound on −s of a sample.
    #[serde(deserialize_with = "number")]
    pub smallest_bound: f64,
    /// Strength −s of the nudge.
    pub strength: f64,
}

/// Reads a number from JSON, in which values that aren't finite are written as null.
pub(crate) fn number<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<f64, D::Error> {
    if deserializer.is_human_readable() {
        Ok(Option::deserialize(deserializer)?.unwrap_or(f64::NAN))
    } else {
        f64::deserialize(deserializer)
    }
}

/// The results of a training.
#[derive(Clone, Debug)]
pub struct Trained {
    /// Parameters of the epoch with the best validation accuracy; of equal ones, that with the lowest loss.
    /// Pretraining doesn't count.
    pub parameters: Parameters,
    /// If `parameters` are instead those of a fit to training and validation samples together, the epochs that its
    /// steps are on the training samples alone.
    pub refit: Option<u32>,
    /// The best epoch, before such a fit.
    pub best: Epoch,
    /// Parameters after the last epoch.
    pub last_parameters: Parameters,
    /// Results of the last epoch.
    pub last: Epoch,
}

/// Trains on `data`, and calls `watch` with every epoch as it ends.
///
/// # Errors
/// Returns [`crate::BadInput`] or [`fenchel_core::Error`] for settings that don't fit, and what `watch`
/// returns.
pub fn train(
    settings: &Settings,
    data: &Dataset,
    watch: &mut dyn FnMut(&Epoch) -> Result<()>,
) -> Result<Trained> {
    Trainer::new(settings, data)?.train(watch)
}

/// Returns the mean gradient by `settings` of the batch with this `number`, in the order in which training
/// draws its samples, flat as [`Parameters::tensors_mut`]. Other draws, such as the attack's labels, depend
/// only on the seed and on `number`.
///
/// # Errors
/// Fails if there is no such batch, or the settings don't fit.
pub fn batch_gradient(
    settings: &Settings,
    parameters: &Parameters,
    data: &Dataset,
    number: usize,
) -> Result<Vec<f32>> {
    settings.check(data)?;
    let samples = Streams::new(settings.seed).samples(settings, data)?;
    let first = number * settings.optimiser.batch;
    let last = samples.len().min(first + settings.optimiser.batch);
    require!(
        first < last,
        "batch",
        format!("below {}", samples.len().div_ceil(settings.optimiser.batch)),
        number
    );
    let mut streams = Streams::new(settings.seed + number as u64);
    let task = Task::new(settings.task, data);
    let mut learner = Learner::new(settings.clone(), task, parameters.clone());
    let indices: Vec<_> = (first..last).collect();
    learner.gradient(&samples, &indices, data, &mut streams)?;
    Ok(learner.gradient.tensors().flatten().copied().collect())
}
