//! Trains a network batch by batch; a training can stop and continue to the same bits.

use std::time::Instant;

use anyhow::{Context, Result};
use fenchel_core::Nudge;
use serde::{Deserialize, Serialize};

use super::batch::Streams;
use super::learner::Learner;
use super::observe::{COSINE_EVERY, Observed, norm};
use super::order::epoch_order;
use super::{Epoch, OptimiserSettings, Safety, Settings, Trained, memory};
use crate::analysis::evaluate::outputs;
use crate::analysis::nudge_bounds::local_bounds;
use crate::analysis::robustness::Samples;
use crate::data::{Dataset, Split};
use crate::task::{Task, TaskName};
use crate::{BadInput, Parameters};

/// A network in training.
///
/// ```
/// # use fenchel::train::{ObjectiveName, Settings, Trainer};
/// let digits = fenchel::data::load("digits")?;
/// let settings = Settings::new("digits", ObjectiveName::Arovr).with(|settings| {
///     settings.network.layers = vec![8];
///     settings.data.samples = Some(100);
/// });
/// let mut trainer = Trainer::new(&settings, &digits)?;
/// trainer.epoch()?;
/// // Goes on to the same bits.
/// let mut resumed = Trainer::resume(trainer.checkpoint()?, &digits)?;
/// trainer.epoch()?;
/// resumed.epoch()?;
/// assert_eq!(trainer.parameters().biases, resumed.parameters().biases);
/// # Ok::<(), anyhow::Error>(())
/// ```
#[derive(Clone)]
pub struct Trainer<'a> {
    pub(super) data: &'a Dataset,
    pub(super) settings: Settings,
    pub(super) samples: Split,
    pub(super) streams: Streams,
    pub(super) learner: Learner,
    pub(super) progress: Progress,
    pub(super) best: Option<(Parameters, Epoch)>,
    /// Norm of the gradient of the last epoch's last batch.
    gradient_norm: Option<f64>,
}

/// The progress of a training.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct Progress {
    /// Number of epochs of pretraining that are over.
    pub(super) pretrained: u32,
    /// Number of epochs of training proper that are over.
    pub(super) trained: u32,
    /// Order of the samples in the epoch under way; empty between epochs.
    pub(super) order: Vec<usize>,
    /// Number of these samples that were used.
    pub(super) seen: usize,
    /// Number of these samples that were dropped.
    pub(super) dropped: usize,
    /// The last epoch that is over.
    pub(super) last: Option<Epoch>,
    /// Seconds of training so far.
    pub(super) seconds: f64,
}

/// The result of [`Trainer::advance`].
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// An epoch is over.
    Epoch(Epoch),
    /// Training was stopped after a batch.
    Stopped,
    /// All epochs are over.
    Finished,
}

impl<'a> Trainer<'a> {
    /// Draws the subset and the initial weights; pretraining comes first if the settings have it.
    ///
    /// # Errors
    /// Returns [`crate::BadInput`] or [`fenchel_core::Error`] for settings that don't fit.
    pub fn new(settings: &Settings, data: &'a Dataset) -> Result<Self> {
        settings.check(data)?;
        memory::check(settings, data)?;
        let mut streams = Streams::new(settings.seed);
        let samples = streams.samples(settings, data)?;
        let parameters = Parameters::new(&settings.architecture(data)?, &mut streams.initial);
        let first = if settings.optimiser.pretrain > 0 { settings.pretraining() } else { settings.clone() };
        let learner = Learner::new(first, Task::new(settings.task, data), parameters);
        let (settings, progress) = (settings.clone(), Progress::default());
        Ok(Self { data, settings, samples, streams, learner, progress, best: None, gradient_norm: None })
    }

    /// Trains all remaining epochs, and calls `watch` with each as it ends.
    ///
    /// # Errors
    /// Returns what `watch` returns.
    pub fn train(mut self, watch: &mut dyn FnMut(&Epoch) -> Result<()>) -> Result<Trained> {
        while let Step::Epoch(epoch) = self.advance(&|| false)? {
            watch(&epoch)?;
        }
        self.finish()
    }

    /// Continues to the end of an epoch, with validation, or until `stop` returns true; it is called before
    /// each batch.
    ///
    /// # Errors
    /// Returns [`crate::BadInput`] if a weight or bias is no longer finite.
    pub fn advance(&mut self, stop: &dyn Fn() -> bool) -> Result<Step> {
        let pretraining = self.is_pretraining();
        if self.is_finished() {
            return Ok(Step::Finished);
        }
        let start = Instant::now();
        let before = self.progress.seconds;
        let unbounded = self.batches(stop)?;
        self.progress.seconds = before + start.elapsed().as_secs_f64();
        let Some(unbounded) = unbounded else { return Ok(Step::Stopped) };
        let epoch = if pretraining { self.progress.pretrained } else { self.progress.trained };
        self.check_finite()?;
        let validation = &self.data.validation;
        let answers = outputs(&self.parameters().network(), validation, self.data.scaling.view())?;
        let score = self.learner.task.score(&answers, validation, self.data);
        let safety = if pretraining { None } else { self.safety()? };
        self.progress.seconds = before + start.elapsed().as_secs_f64();
        let seconds = self.progress.seconds;
        let report = Epoch {
            epoch,
            pretraining,
            validation_accuracy: score.score,
            validation_loss: score.loss,
            balanced_accuracy: score.balanced_accuracy,
            unbounded,
            safety,
            seconds,
        };
        let is_better = |best: &(Parameters, Epoch)| best.1.better(report).epoch == epoch;
        if !pretraining && self.best.as_ref().is_none_or(is_better) {
            self.best = Some((self.parameters().clone(), report));
        }
        self.progress.last = Some(report);
        Ok(Step::Epoch(report))
    }

