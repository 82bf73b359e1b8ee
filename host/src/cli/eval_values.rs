//! `fenchel eval` for a model whose outputs are values.

use std::path::Path;

use anyhow::Result;
use fenchel_core::{Model, Task, Threshold};
use serde_json::{Value, json};

use super::table::table;
use crate::analysis::any_model::AnyModel;
use crate::analysis::quality::{Fit, Quality, digits};
use crate::data::Split;
use crate::error::printable;
use crate::output;

/// Prints how well the model, from the file at `path`, predicts the targets of `split`.
pub fn run(path: &Path, any: &AnyModel, split: &Split, named: bool, as_json: bool) -> Result<()> {
    let model = &any.model;
    let quality = Quality::of_outputs(model, split, &any.outputs(split)?)?;
    let fits = match &quality {
        Quality::Fits(fits) => fits.as_slice(),
        Quality::Classes(_) | Quality::Detection(_) => &[],
    };
    if as_json {
        let mut report = json!({ "samples": split.len() });
        for (name, value) in quality.figures() {
            report[name] = json!(value);
        }
        if let Quality::Detection(found) = &quality {
            report["anomalies"] = json!(found.anomalies);
            report["threshold"] = json!(threshold(model).map(|threshold| threshold.score));
            return super::print(report);
        }
        let target = |fit: &Fit| json!({ "name": fit.name, "rmse": fit.rmse, "mae": fit.mae, "r2": fit.r2 });
        report["targets"] = fits.iter().map(target).collect::<Value>();
        return super::print(report);
    }
    let name = if named { format!("{}: ", path.display()) } else { String::new() };
    super::print(format_args!("{name}{quality} of {} samples", split.len()))?;
    if let Quality::Detection(found) = &quality {
        if let Some(Threshold { score, quantile }) = threshold(model) {
            let share = 100.0 * f64::from(quantile);
            let score = digits(score.into());
            super::print(format_args!(
                "threshold {score}, which {share:.1} % of the training samples don't exceed"
            ))?;
        }
        if found.anomalies == 0 {
            let note = "no sample is known as an anomaly: --normal CLASS says which labels are normal";
            output::say(format_args!("{}: {note}", path.display()));
        }
    }
    if fits.len() < 2 {
        return Ok(());
    }
    let heading = ["target", "RMSE", "MAE", "R²"].map(String::from).to_vec();
    let row = |fit: &Fit| {
        let r2 = fit.r2.map_or("–".into(), |r2| format!("{r2:.4}"));
        vec![printable(&fit.name), digits(fit.rmse), digits(fit.mae), r2]
    };
    table(&std::iter::once(heading).chain(fits.iter().map(row)).collect::<Vec<_>>())
}

/// Returns the threshold above which the model calls a sample an anomaly.
fn threshold(model: &Model) -> Option<Threshold> {
    match model.task() {
        Task::Reconstruction { threshold } => *threshold,
        Task::Classification { .. } | Task::Regression { .. } => None,
    }
}
