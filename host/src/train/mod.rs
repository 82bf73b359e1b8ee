//! Training: mini-batches, Adam, the best model by validation.

mod batch;
mod learner;
mod objectives;
mod settings;

use std::time::Instant;

use anyhow::Result;
use fenchel_core::Nudge;
use serde::Serialize;

use crate::Parameters;
use crate::data::{Dataset, Split};
use crate::error::require;
use crate::evaluate::{outputs, score};
use crate::robustness::Samples;
use crate::safety::local_bounds;
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
    /// For an objective with a problem of s < 0, how safe it was afterwards.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub safety: Option<Safety>,
    /// Seconds since training began.
    pub seconds: f64,
}

/// How many training samples were beyond the local bound on −s, after an epoch.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Safety {
    /// Samples looked at: the first ones.
    pub samples: usize,
    /// Those whose problem has no minimum near the forward pass.
    pub beyond: usize,
    /// The smallest bound on −s of a sample.
    pub smallest_bound: f64,
    /// −s.
    pub strength: f64,
}

/// What came of a training.
#[derive(Clone, Debug)]
pub struct Trained {
    /// Of the epoch with the best validation accuracy; of equals, the one with the lowest loss.
    /// Pretraining doesn't count.
    pub parameters: Parameters,
    /// That epoch.
    pub best: Epoch,
    /// After the last epoch.
    pub last_parameters: Parameters,
    /// The last epoch.
    pub last: Epoch,
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
    Trainer::new(settings, data)?.train(watch)
}

/// A network in training, epoch by epoch.
#[derive(Clone)]
pub struct Trainer<'a> {
    data: &'a Dataset,
    settings: Settings,
    samples: Split,
    streams: Streams,
    learner: Learner,
    /// Epochs of pretraining still to come.
    pretrain: u32,
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
        let pretrain = settings.pretrain;
        let first = if pretrain > 0 { settings.pretraining() } else { settings.clone() };
        let learner = Learner::new(first, parameters);
        Ok(Self { data, settings: settings.clone(), samples, streams, learner, pretrain })
    }

    /// All epochs still to come; `watch` sees each as it ends.
    ///
    /// # Errors
    /// What `watch` returns.
    pub fn train(mut self, watch: &mut dyn FnMut(&Epoch) -> Result<()>) -> Result<Trained> {
        let start = Instant::now();
        let mut best: Option<(Parameters, Epoch)> = None;
        let mut last = None;
        for (epochs, pretraining) in [(self.pretrain, true), (self.settings.epochs, false)] {
            for epoch in 1..=epochs {
                let unbounded = self.epoch()?;
                let (validation_accuracy, validation_loss) =
                    validate(self.parameters(), &self.data.validation, self.data)?;
                let seconds = start.elapsed().as_secs_f64();
                let safety = if pretraining { None } else { self.safety()? };
                let report = Epoch {
                    epoch,
                    pretraining,
                    validation_accuracy,
                    validation_loss,
                    unbounded,
                    safety,
                    seconds,
                };
                watch(&report)?;
                let merit = |epoch: &Epoch| (epoch.validation_accuracy, -epoch.validation_loss);
                if !pretraining && best.as_ref().is_none_or(|best| merit(&report) > merit(&best.1)) {
                    best = Some((self.parameters().clone(), report));
                }
                last = Some(report);
            }
        }
        let (parameters, best) = best.expect("settings.check refuses 0 epochs, and so there is a first one");
        let last = last.unwrap_or(best);
        Ok(Trained { parameters, best, last_parameters: self.learner.parameters, last })
    }

    /// One pass over the samples in random order; the number of samples dropped from a gradient,
    /// their relaxation having left the finite numbers.
    ///
    /// # Errors
    /// None that the settings' check leaves open.
    pub fn epoch(&mut self) -> Result<usize> {
        let dropped = self.learner.epoch(&self.samples, self.data, &mut self.streams)?;
        if self.pretrain > 0 {
            self.pretrain -= 1;
            if self.pretrain == 0 {
                self.learner = Learner::new(self.settings.clone(), self.learner.parameters.clone());
            }
        }
        Ok(dropped)
    }

    /// Whether the objective's problems still have minima, on the first training samples; none if
    /// it has no problem that could lack one.
    fn safety(&self) -> Result<Option<Safety>> {
        /// Enough to see a few in a hundred, at a few hundredths of an epoch's cost.
        const SAMPLES: usize = 200;
        let nudges = self.settings.contrast().map(|contrast| contrast.nudges).unwrap_or([Nudge::FREE; 2]);
        let strength = nudges.map(|nudge| f64::from(-nudge.s)).into_iter().fold(0.0, f64::max);
        if strength == 0.0 {
            return Ok(None);
        }
        let samples = Samples::new(&self.samples, self.data.features, self.data.scaling, SAMPLES);
        let bounds = local_bounds(&self.parameters().network(), &samples.input)?;
        Ok(Some(Safety {
            samples: bounds.len(),
            beyond: bounds.iter().filter(|&&bound| bound <= strength).count(),
            smallest_bound: bounds.iter().copied().fold(f64::INFINITY, f64::min),
            strength,
        }))
    }

    /// All epochs of pretraining, without validation.
    ///
    /// # Errors
    /// As [`epoch`](Self::epoch).
    pub fn pretrain(&mut self) -> Result<()> {
        while self.pretrain > 0 {
            self.epoch()?;
        }
        Ok(())
    }

    /// A copy that goes on with other settings from here, with a fresh optimiser. They must differ in
    /// nothing that came into effect before.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn go_on_as(&self, settings: &Settings) -> Result<Self> {
        settings.check(self.data)?;
        let mut parameters = self.learner.parameters.clone();
        let architecture = settings.architecture(self.data)?;
        parameters.blocks = architecture.blocks;
        parameters.gammas = architecture.gammas;
        let learner = Learner::new(settings.clone(), parameters);
        Ok(Self { settings: settings.clone(), learner, ..self.clone() })
    }

    /// As they are now.
    pub fn parameters(&self) -> &Parameters {
        &self.learner.parameters
    }
}

/// The mean gradient by `settings` of the samples `number`·B.. of the training split in their own
/// order, flat as [`Parameters::tensors_mut`]. Draws, such as the attack's labels, depend on the seed
/// and on `number` alone.
///
/// # Errors
/// If there is no such batch, or the settings don't fit.
pub fn batch_gradient(
    settings: &Settings,
    parameters: &Parameters,
    data: &Dataset,
    number: usize,
) -> Result<Vec<f32>> {
    settings.check(data)?;
    let first = number * settings.batch;
    let last = data.train.len().min(first + settings.batch);
    require!(first < last, "batch", format!("below {}", data.train.len().div_ceil(settings.batch)), number);
    let mut streams = Streams::new(settings.seed + number as u64);
    let mut learner = Learner::new(settings.clone(), parameters.clone());
    let indices: Vec<_> = (first..last).collect();
    learner.gradient(&data.train, &indices, data, &mut streams)?;
    Ok(learner.gradient.tensors().flatten().copied().collect())
}

fn validate(parameters: &Parameters, split: &Split, data: &Dataset) -> Result<(f64, f64)> {
    Ok(score(&outputs(&parameters.network(), split, data.scaling)?, &split.labels))
}
