//! Training: mini-batches, Adam, the best model by validation.

mod batch;
mod learner;
mod objectives;
mod settings;

use std::time::Instant;

use anyhow::Result;
use serde::Serialize;

use crate::Parameters;
use crate::data::{Dataset, Split};
use crate::evaluate::{outputs, score};
use batch::Streams;
use learner::Learner;
pub use objectives::{
    AttackName, Distance, OBJECTIVES, ObjectiveName, ObjectiveRow, PerturbedBlocks, PerturbedPer,
    PotentialName,
};
pub use settings::Settings;

/// What one epoch came to.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Epoch {
    /// From 1; pretraining counts for itself.
    pub epoch: u32,
    /// Whether it was one of pretraining.
    pub pretraining: bool,
    /// Share of right labels on the validation split.
    pub validation_accuracy: f64,
    /// Mean ½‖z_L − y‖² on the validation split.
    pub validation_loss: f64,
    /// Samples dropped because their relaxation left the finite numbers.
    pub unbounded: usize,
    /// Seconds since training began.
    pub seconds: f64,
}

/// The best parameters and when they were.
#[derive(Clone, Debug)]
pub struct Trained {
    /// Of the epoch with the best validation accuracy; of equals, the one with the lowest loss.
    /// Pretraining doesn't count.
    pub parameters: Parameters,
    /// That epoch.
    pub best: Epoch,
}

/// Train on `data`; `watch` sees every epoch as it ends.
///
/// # Errors
/// [`crate::BadInput`] or [`fenchel_core::Error`] for settings that don't fit, or what `watch` returns.
pub fn train(
    settings: &Settings,
    data: &Dataset,
    watch: &mut dyn FnMut(&Epoch) -> Result<()>,
) -> Result<Trained> {
    settings.check(data)?;
    let mut streams = Streams::new(settings.seed);
    let train = match settings.samples {
        Some(count) => data.train.subset(data.features, count, &mut streams.subset)?,
        None => data.train.clone(),
    };
    let start = Instant::now();
    let mut parameters = Parameters::new(&settings.architecture(data)?, &mut streams.initial);
    let mut best: Option<Trained> = None;
    let pretraining = Settings { epochs: settings.pretrain, ..settings.pretraining() };
    for (settings, pretraining) in [(&pretraining, true), (settings, false)] {
        let mut learner = Learner::new(settings, parameters);
        for epoch in 1..=settings.epochs {
            let unbounded = learner.epoch(&train, data, &mut streams)?;
            let (validation_accuracy, validation_loss) =
                validate(&learner.parameters, &data.validation, data)?;
            let seconds = start.elapsed().as_secs_f64();
            let report =
                Epoch { epoch, pretraining, validation_accuracy, validation_loss, unbounded, seconds };
            watch(&report)?;
            let merit = |epoch: &Epoch| (epoch.validation_accuracy, -epoch.validation_loss);
            if !pretraining && best.as_ref().is_none_or(|best| merit(&report) > merit(&best.best)) {
                best = Some(Trained { parameters: learner.parameters.clone(), best: report });
            }
        }
        parameters = learner.parameters;
    }
    Ok(best.expect("settings.check refuses 0 epochs, and so there is a first one"))
}

fn validate(parameters: &Parameters, split: &Split, data: &Dataset) -> Result<(f64, f64)> {
    Ok(score(&outputs(&parameters.network(), split, data.scaling)?, &split.labels))
}
