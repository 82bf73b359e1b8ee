//! Evaluates many chips of a profile: each chip's accuracy, and their distribution.

use anyhow::Result;
use fenchel_core::{Attack, Nudge, Objective, Random, Schedule, Settings, Status, label};
use rand_core::SeedableRng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Chip, Profile};
use crate::Parameters;
use crate::analysis::evaluate::{runner_up, score};
use crate::analysis::robustness::Samples;
use crate::analysis::statistics::{mean, percentile};

/// Number of samples that are relaxed together.
const PIECE: usize = 50;

/// Settings of a nudged chip's relaxation; activities are of order 1.
const RELAXATION: Settings = Settings { schedule: Schedule::ForwardBackward, sweeps: 50, tolerance: 1e-4 };

/// How many chips are drawn, and from which seed.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct MonteCarlo {
    /// Number of chips.
    pub chips: u64,
    /// Seed of all chips' random draws.
    pub seed: u64,
}

/// Returns the nudge under which chips are tried: the first problem of AROVR_αβ, which pulls the output
/// towards the attack's label and tells the chip nothing about the right one.
pub fn nudge(alpha: f32, beta: f32) -> Nudge {
    let contrast = Objective::ArovrAb.contrast(Attack::Targeted, alpha, beta);
    contrast.map_or(Nudge::FREE, |contrast| contrast.nudges[0])
}

/// Samples that are relaxed under a nudge towards the most likely wrong label, with the states that the
/// exact network reaches.
#[derive(Clone, Debug)]
pub struct NudgedSamples {
    samples: Samples,
    /// Attack targets y⁻, shape (samples, n_L).
    attack: Vec<f32>,
    nudge: Nudge,
    /// The exact network's relaxed activities, one list for each [`PIECE`] samples.
    ideal: Vec<Vec<f32>>,
}

/// The results of one chip, as shares of the samples; those of nudged samples are absent if there were
/// none.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// Share of right answers without feedback.
    pub free: f64,
    /// Share of right answers under the nudge.
    pub nudged: Option<f64>,
    /// Relative error ‖z − z*‖/‖z*‖ over all nudged samples and units, where z* is the exact network's
    /// nudged state.
    pub error: Option<f64>,
    /// Share of the nudged samples whose relaxation converged.
    pub settled: Option<f64>,
}

impl NudgedSamples {
    /// Relaxes `samples` under `nudge` on the exact network.
    ///
    /// # Errors
    /// Fails if a size doesn't fit, or the nudged problem has no minimum.
    pub fn new(parameters: &Parameters, samples: Samples, nudge: Nudge) -> Result<Self> {
        let network = parameters.network();
        let mut attack = vec![0.0; samples.labels.len() * network.output_units()];
        let rows = samples.pieces(network.input_units()).into_iter().map(|(input, labels)| {
            let mut activities = vec![0.0; labels.len() * network.units()];
            Ok(network.infer(input, &mut activities)?.to_vec())
        });
        let outputs = rows.collect::<Result<Vec<_>>>()?.concat();
        let rows = outputs.chunks_exact(network.output_units());
        let attacks = attack.chunks_exact_mut(network.output_units());
        for ((outputs, attack), &label) in rows.zip(attacks).zip(&samples.labels) {
            attack[runner_up(outputs, label)] = 1.0;
        }
        let mut nudged = Self { samples, attack, nudge, ideal: Vec::new() };
        let ideal = Profile::ideal();
        let mut random = Random::seed_from_u64(0);
        let chip = Chip::draw(parameters, &ideal, &mut random);
        nudged.ideal = nudged.relax(&chip, &mut random)?.into_iter().map(|piece| piece.activities).collect();
        Ok(nudged)
    }

    fn relax(&self, chip: &Chip, random: &mut Random) -> Result<Vec<super::chip::Relaxed>> {
        let count = self.samples.labels.len().max(1);
        let (inputs, attacks) = (self.samples.input.len() / count, self.attack.len() / count);
        let pieces = self.samples.input.chunks(PIECE * inputs).zip(self.attack.chunks(PIECE * attacks));
        pieces.map(|(input, attack)| chip.relax(input, attack, self.nudge, &RELAXATION, random)).collect()
    }

