//! Measures what an epoch costs: every objective beside back-propagation, in one run on this machine.

use std::time::Instant;

use anyhow::Result;
use fenchel_core::{Random, Weights};
use rand_core::{Rng, SeedableRng};

use crate::data::{Dataset, InputScaling, Split, Values};
use crate::train::{Settings, Trainer};
use crate::{Matrix, Parameters};

/// Makes `samples` random samples of MNIST's shape: 784 bytes, of which four in five are 0, and ten
/// classes.
pub fn synthetic(samples: usize) -> Dataset {
    const FEATURES: usize = 784;
    let mut random = Random::seed_from_u64(0);
    let mut byte = || {
        let draw = random.next_u32();
        if draw.is_multiple_of(5) { (draw >> 24) as u8 } else { 0 }
    };
    let values = Values::Bytes((0..samples * FEATURES).map(|_| byte()).collect());
    let split = Split::classes(values, (0..samples).map(|i| i % 10).collect());
    let class_names = (0..10).map(|class| class.to_string()).collect();
    let scaling = InputScaling::one(0.0, 1.0 / 255.0);
    Dataset::new("synthetic", vec![28, 28], class_names, scaling, (split.clone(), split.clone(), split))
}

/// Returns the seconds of `rounds` epochs with each of `settings`, one list for each, in the order of the
/// rounds. Every round trains one epoch with each, so that a machine's changing speed affects all alike. A
/// first epoch with each isn't counted.
///
/// # Errors
/// Fails as [`Trainer::new`] does.
pub fn epochs(settings: &[Settings], data: &Dataset, rounds: usize) -> Result<Vec<Vec<f64>>> {
    let mut trainers = Vec::new();
    for settings in settings {
        let mut trainer = Trainer::new(settings, data)?;
        trainer.epoch()?;
        trainers.push((trainer, Vec::new()));
    }
    for _ in 0..rounds {
        for (trainer, seconds) in &mut trainers {
            let start = Instant::now();
            trainer.epoch()?;
            seconds.push(start.elapsed().as_secs_f64());
        }
    }
    Ok(trainers.into_iter().map(|(_, seconds)| seconds).collect())
}

/// Returns the median over the rounds of the ratio to the first list.
pub fn ratio(seconds: &[f64], first: &[f64]) -> f64 {
    median(&seconds.iter().zip(first).map(|(own, first)| own / first).collect::<Vec<_>>())
}

/// Returns the seconds that the matrix products of one epoch take by themselves with dense factors, one
/// value for each round: the same shapes and numbers of calls, and nothing else. (In an epoch the factors
/// have many zeros, which its products skip.) Back-propagation makes W z, Wᵀ δ above the first block, and δ
/// zᵀ for every connection. A contrast of two relaxed problems by n forward–backward sweeps makes the
/// forward pass, then for both problems at once n + 1 times Wᵀ u and n times W z above the first block, and
/// u zᵀ.
///
/// # Errors
/// Fails as [`Trainer::new`] does.
pub fn products(settings: &Settings, data: &Dataset, rounds: usize) -> Result<Vec<f64>> {
    let mut random = Random::seed_from_u64(1);
    let parameters = Parameters::new(&settings.architecture(data)?, &mut random);
    let batch = settings.optimiser.batch;
    let steps = settings.data.samples.unwrap_or(data.train.len()) / batch;
    let (problems, forth, back) = match settings.contrast() {
        None => (1, 0, 1),
        Some(_) => (2, settings.relaxation.sweeps, settings.relaxation.sweeps + 1),
    };
    let mut uniform =
        |n: usize| -> Vec<f32> { (0..n).map(|_| random.next_u32() as f32 / u32::MAX as f32).collect() };
    let mut parts: Vec<_> = parameters
        .connections
        .iter()
        .zip(&parameters.weights)
        .map(|(c, weights)| {
            let (rows, columns) = weights.shape();
            let samples = batch * if c.from == 0 { 1 } else { problems };
            (
                c.from == 0,
                weights,
                uniform(samples * columns),
                uniform(samples * rows),
                Matrix::zeros(rows, columns),
            )
        })
        .collect();
    let mut seconds = Vec::new();
    for _ in 0..rounds {
        let start = Instant::now();
        for _ in 0..steps {
            for (of_input, weights, z, u, outer) in &mut parts {
                let (rows, columns) = weights.shape();
                weights.apply(&z[..batch * columns], &mut u[..batch * rows]);
                if !*of_input {
                    (0..forth).for_each(|_| weights.apply(z, u));
                    (0..back).for_each(|_| weights.apply_transposed(u, z));
                    // The products add to what is there: keep it finite.
                    z.fill(0.5);
                    u.fill(0.5);
                }
                outer.set_outer(u, z);
            }
        }
        seconds.push(start.elapsed().as_secs_f64());
    }
    Ok(seconds)
}

/// Returns the median: the middle value, or the mean of the two middle ones.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[middle] } else { 0.5 * (sorted[middle - 1] + sorted[middle]) }
}