    /// Returns an error that says why weights or biases aren't finite after `epoch`.
    fn blame(&self, epoch: u32) -> anyhow::Error {
        /// Largest plausible input: inputs are of order one, unless a feature's range is subnormal.
        const LARGEST: f32 = 1e10;
        let all =
            Samples::new(&self.samples, self.data.features, self.data.scaling.view(), self.samples.len());
        let left = format!("after which epoch {epoch} left the finite numbers");
        if let Some(value) = all.input.iter().find(|value| value.is_nan() || value.abs() > LARGEST) {
            let expected = "values that scaling brings near 1";
            return BadInput::new(&self.data.name, expected, format!("an input of {value:e}, {left}")).into();
        }
        let rate = self.settings.optimiser.learning_rate;
        let expected = "one that leaves weights and biases finite";
        BadInput::new("`learning_rate`", expected, format!("{rate:e}, {left}")).into()
    }

    /// Trains the rest of an epoch; returns the number of samples that were dropped in all of it, or `None`
    /// if it was stopped.
    pub(super) fn batches(&mut self, stop: &dyn Fn() -> bool) -> Result<Option<usize>> {
        if self.progress.order.is_empty() {
            let weights = self.settings.optimiser.class_weights;
            self.progress.order = epoch_order(&self.samples.labels, weights, &mut self.streams.order);
            (self.progress.seen, self.progress.dropped) = (0, 0);
        }
        while self.progress.seen < self.progress.order.len() {
            if stop() {
                return Ok(None);
            }
            let rate = self.learning_rate();
            let progress = &mut self.progress;
            let last = progress.order.len().min(progress.seen.saturating_add(self.settings.optimiser.batch));
            let indices = &progress.order[progress.seen..last];
            progress.dropped +=
                self.learner.step(&self.samples, indices, self.data, &mut self.streams, rate)?;
            progress.seen = last;
        }
        let progress = &mut self.progress;
        self.gradient_norm = (progress.seen > 0).then(|| norm(&self.learner.gradient));
        progress.order.clear();
        if progress.pretrained < self.settings.optimiser.pretrain {
            progress.pretrained += 1;
            if progress.pretrained == self.settings.optimiser.pretrain {
                self.begin_training();
            }
        } else {
            progress.trained += 1;
        }
        Ok(Some(self.progress.dropped))
    }

    /// Returns the learning rate of the next step: in training proper it falls linearly to the share
    /// `final_rate`.
    fn learning_rate(&self) -> f32 {
        let OptimiserSettings { learning_rate, final_rate, batch, epochs, .. } = self.settings.optimiser;
        if self.is_pretraining() {
            return learning_rate;
        }
        let an_epoch = self.samples.len().div_ceil(batch);
        let step = self.progress.trained as usize * an_epoch + self.progress.seen / batch;
        let steps = epochs as usize * an_epoch;
        learning_rate * (1.0 - (1.0 - final_rate) * (step as f32 / (steps.max(2) - 1) as f32))
    }

    /// Checks that all weights and biases are finite.
    pub(super) fn check_finite(&self) -> Result<()> {
        let (pretrained, trained) = self.epochs();
        if self.parameters().is_finite() { Ok(()) } else { Err(self.blame(pretrained.max(trained))) }
    }

    /// Changes from pretraining to training proper, with another objective and a new optimiser.
    pub(super) fn begin_training(&mut self) {
        let Learner { task, parameters, .. } = &self.learner;
        self.learner = Learner::new(self.settings.clone(), task.clone(), parameters.clone());
    }

    /// Measures how training goes after the last epoch. It relaxes a few samples, and changes nothing.
    ///
    /// # Errors
    /// Never fails with settings that were checked.
    pub fn observe(&mut self) -> Result<Observed> {
        let Self { learner, samples, data, settings, gradient_norm, .. } = self;
        if self.progress.trained == 0 {
            return Ok(Observed { gradient_norm: *gradient_norm, ..Observed::default() });
        }
        let cosine = self.progress.trained == 1 || self.progress.trained.is_multiple_of(COSINE_EVERY);
        Observed::new(learner, samples, data, settings.seed, *gradient_norm, cosine)
    }

