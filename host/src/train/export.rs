//! What a training gives: a model file with its settings in the header.

use anyhow::Result;
use fenchel_core::Training;

use super::Settings;
use crate::Parameters;
use crate::data::Dataset;
use crate::store::model_file::{ModelBytes, export_on};

/// The model file of a training with `settings` on `data`, its parameters as of `epoch`.
///
/// # Errors
/// As [`export_on`].
pub fn export_run(
    parameters: &Parameters,
    settings: &Settings,
    epoch: u32,
    data: &Dataset,
) -> Result<ModelBytes> {
    let training = Training {
        objective: settings.objective.name.objective(),
        attack: settings.attack.loss.loss(),
        alpha: settings.objective.alpha,
        beta: settings.objective.beta,
        perturbation: settings.attack.perturbation,
        seed: settings.seed,
        epoch,
    };
    export_on(parameters, training, &settings.data.source, data)
}