    /// Returns the share of right answers, the relative error of the state, and the share that converged.
    fn trial(&self, chip: &Chip, random: &mut Random) -> Result<(f64, f64, f64)> {
        let (mut right, mut settled, mut error, mut size) = (0usize, 0usize, 0.0, 0.0);
        let pieces = self.relax(chip, random)?;
        for ((piece, ideal), labels) in pieces.iter().zip(&self.ideal).zip(self.samples.labels.chunks(PIECE))
        {
            let classes = piece.outputs.len() / labels.len();
            let rows = piece.outputs.chunks_exact(classes).zip(labels);
            right += rows.filter(|(outputs, truth)| label(outputs) == **truth).count();
            settled += if piece.status == Status::Converged { labels.len() } else { 0 };
            for (z, ideal) in piece.activities.iter().zip(ideal) {
                error += f64::from(z - ideal).powi(2);
                size += f64::from(*ideal).powi(2);
            }
        }
        let count = self.samples.labels.len() as f64;
        Ok((right as f64 / count, (error / size).sqrt(), settled as f64 / count))
    }
}

/// Draws the chips of a Monte Carlo evaluation, the same for every network, and tries each on `samples`, and on `nudged`
/// samples if there are any. Only one chip is tried if the profile has nothing random.
///
/// # Errors
/// Fails if a size doesn't fit.
pub fn trials(
    parameters: &Parameters,
    profile: &Profile,
    samples: &Samples,
    nudged: Option<&NudgedSamples>,
    monte_carlo: MonteCarlo,
) -> Result<Vec<Trial>> {
    let profile = &profile.with_range_of(parameters, samples)?;
    let chips = if profile.is_random() { monte_carlo.chips } else { monte_carlo.chips.min(1) };
    let features = parameters.blocks[0].size();
    let trial = |chip: u64| -> Result<Trial> {
        let mut random = Random::seed_from_u64(monte_carlo.seed ^ (chip << 32));
        let chip = Chip::draw(parameters, profile, &mut random);
        let mut right = 0.0;
        for (input, labels) in samples.pieces(features) {
            right += score(&chip.infer(input, &mut random)?, labels).0 * labels.len() as f64;
        }
        let free = right / samples.labels.len() as f64;
        let Some(nudged) = nudged else {
            return Ok(Trial { free, nudged: None, error: None, settled: None });
        };
        let (nudged, error, settled) = nudged.trial(&chip, &mut random)?;
        Ok(Trial { free, nudged: Some(nudged), error: Some(error), settled: Some(settled) })
    };
    (0..chips).into_par_iter().map(trial).collect()
}

/// Returns the mean accuracy of simulated chips without feedback.
///
/// # Errors
/// Fails as [`trials`] does.
pub fn mean_accuracy(
    parameters: &Parameters,
    samples: &Samples,
    profile: &Profile,
    monte_carlo: MonteCarlo,
) -> Result<f64> {
    let trials = trials(parameters, profile, samples, None, monte_carlo)?;
    Ok(mean(&trials.iter().map(|trial| trial.free).collect::<Vec<_>>()))
}

/// The distribution of the accuracy over chips; accuracies are fractions.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct AccuracyDistribution {
    /// Mean accuracy.
    pub mean: f64,
    /// Fifth percentile of the accuracy: 19 of 20 chips reach it.
    pub fifth_percentile: f64,
    /// Yield: share of the chips whose accuracy is at least the target's.
    #[serde(rename = "yield")]
    pub chip_yield: f64,
}

impl AccuracyDistribution {
    /// Computes the distribution of the chips' `accuracies`, with `target` as the accuracy that counts for
    /// the yield.
    pub fn new(accuracies: &[f64], target: f64) -> Self {
        let good = accuracies.iter().filter(|&&accuracy| accuracy >= target).count();
        Self {
            mean: mean(accuracies),
            fifth_percentile: percentile(accuracies, 5.0),
            chip_yield: good as f64 / accuracies.len() as f64,
        }
    }
}
