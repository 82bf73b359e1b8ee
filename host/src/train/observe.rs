//! Measures what a log says of training beside its accuracy, on a few samples of each epoch.

use anyhow::Result;
use fenchel_core::{Contrast, Nudge, StateView};
use serde::{Deserialize, Serialize};

use super::batch::Streams;
use super::learner::{BatchGradient, Learner, problem};
use crate::DenseGradient;
use crate::data::{Dataset, Split};
use crate::model::backprop::Backprop;

/// Energies and residuals are measured on one training sample in `SHARE`, which takes a fraction of a
/// percent of an epoch.
const SHARE: usize = 400;
/// Number of epochs from one measured cosine to the next.
pub const COSINE_EVERY: u32 = 10;
/// The cosine is measured on one training sample in `COSINE_SHARE`, at most a batch.
const COSINE_SHARE: usize = 40;

/// Measurements of how training goes; those that aren't finite are absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Observed {
    /// Euclidean norm of the last batch's gradient.
    #[serde(default)]
    pub gradient_norm: Option<f64>,
    /// Mean energy of the first and the second inference problem, relaxed as in training, over the first
    /// training samples, always with the same attack and noise, without simulated chips; `None` for
    /// back-propagation.
    #[serde(default)]
    pub energies: Option<[f64; 2]>,
    /// Largest change of an activity in each problem: in the next sweep (forward–backward), in the last
    /// (others).
    #[serde(default)]
    pub residuals: Option<[f64; 2]>,
    /// Cosine of the angle to back-propagation's gradient, on a batch of these samples; every tenth epoch.
    #[serde(default)]
    pub cosine: Option<f64>,
}

impl Observed {
    /// Measures `learner` as it is, and changes nothing but scratch memory; `cosine` says whether to
    /// measure the cosine.
    pub fn new(
        learner: &mut Learner,
        samples: &Split,
        data: &Dataset,
        seed: u64,
        gradient_norm: Option<f64>,
        cosine: bool,
    ) -> Result<Self> {
        let mut observed = Self { gradient_norm: finite(gradient_norm), ..Self::default() };
        let Some(contrast) = learner.settings.contrast() else { return Ok(observed) };
        let all = samples.len();
        let first = |share: usize, most: usize| (0..(all / share).clamp(1, most)).collect::<Vec<_>>();
        let few = first(SHARE, learner.settings.optimiser.batch);
        let ends = relaxed(learner, &contrast, samples, &few, data, &mut Streams::new(seed))?;
        let pair = |value: fn(&(f64, f64)) -> f64| {
            let pair = [value(&ends[0]), value(&ends[1])];
            pair.iter().all(|value| value.is_finite()).then_some(pair)
        };
        observed.energies = pair(|end| end.0);
        observed.residuals = pair(|end| end.1);
        if cosine {
            let batch = first(COSINE_SHARE, learner.settings.optimiser.batch);
            observed.cosine = finite(Some(angle(learner, samples, &batch, data, &mut Streams::new(seed))?));
        }
        Ok(observed)
    }
}

fn finite(value: Option<f64>) -> Option<f64> {
    value.filter(|value| value.is_finite())
}

/// Returns mean energy and largest residual of each problem.
fn relaxed(
    learner: &mut Learner,
    contrast: &Contrast,
    samples: &Split,
    indices: &[usize],
    data: &Dataset,
    streams: &mut Streams,
) -> Result<[(f64, f64); 2]> {
    learner.gather(samples, indices, data, streams);
    let Learner { parameters, settings, task, gradient, batch, workspace, .. } = learner;
    let network = parameters.network();
    BatchGradient { settings, task, gradient, batch, workspace }.attack(&network, contrast, streams)?;
    let mut ends = [(0.0, 0.0); 2];
    for (end, nudge) in ends.iter_mut().zip(&contrast.nudges) {
        // Solved by the forward pass.
        if batch.perturbation.is_empty() && *nudge == Nudge::FREE {
            continue;
        }
        let problem = problem(batch, std::slice::from_ref(nudge));
        let mut state: StateView = workspace.state(&network, problem.rows(&network))?;
        let outcome =
            network.relax_monitored(&problem, &mut state, &settings.relaxation.settings(), &mut |_| {})?;
        let count = indices.len() as f64;
        *end = (f64::from(outcome.last.energy) / count, f64::from(outcome.last.residual));
    }
    Ok(ends)
}

/// Returns the cosine of the angle between the objective's gradient and back-propagation's.
fn angle(
    learner: &mut Learner,
    samples: &Split,
    indices: &[usize],
    data: &Dataset,
    streams: &mut Streams,
) -> Result<f64> {
    learner.gradient(samples, indices, data, streams)?;
    learner.batch.gather(samples, indices, data, &learner.task);
    let network = learner.parameters.network();
    let (mut backprop, mut other) = (Backprop::default(), DenseGradient::zeros(&learner.parameters));
    backprop.run(&network, &learner.batch.input, &learner.batch.target, &[])?;
    backprop.gradient(&network, &learner.batch.input, &mut other);
    let own = &learner.gradient;
    Ok(dot(own, &other) / (dot(own, own) * dot(&other, &other)).sqrt())
}

fn dot(a: &DenseGradient, b: &DenseGradient) -> f64 {
    let of_tensors = |(a, b): (&[f32], &[f32])| -> f64 {
        a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
    };
    a.tensors().zip(b.tensors()).map(of_tensors).sum()
}

/// Returns the Euclidean norm of a gradient.
pub fn norm(gradient: &DenseGradient) -> f64 {
    dot(gradient, gradient).sqrt()
}
