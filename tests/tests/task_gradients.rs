//! Checks the gradient of real-valued targets, from a table on: back-propagation's against finite
//! differences, and the lifted objectives' as the nudge becomes small.

use std::fmt::Write;

use fenchel::Parameters;
use fenchel::data::{Dataset, Reading, Values, table};
use fenchel::task::TaskName;
use fenchel::train::{ObjectiveName, Settings, batch_gradient};
use fenchel_core::Random;
use fenchel_oracle::flat_gradient::relative_error;
use fenchel_oracle::tolerance;
use rand_core::{Rng, SeedableRng};

const SEEDS: u64 = 6;
const OBJECTIVES: [ObjectiveName; 4] =
    [ObjectiveName::Rovr, ObjectiveName::Arovr, ObjectiveName::RovrAb, ObjectiveName::ArovrAb];
/// Strengths of the nudge, whose error is of first order in it, but for samples that a kink of the ReLU lies near.
const BETAS: [f32; 2] = [1.0 / 256.0, 1.0 / 1024.0];
const BATCH: usize = 16;
const TARGETS: [usize; 2] = [1, 3];
/// Size of the shift of a parameter. The loss is a parabola of each parameter between kinks, for which
/// central differences are exact.
const STEP: f32 = 1.0 / 16384.0;

/// Makes a table of six columns in units far apart, of which two are targets of a regression.
fn data(task: TaskName, random: &mut Random) -> Dataset {
    let mut csv = String::from("a,b,c,d,e,f\n");
    for _ in 0..80 {
        let row: Vec<String> = (0..6)
            .map(|column| {
                let uniform = (random.next_u32() >> 8) as f32 / 16_777_216.0;
                (10f32.powi(column - 2) * (uniform + column as f32)).to_string()
            })
            .collect();
        writeln!(csv, "{}", row.join(",")).expect("text");
    }
    let label = match task {
        TaskName::Regress => TARGETS.map(|column| (column + 1).to_string()).to_vec(),
        TaskName::Classify | TaskName::Reconstruct => Vec::new(),
    };
    let reading = Reading { target: task.target(), label, ..Reading::default() };
    table::parse("table", csv.as_bytes(), &reading).expect("a table")
}

/// Returns the rows of the training values, standardised in f64 by their own mean and deviation.
fn standardised(values: &[f32], width: usize) -> Vec<Vec<f64>> {
    let count = (values.len() / width) as f64;
    let column = |index: usize| values.iter().skip(index).step_by(width).map(|&value| f64::from(value));
    let moments: Vec<(f64, f64)> = (0..width)
        .map(|index| {
            let mean = column(index).sum::<f64>() / count;
            (mean, (column(index).map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt())
        })
        .collect();
    let scaled =
        |row: &[f32]| row.iter().zip(&moments).map(|(&v, (mean, std))| (f64::from(v) - mean) / std).collect();
    values.chunks_exact(width).map(scaled).collect()
}

/// Returns the mean ½‖z − y‖² over the first samples, by the plain loop in f64.
fn loss(parameters: &Parameters, inputs: &[Vec<f64>], targets: &[Vec<f64>]) -> f64 {
    let samples = inputs.iter().zip(targets).take(BATCH);
    let losses = samples.map(|(x, y)| {
        let (mut z, mut bias) = (x.clone(), 0);
        for (number, weights) in parameters.weights.iter().enumerate() {
            let rows = weights.row_major().chunks_exact(z.len());
            let a = rows.enumerate().map(|(unit, row)| {
                let sum: f64 = row.iter().zip(&z).map(|(&w, z)| f64::from(w) * z).sum();
                sum + f64::from(parameters.biases[bias + unit])
            });
            let last = number + 1 == parameters.weights.len();
            let next: Vec<f64> = a.map(|a| if last { a } else { a.max(0.0) }).collect();
            bias += next.len();
            z = next;
        }
        z.iter().zip(y).map(|(z, y)| 0.5 * (z - y).powi(2)).sum::<f64>()
    });
    losses.sum::<f64>() / BATCH as f64
}

/// Returns the gradient of [`loss`] by central differences, in the order of the tensors.
fn differences(parameters: &mut Parameters, inputs: &[Vec<f64>], targets: &[Vec<f64>]) -> Vec<f64> {
    let mut all = Vec::new();
    for (tensor, size) in parameters.tensor_sizes().into_iter().enumerate() {
        for place in 0..size {
            let own = parameters.tensors_mut().nth(tensor).expect("a tensor")[place];
            let mut at = |value: f32| {
                parameters.tensors_mut().nth(tensor).expect("a tensor")[place] = value;
                loss(parameters, inputs, targets)
            };
            let (low, high) = (own - STEP, own + STEP);
            let fall = at(high) - at(low);
            at(own);
            all.push(fall / (f64::from(high) - f64::from(low)));
        }
    }
    all
}

#[test]
fn gradients_of_real_targets_are_those_of_the_loss() {
    for task in [TaskName::Regress, TaskName::Reconstruct] {
        // Of each objective, over the seeds, at either strength of the nudge.
        let mut errors = [[0.0; 2]; OBJECTIVES.len()];
        for seed in 0..SEEDS {
            let mut random = Random::seed_from_u64(seed);
            let data = data(task, &mut random);
            let Values::Floats(raw) = &data.train.values else { panic!("floats") };
            let inputs = standardised(raw, data.features);
            let targets = match task {
                TaskName::Regress => standardised(&data.train.targets, TARGETS.len()),
                TaskName::Classify | TaskName::Reconstruct => inputs.clone(),
            };
            let settings = |objective, beta| {
                Settings::new("table", objective).with(|settings| {
                    settings.task = task;
                    settings.network.layers = vec![7, 5];
                    settings.optimiser.batch = BATCH;
                    settings.objective.beta = beta;
                    settings.relaxation.sweeps = 40;
                })
            };
            let backprop = settings(ObjectiveName::Backprop, 0.25);
            let mut parameters = Parameters::new(&backprop.architecture(&data).expect("fits"), &mut random);
            let expected = differences(&mut parameters, &inputs, &targets);
            let error = |settings: &Settings| {
                let gradient = batch_gradient(settings, &parameters, &data, 0).expect("fits");
                relative_error(&gradient.into_iter().map(f64::from).collect::<Vec<_>>(), &expected)
            };
            let own = error(&backprop);
            assert!(own < tolerance::GRADIENT, "{task:?}, seed {seed}: {own}");
            for (objective, errors) in OBJECTIVES.into_iter().zip(&mut errors) {
                let own = BETAS.map(|beta| error(&settings(objective, beta)));
                errors.iter_mut().zip(own).for_each(|(sum, own)| *sum += own / SEEDS as f64);
            }
        }
        // The attack's target is another sample's, and its share of the gradient vanishes with the nudge.
        for (objective, [strong, weak]) in OBJECTIVES.into_iter().zip(errors) {
            assert!(weak < 0.05 && weak < strong / 2.0, "{task:?}, {objective:?}: {strong}, then {weak}");
        }
    }
}
