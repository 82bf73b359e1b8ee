//! Writes the model file of a training, with its settings in the header.

use anyhow::Result;
use fenchel_core::{Bounds, Confidence, Header, Input, Names, Task, Training, TrainingData};

use super::refit::refit_temperature;
use super::{Settings, Trained, mend};
use crate::Parameters;
use crate::analysis::calibration::temperature;
use crate::analysis::evaluate::outputs;
use crate::data::Dataset;
use crate::store::model_file::{ModelBytes, export, joined};
use crate::task::TaskName;

/// Writes the model file of a training with `settings` on `data`, with the parameters after `epoch`.
///
/// # Errors
/// Fails as [`export`] does.
pub fn export_run(
    parameters: &Parameters,
    settings: &Settings,
    epoch: u32,
    data: &Dataset,
) -> Result<ModelBytes> {
    let temperature = match settings.task {
        TaskName::Classify => {
            let answers = outputs(&parameters.network(), &data.validation, data.scaling.view())?;
            temperature(&answers, &data.validation.labels)
        }
        TaskName::Regress | TaskName::Reconstruct => None,
    };
    file(parameters, settings, epoch, data, data.train.len(), temperature)
}

/// Returns the model file of the best parameters of a training with `settings` on `data`: those of its best epoch, or
/// those of the fit to training and validation samples together, whose temperature comes from samples that such a fit
/// has not seen.
///
/// # Errors
/// Fails as [`export`] and [`Trainer::epoch`](super::Trainer::epoch) do.
pub fn export_best(trained: &Trained, settings: &Settings, data: &Dataset) -> Result<ModelBytes> {
    let Some(epochs) = trained.refit else {
        return export_run(&trained.parameters, settings, trained.best.epoch, data);
    };
    let temperature = match settings.task {
        TaskName::Classify => refit_temperature(settings, data, trained)?,
        TaskName::Regress | TaskName::Reconstruct => None,
    };
    let samples = data.train.len() + data.validation.len();
    file(&trained.parameters, settings, epochs, data, samples, temperature)
}

/// Returns the model file of `parameters` that were fitted to so many `samples` of `data`.
fn file(
    parameters: &Parameters,
    settings: &Settings,
    epoch: u32,
    data: &Dataset,
    samples: usize,
    temperature: Option<f32>,
) -> Result<ModelBytes> {
    let (mended, scaling);
    let mut parameters = parameters;
    let named;
    let task = match settings.task {
        TaskName::Classify => {
            named = joined(&data.class_names);
            let confidence = Confidence { temperature, ..Confidence::default() };
            Task::Classification { classes: Names(&named), confidence }
        }
        TaskName::Regress => {
            named = joined(&data.target_names);
            scaling = mend::target_scaling(parameters, data)?;
            Task::Regression { targets: Names(&named), scaling: scaling.view() }
        }
        TaskName::Reconstruct => {
            mended = mend::reconstruction(parameters, data)?;
            parameters = &mended;
            Task::Reconstruction { threshold: None }
        }
    };
    let names = joined(&data.feature_names);
    let names = (!data.feature_names.is_empty()).then_some(Names(&names));
    let bounds = data.bounds().map(|(low, high)| Bounds { low, high });
    let input = Input { names, scaling: data.scaling.view(), bounds };
    let (name, identity) = (&settings.data.source, data.identity());
    let of = TrainingData { name, samples: samples as u32, sha256: Some(&identity.0) };
    let header = Header { training: training(settings, epoch), data: of, task, input };
    let model = export(parameters, &data.shape, header)?;
    if settings.task != TaskName::Reconstruct {
        return Ok(model);
    }
    // Measured with the bits that a device computes.
    let threshold = mend::threshold(&model.model("the trained model")?, data, settings.quantile)?;
    export(parameters, &data.shape, Header { task: Task::Reconstruction { threshold }, ..header })
}

/// Returns what the header of a model file says about a training.
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
