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
    const BATCH: usize = 100;
    let features = network.input_units();
    let batches: Result<Vec<Vec<f32>>> = (0..split.len().div_ceil(BATCH))
        .into_par_iter()
        .map(|batch| {
            let samples = batch * BATCH..split.len().min((batch + 1) * BATCH);
            let mut input = Vec::with_capacity(samples.len() * features);
            let mut activities = vec![0.0; samples.len() * network.units()];
            samples.for_each(|i| split.append_input(i, features, scaling, &mut input));
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
