//! Computes answers and accuracy on a split.

use anyhow::Result;
use fenchel_core::{Model, Network, Scaling, Task, Weights};
use rayon::prelude::*;

use crate::data::{Dataset, Split};
use crate::error::require;

pub use crate::task::{runner_up, score};

/// Checks that a model takes the data; every command calls this before it uses both together.
///
/// # Errors
/// Returns [`crate::BadInput`] if samples have another number of values than the model takes, or there are
/// more classes, or another number of real targets.
pub fn check_fits(model: &Model, data: &Dataset) -> Result<()> {
    let network = model.network();
    let inputs = format!("{} values a sample, as the model takes", network.input_units());
    require!(data.features == network.input_units(), &data.name, inputs, data.features);
    let outputs = network.output_units();
    match model.task() {
        Task::Classification { .. } => {
            let classes = format!("at most {outputs} classes, as the model has");
            require!(data.classes() <= outputs, &data.name, classes, data.classes());
        }
        Task::Regression { .. } => {
            let targets = format!("{outputs} real targets, as the model has (`label` names their columns)");
            require!(data.target_names.len() == outputs, &data.name, targets, data.target_names.len());
        }
        Task::Reconstruction { .. } => {}
    }
    Ok(())
}

/// Returns the answers z_L to every sample, shape (samples, n_L). With a [`Model`]'s network they have the
/// same bits as on a device.
///
/// # Errors
/// Fails if the samples don't fit the network.
pub fn outputs<W: Weights + Sync>(
    network: &Network<'_, W>,
    split: &Split,
    scaling: Scaling,
) -> Result<Vec<f32>> {
    let features = network.input_units();
    by_batches(network, split.len(), |i, input| split.append_input(i, features, scaling, input))
}

/// Returns the answers z_L to `rows` of raw values, shape (samples, n_0), as [`outputs`] does, of shape (samples, n_L).
///
/// # Errors
/// Fails if a value isn't finite, or the rows don't fit the network.
pub fn outputs_of_rows<W: Weights + Sync>(
    network: &Network<'_, W>,
    rows: &[f32],
    scaling: Scaling,
) -> Result<Vec<f32>> {
    let features = network.input_units().max(1);
    let whole = format!("{features} values a sample, as the model takes");
    require!(rows.len().is_multiple_of(features), "samples", whole, rows.len());
    let odd = rows.iter().position(|value| !value.is_finite());
    if let Some(at) = odd {
        let place = format!("sample {}, value {}", at / features, at % features);
        return Err(crate::BadInput::new(place, "a finite number", rows[at]).into());
    }
    by_batches(network, rows.len() / features, |i, input| {
        let start = input.len();
        input.resize(start + features, 0.0);
        scaling
            .apply(&rows[i * features..][..features], &mut input[start..])
            .expect("factors for these features");
    })
}

/// Returns the answers to `samples` samples, whose scaled inputs `append` appends one by one.
fn by_batches<W: Weights + Sync>(
    network: &Network<'_, W>,
    samples: usize,
    append: impl Fn(usize, &mut Vec<f32>) + Sync,
) -> Result<Vec<f32>> {
    const BATCH: usize = 100;
    let batches: Result<Vec<Vec<f32>>> = (0..samples.div_ceil(BATCH))
        .into_par_iter()
        .map(|batch| {
            let samples = batch * BATCH..samples.min((batch + 1) * BATCH);
            let mut input = Vec::with_capacity(samples.len() * network.input_units());
            let mut activities = vec![0.0; samples.len() * network.units()];
            samples.for_each(|i| append(i, &mut input));
            Ok(network.infer(&input, &mut activities)?.to_vec())
        })
        .collect();
    Ok(batches?.concat())
}

/// Returns the accuracy of an exported model, in the device's arithmetic.
///
/// # Errors
/// Fails if the samples don't fit the model.
pub fn accuracy(model: &Model, split: &Split) -> Result<f64> {
    Ok(score(&outputs(&model.network(), split, model.scaling())?, &split.labels).0)
}
