//! Learns given samples in place, each once and in order, as a device that sees them would.

use anyhow::Result;
use fenchel_core::{LearnMemory, LearnSettings, Learner, Model, UpdateStatus};

use crate::error::require;
use crate::store::model_file::{self, ModelBytes};

/// The results of [`learn`].
pub struct Learned {
    /// The model file with the learned weights.
    pub file: ModelBytes,
    /// Number of samples that changed the parameters.
    pub steps: usize,
    /// Number of samples that didn't change them: skipped, or without a minimum.
    pub without_step: usize,
}

/// Learns `rows` of raw values, shape (samples, n_0), with their `targets`, shape (samples, n_L): one-hot, or scaled
/// values. The objective must be one without an attack.
///
/// # Errors
/// Fails if sizes don't fit the model, or a value isn't finite.
pub fn learn(model: &Model, settings: LearnSettings, rows: &[f32], targets: &[f32]) -> Result<Learned> {
    let network = model.network();
    let (inputs, outputs) = (network.input_units(), network.output_units());
    let (samples, expected) = (rows.len() / inputs, format!("{inputs} values a sample, as the model takes"));
    require!(rows.len() == samples * inputs, "samples", expected, rows.len());
    require!(targets.len() == samples * outputs, "targets", samples * outputs, targets.len());
    let sizes = settings.sizes(&network)?;
    let mut memory = [sizes.parameters, sizes.state, sizes.step, sizes.copy].map(|n| vec![0.0; n]);
    let [parameters, state, step, copy] = &mut memory;
    let mut learner = Learner::new(network, settings, LearnMemory { parameters, state, step, copy })?;
    let mut input = vec![0.0; inputs];
    let (mut steps, mut without_step) = (0, 0);
    for (raw, target) in rows.chunks_exact(inputs).zip(targets.chunks_exact(outputs)) {
        model.scaling().apply(raw, &mut input)?;
        match learner.learn(&input, target)?.status {
            UpdateStatus::Learned => steps += 1,
            UpdateStatus::Skipped | UpdateStatus::Unbounded | UpdateStatus::RolledBack => without_step += 1,
        }
    }
    let file = learner.with_fields(&model.fields(), model_file::write)??;
    Ok(Learned { file, steps, without_step })
}
