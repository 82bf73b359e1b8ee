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
    let mut trainer = Trainer::new(settings, data)?;
    let mut best: Option<Trained> = None;
    let start = Instant::now();
    for (epochs, pretraining) in [(settings.pretrain, true), (settings.epochs, false)] {
        if !pretraining {
            trainer.end_pretraining();
        }
        for epoch in 1..=epochs {
            let unbounded = trainer.epoch()?;
            let (validation_accuracy, validation_loss) =
                validate(trainer.parameters(), &data.validation, data)?;
            let seconds = start.elapsed().as_secs_f64();
            let report =
                Epoch { epoch, pretraining, validation_accuracy, validation_loss, unbounded, seconds };
            watch(&report)?;
            let merit = |epoch: &Epoch| (epoch.validation_accuracy, -epoch.validation_loss);
            if !pretraining && best.as_ref().is_none_or(|best| merit(&report) > merit(&best.best)) {
                best = Some(Trained { parameters: trainer.parameters().clone(), best: report });
            }
        }
    }
    Ok(best.expect("settings.check refuses 0 epochs, and so there is a first one"))
}

/// A network in training, epoch by epoch.
pub struct Trainer<'a> {
    data: &'a Dataset,
    settings: Settings,
    samples: Split,
    streams: Streams,
    learner: Learner,
}

impl<'a> Trainer<'a> {
    /// Draw the subset and the initial weights; pretraining comes first if the settings have it.
    ///
    /// # Errors
    /// [`crate::BadInput`] or [`fenchel_core::Error`] for settings that don't fit.
    pub fn new(settings: &Settings, data: &'a Dataset) -> Result<Self> {
        settings.check(data)?;
        let mut streams = Streams::new(settings.seed);
        let samples = match settings.samples {
            Some(count) => data.train.subset(data.features, count, &mut streams.subset)?,
            None => data.train.clone(),
        };
        let parameters = Parameters::new(&settings.architecture(data)?, &mut streams.initial);
        let first = if settings.pretrain > 0 { settings.pretraining() } else { settings.clone() };
        let learner = Learner::new(first, parameters);
        Ok(Self { data, settings: settings.clone(), samples, streams, learner })
    }

    /// One pass over the samples in random order; the number of samples dropped from a gradient,
    /// their relaxation having left the finite numbers.
    ///
    /// # Errors
    /// None that the settings' check leaves open.
    pub fn epoch(&mut self) -> Result<usize> {
        self.learner.epoch(&self.samples, self.data, &mut self.streams)
    }

    /// From plain back-propagation to the objective, with a fresh optimiser.
    pub fn end_pretraining(&mut self) {
        if self.settings.pretrain > 0 {
            self.learner = Learner::new(self.settings.clone(), self.learner.parameters.clone());
        }
    }

    /// As they are now.
    pub fn parameters(&self) -> &Parameters {
        &self.learner.parameters
    }
}

fn validate(parameters: &Parameters, split: &Split, data: &Dataset) -> Result<(f64, f64)> {
    Ok(score(&outputs(&parameters.network(), split, data.scaling)?, &split.labels))
}
