//! Training: mini-batches, Adam, the best model by validation.

mod batch;
mod settings;

use std::time::Instant;

use anyhow::Result;
use fenchel_core::{Problem, StateView};
use serde::Serialize;

use crate::backprop::{self, backprop_gradient};
use crate::data::{Dataset, Split};
use crate::evaluate::{outputs, score};
use crate::{Adam, DenseGradient, Parameters};
use batch::{Batch, Streams};
pub use settings::{OBJECTIVES, ObjectiveName, Settings};

/// What one epoch came to.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Epoch {
    /// From 1.
    pub epoch: u32,
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
    let sizes = [&[data.features], settings.layers.as_slice(), &[data.classes()]].concat();
    let mut learner = Learner::new(settings, Parameters::layered(&sizes, &mut streams.initial));
    let mut best: Option<Trained> = None;
    let start = Instant::now();
    for epoch in 1..=settings.epochs {
        let unbounded = learner.epoch(&train, data, &mut streams)?;
        let (validation_accuracy, validation_loss) = validate(&learner.parameters, &data.validation, data)?;
        let seconds = start.elapsed().as_secs_f64();
        let report = Epoch { epoch, validation_accuracy, validation_loss, unbounded, seconds };
        watch(&report)?;
        let merit = |epoch: &Epoch| (epoch.validation_accuracy, -epoch.validation_loss);
        if best.as_ref().is_none_or(|best| merit(&report) > merit(&best.best)) {
            best = Some(Trained { parameters: learner.parameters.clone(), best: report });
        }
    }
    Ok(best.expect("settings.check refuses 0 epochs, and so there is a first one"))
}

fn validate(parameters: &Parameters, split: &Split, data: &Dataset) -> Result<(f64, f64)> {
    Ok(score(&outputs(&parameters.network(), split, data.scaling)?, &split.labels))
}

/// Parameters in training, with the memory of a step.
struct Learner<'a> {
    settings: &'a Settings,
    parameters: Parameters,
    gradient: DenseGradient,
    adam: Adam,
    batch: Batch,
    state: Vec<f32>,
    backprop: backprop::Scratch,
}

impl<'a> Learner<'a> {
    fn new(settings: &'a Settings, parameters: Parameters) -> Self {
        let gradient = DenseGradient::zeros(&parameters);
        let adam = Adam::new(settings.rate, &parameters);
        let (batch, state, backprop) = Default::default();
        Self { settings, parameters, gradient, adam, batch, state, backprop }
    }

    /// One pass over the samples in random order; the number of samples dropped.
    fn epoch(&mut self, train: &Split, data: &Dataset, streams: &mut Streams) -> Result<usize> {
        let order = crate::data::permutation(train.len(), &mut streams.order);
        let mut unbounded = 0;
        for indices in order.chunks(self.settings.batch) {
            self.batch.gather(train, indices, data, streams);
            unbounded += self.find_gradient(streams)?;
            self.adam.step(&mut self.parameters, &self.gradient);
        }
        Ok(unbounded)
    }

    /// The mean gradient of the batch; the number of samples dropped from it.
    fn find_gradient(&mut self, streams: &mut Streams) -> Result<usize> {
        let Settings { objective, alpha, beta, perturbation, .. } = *self.settings;
        let network = self.parameters.network();
        let batch = &mut self.batch;
        let Some(contrast) = objective.objective().contrast(fenchel_core::Attack::Targeted, alpha, beta)
        else {
            let gradient = &mut self.gradient;
            backprop_gradient(&network, &batch.input, &batch.target, &mut self.backprop, gradient)?;
            return Ok(0);
        };
        batch.perturb(perturbation, network.units(), &mut streams.perturbation);
        let divisor = contrast.divisor * batch.len() as f32;
        let factors = [1.0 / divisor, -1.0 / divisor];
        // With g = 0 a free problem is solved by the forward pass, and its forces are 0.
        let trivial =
            |p: usize| batch.perturbation.is_empty() && contrast.nudges[p] == fenchel_core::Nudge::FREE;
        let kept = usize::from(trivial(0))..2 - usize::from(trivial(1));
        let problem = Problem {
            input: &batch.input,
            nudges: &contrast.nudges[kept.clone()],
            target: &batch.target,
            attack: &batch.attack,
            perturbation: &batch.perturbation,
        };
        let rows = problem.rows(&network);
        self.state.resize(StateView::len(network.units(), rows), 0.0);
        let mut state = StateView::new(network.units(), rows, &mut self.state)?;
        network.sweep(&problem, &mut state, &self.settings.relaxation())?;
        let dropped = network.drop_unbounded(&problem, &mut state);
        network.contrastive_gradient(&problem, &mut state, &factors[kept], &mut self.gradient)?;
        Ok(dropped)
    }
}
