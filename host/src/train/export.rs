//! What a training gives: a model file with its settings in the header.

use anyhow::Result;
use fenchel_core::{Bounds, Confidence, Header, Input, Names, Task, Training, TrainingData};

use super::Settings;
use crate::Parameters;
use crate::analysis::calibration::temperature;
use crate::analysis::evaluate::outputs;
use crate::data::Dataset;
use crate::store::model_file::{ModelBytes, export, joined};

/// The model file of a training with `settings` on `data`, its parameters as of `epoch`.
///
/// # Errors
/// As [`export`].
pub fn export_run(
    parameters: &Parameters,
    settings: &Settings,
    epoch: u32,
    data: &Dataset,
) -> Result<ModelBytes> {
    let classes = joined(&data.class_names);
    let answers = outputs(&parameters.network(), &data.validation, data.scaling.view())?;
    let temperature = temperature(&answers, &data.validation.labels);
    let confidence = Confidence { temperature, ..Confidence::default() };
    let task = Task::Classification { classes: Names(&classes), confidence };
    let names = joined(&data.feature_names);
    let names = (!data.feature_names.is_empty()).then_some(Names(&names));
    let bounds = data.bounds().map(|(low, high)| Bounds { low, high });
    let input = Input { names, scaling: data.scaling.view(), bounds };
    let (name, identity) = (&settings.data.source, data.identity());
    let of = TrainingData { name, samples: data.train.len() as u32, sha256: Some(&identity.0) };
    let header = Header { training: training(settings, epoch), data: of, task, input };
    export(parameters, &data.shape, header)
}

/// What the header of a model file says of a training.
pub fn training(settings: &Settings, epoch: u32) -> Training {
    Training {
        objective: settings.objective.name.objective(),
        attack: settings.attack.loss.loss(),
        alpha: settings.objective.alpha,
        beta: settings.objective.beta,
        perturbation: settings.attack.perturbation,
        seed: settings.seed,
        epoch,
    }
}