    /// Makes one pass over the samples in random order, without validation; returns the number of samples
    /// that were dropped from a gradient because their problem has no minimum.
    ///
    /// # Errors
    /// Never fails with settings that were checked.
    pub fn epoch(&mut self) -> Result<usize> {
        Ok(self.batches(&|| false)?.unwrap_or_default())
    }

    /// Trains all epochs of pretraining, without validation.
    ///
    /// # Errors
    /// Fails as [`epoch`](Self::epoch) does.
    pub fn pretrain(&mut self) -> Result<()> {
        while self.is_pretraining() {
            self.epoch()?;
        }
        Ok(())
    }

    fn is_pretraining(&self) -> bool {
        self.progress.pretrained < self.settings.optimiser.pretrain
    }

    /// Returns a copy that continues with other settings from here, with a new optimiser. The settings must
    /// not differ in anything that took effect before.
    ///
    /// # Errors
    /// Fails as [`new`](Self::new) does.
    pub fn go_on_as(&self, settings: &Settings) -> Result<Self> {
        settings.check(self.data)?;
        let mut parameters = self.learner.parameters.clone();
        let architecture = settings.architecture(self.data)?;
        parameters.blocks = architecture.blocks;
        parameters.gammas = architecture.gammas;
        let learner = Learner::new(settings.clone(), self.learner.task.clone(), parameters);
        Ok(Self { settings: settings.clone(), learner, ..self.clone() })
    }

    /// Returns the number of epochs that are over: of pretraining, and of training.
    pub fn epochs(&self) -> (u32, u32) {
        (self.progress.pretrained, self.progress.trained)
    }

    /// Returns whether all epochs are over, or `patience` epochs since the best.
    pub fn is_finished(&self) -> bool {
        let OptimiserSettings { epochs, patience, .. } = self.settings.optimiser;
        let trained = self.progress.trained;
        let best = self.best.as_ref().map_or(0, |best| best.1.epoch);
        let gives_up = patience.is_some_and(|patience| trained >= best.saturating_add(patience));
        !self.is_pretraining() && (trained >= epochs || gives_up)
    }

    /// Returns the settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Returns the present parameters.
    pub fn parameters(&self) -> &Parameters {
        &self.learner.parameters
    }

    /// Returns the best epoch so far by validation accuracy, without pretraining.
    pub fn best(&self) -> Option<(&Parameters, &Epoch)> {
        self.best.as_ref().map(|(parameters, epoch)| (parameters, epoch))
    }

    /// Returns the results; with `refit` the best parameters are those of a training on all samples.
    ///
    /// # Errors
    /// Fails if no epoch of training proper is over.
    pub fn finish(self) -> Result<Trained> {
        self.finish_unless(&|| false)?.context("a fit that nothing stops")
    }

    /// Returns the results as [`finish`](Self::finish) does, or `None` if `stop` returned true; it is called before each
    /// batch of the training on all samples.
    ///
    /// # Errors
    /// Fails as [`finish`](Self::finish) does.
    pub fn finish_unless(self, stop: &dyn Fn() -> bool) -> Result<Option<Trained>> {
        let (mut parameters, best) = self.best.context("no epoch is over")?;
        let last = self.progress.last.unwrap_or(best);
        let OptimiserSettings { refit, patience, .. } = self.settings.optimiser;
        // A fit to real targets goes on to fit their noise: it takes as many steps as validation found best.
        let whole = patience.is_none() && self.settings.task == TaskName::Classify;
        let epochs = if whole { self.progress.trained } else { best.epoch };
        if refit {
            let Some(all) = super::refit::refit(&self.settings, self.data, epochs, stop)? else {
                return Ok(None);
            };
            parameters = all;
        }
        let refit = refit.then_some(epochs);
        Ok(Some(Trained { parameters, refit, best, last_parameters: self.learner.parameters, last }))
    }

    /// Measures whether the objective's problems still have minima, on the first training samples; `None`
    /// if they always have.
    fn safety(&self) -> Result<Option<Safety>> {
        /// Number of samples: enough to see a few in a hundred, at a few hundredths of an epoch's cost.
        const SAMPLES: usize = 200;
        let nudges = self.settings.contrast().map(|contrast| contrast.nudges).unwrap_or([Nudge::FREE; 2]);
        let strength = nudges.map(|nudge| f64::from(-nudge.s)).into_iter().fold(0.0, f64::max);
        if strength == 0.0 {
            return Ok(None);
        }
        let samples = Samples::new(&self.samples, self.data.features, self.data.scaling.view(), SAMPLES);
        let bounds = local_bounds(&self.parameters().network(), &samples.input)?;
        Ok(Some(Safety {
            samples: bounds.len(),
            beyond: bounds.iter().filter(|&&bound| bound <= strength).count(),
            smallest_bound: bounds.iter().copied().fold(f64::INFINITY, f64::min),
            strength,
        }))
    }
}
