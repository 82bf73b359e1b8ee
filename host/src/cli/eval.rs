//! `fenchel eval`.

use std::path::{Path, PathBuf};

use anyhow::Result;
use fenchel_core::{Model, Task};
use serde_json::json;

use super::eval_classes;
use super::eval_values;
use super::hardware::HardwareArgs;
use super::samples::SampleArgs;
use crate::analysis::any_model::{AnyBytes, AnyModel};
use crate::analysis::calibration::{Answered, answered, calibration_error, threshold};
use crate::data::Split;
use crate::error::require;
use crate::task::{Confusion, TaskName};

/// Evaluate models: accuracy, or errors and R² of real-valued targets, with the bits that the device computes; or accuracy on simulated chips
#[derive(clap::Args)]
#[command(after_help = "Examples:
  fenchel eval runs/first --split validation
  fenchel eval runs/first --coverage 0.95
  fenchel eval runs/first runs/second --hardware reram --chips 50
  fenchel eval runs/first --hardware ideal --sweep programming_noise=0:0.3:7 --plot noise.svg")]
pub struct Args {
    /// Model files or run folders
    #[arg(required = true, value_name = "MODEL")]
    models: Vec<PathBuf>,
    #[command(flatten)]
    samples: SampleArgs,
    /// Also print recall, precision and F1 of each class, and the confusion matrix
    #[arg(long, conflicts_with = "hardware")]
    classes: bool,
    /// Choose a margin on validation samples so that this share is answered, and print how many answers are right then; without a value, for several shares. `infer --reject` takes the margin
    #[arg(long, value_name = "SHARE", num_args = 0..=1, default_missing_value = "0", conflicts_with = "hardware")]
    coverage: Option<f64>,
    #[command(flatten)]
    hardware: HardwareArgs,
    /// Print one JSON object for each model: accuracy (a fraction), samples, calibration_error and uncalibrated_error (fractions), with --coverage answered (margin, coverage, accuracy), with --classes classes (name, samples, accuracy); with --hardware one object in all, whose rows have mean, fifth_percentile, yield, and every chip
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<()> {
    if let Some(profile) = &args.hardware.hardware {
        return args.hardware.run(profile, &args.models, &args.samples, args.json);
    }
    args.models.iter().try_for_each(|model| evaluate(model, args))
}

fn evaluate(path: &Path, args: &Args) -> Result<()> {
    let bytes = AnyBytes::read(path)?;
    let any = bytes.model(path.display())?;
    let model = &any.model;
    let chosen = args.samples.load(path, model)?;
    let split = chosen.split();
    match TaskName::of(model.task()) {
        TaskName::Classify => {}
        TaskName::Regress | TaskName::Reconstruct => {
            let got = "one whose outputs are values";
            require!(!args.classes, "--classes", "a model of classes", got);
            require!(args.coverage.is_none(), "--coverage", "a model of classes", got);
            return eval_values::run(path, &any, &split, args.models.len() > 1, args.json);
        }
    }
    let outputs = any.outputs(&split)?;
    let confusion = Confusion::new(&outputs, &split.labels, model.network().output_units());
    let calibration = calibration(model, &outputs, &split);
    let answered = coverage(&any, &chosen.data.validation, &outputs, &split, args.coverage)?;
    if args.json {
        let mut report = eval_classes::report(&confusion);
        if let Some([calibrated, plain]) = calibration {
            (report["calibration_error"], report["uncalibrated_error"]) = (json!(calibrated), json!(plain));
        }
        if args.coverage.is_some() {
            let row = |row: &Answered| json!({ "margin": row.margin, "coverage": row.coverage, "accuracy": row.accuracy });
            report["answered"] = answered.iter().map(row).collect();
        }
        if args.classes {
            report["classes"] = eval_classes::classes(model, &confusion);
        }
        return super::print(report);
    }
    let name = if args.models.len() > 1 { format!("{}: ", path.display()) } else { String::new() };
    let percent = |share: f64| format!("{:.2} %", 100.0 * share);
    let accuracy = percent(confusion.accuracy());
    super::print(format_args!("{name}accuracy {accuracy} of {} samples", split.len()))?;
    let [balanced, f1] = [confusion.balanced_accuracy(), confusion.macro_f1()].map(percent);
    super::print(format_args!("balanced accuracy {balanced}, macro F1 {f1}"))?;
    if let Some([calibrated, plain]) = calibration {
        let [calibrated, plain] = [calibrated, plain].map(|error| 100.0 * error);
        super::print(format_args!(
            "expected calibration error {calibrated:.2} points ({plain:.2} without the model's temperature)"
        ))?;
    }
    for row in &answered {
        let right = row.accuracy.map_or("–".into(), percent);
        super::print(format_args!(
            "--reject {:.4} answers {:.1} %, {right} of them right",
            row.margin,
            100.0 * row.coverage
        ))?;
    }
    if args.classes { eval_classes::print(model, &confusion) } else { Ok(()) }
}

/// Returns the expected calibration error with and without the model's temperature; `None` if it has none.
fn calibration(model: &Model, outputs: &[f32], split: &Split) -> Option<[f64; 2]> {
    let temperature = match model.task() {
        Task::Classification { confidence, .. } => confidence.temperature?,
        Task::Regression { .. } | Task::Reconstruction { .. } => return None,
    };
    Some([temperature, 1.0].map(|temperature| calibration_error(outputs, &split.labels, temperature)))
}

/// Returns coverage and accuracy on `split` at margins that answer the share `asked` of the validation
/// samples; several shares if it is 0.
fn coverage(
    model: &AnyModel,
    validation: &Split,
    own: &[f32],
    split: &Split,
    asked: Option<f64>,
) -> Result<Vec<Answered>> {
    const SHARES: [f64; 6] = [1.0, 0.99, 0.95, 0.9, 0.8, 0.5];
    let Some(asked) = asked else { return Ok(Vec::new()) };
    require!((0.0..=1.0).contains(&asked), "--coverage", "a share from 0 to 1", asked);
    let validating = model.outputs(validation)?;
    let shares = if asked > 0.0 { vec![asked] } else { SHARES.to_vec() };
    let row = |share| answered(own, &split.labels, threshold(&validating, validation.len(), share));
    Ok(shares.into_iter().map(row).collect())
}
