//! Flaws of hardware: noisy weights, few bits, dead units. Biases stay as they are.

use anyhow::Result;
use fenchel_core::{Perturbation, Random};
use rand_core::SeedableRng;
use rayon::prelude::*;

use super::Samples;
use crate::Parameters;
use crate::data::permutation;
use crate::evaluate::score;

/// A flaw and its size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Flaw {
    /// w·(1 + N(0, σ²)).
    MultiplicativeNoise(f32),
    /// w + N(0, (σ·max|W|)²), the maximum over the weight's matrix.
    AdditiveNoise(f32),
    /// Rounded to multiples of max|W|/(2^(bits−1) − 1).
    Bits(u32),
    /// This share of each hidden block's units is always 0.
    DeadUnits(f32),
}

impl Flaw {
    /// Whether two chips with it differ.
    fn is_random(self) -> bool {
        !matches!(self, Self::Bits(_))
    }

    /// A chip with it.
    fn apply(self, parameters: &mut Parameters, random: &mut Random) {
        if let Self::DeadUnits(share) = self {
            kill(parameters, share, random);
            return;
        }
        for c in &mut parameters.connections {
            let values = c.weights.column_major_mut();
            let largest = values.iter().fold(0.0f32, |largest, w| largest.max(w.abs()));
            let mut noise = |std: f32| {
                let mut noise = vec![0.0; values.len()];
                Perturbation::Gaussian { std }.fill(random, &mut noise);
                noise
            };
            match self {
                Self::MultiplicativeNoise(std) => {
                    let noise = noise(std);
                    values.iter_mut().zip(noise).for_each(|(w, noise)| *w *= 1.0 + noise);
                }
                Self::AdditiveNoise(share) => {
                    let noise = noise(share * largest);
                    values.iter_mut().zip(noise).for_each(|(w, noise)| *w += noise);
                }
                Self::Bits(bits) => {
                    let step = largest / ((1u64 << (bits - 1)) - 1) as f32;
                    if step > 0.0 {
                        values.iter_mut().for_each(|w| *w = (*w / step).round() * step);
                    }
                }
                Self::DeadUnits(_) => {}
            }
        }
    }
}

/// Nothing goes into a dead unit, and so nothing but f(0) comes out of it.
fn kill(parameters: &mut Parameters, share: f32, random: &mut Random) {
    let sizes: Vec<_> = parameters.blocks.iter().map(|block| block.size()).collect();
    let mut first = 0;
    for (k, &size) in sizes.iter().enumerate().take(sizes.len() - 1).skip(1) {
        let dead = (share * size as f32).round() as usize;
        for &unit in &permutation(size, random)[..dead] {
            parameters.biases[first + unit] = 0.0;
            for c in parameters.connections.iter_mut().filter(|c| c.to == k) {
                c.weights.column_major_mut().iter_mut().skip(unit).step_by(size).for_each(|w| *w = 0.0);
            }
        }
        first += size;
    }
}

/// Mean accuracy of `chips` simulated chips with the flaw, drawn from `seed`; of one if it isn't random.
///
/// # Errors
/// If the samples don't fit.
pub fn accuracy(
    parameters: &Parameters,
    samples: &Samples,
    flaw: Flaw,
    chips: u64,
    seed: u64,
) -> Result<f64> {
    let chips = if flaw.is_random() { chips } else { 1 };
    let accuracies: Result<Vec<f64>> = (0..chips)
        .into_par_iter()
        .map(|chip| {
            let mut flawed = parameters.clone();
            flaw.apply(&mut flawed, &mut Random::seed_from_u64(seed ^ (chip << 32)));
            let network = flawed.network();
            let mut right = 0.0;
            for (input, labels) in samples.pieces(network.input_units()) {
                let mut activities = vec![0.0; labels.len() * network.units()];
                right += score(network.infer(input, &mut activities)?, labels).0 * labels.len() as f64;
            }
            Ok(right / samples.labels.len() as f64)
        })
        .collect();
    Ok(accuracies?.iter().sum::<f64>() / chips as f64)
}
