//! `fenchel eval`.

use std::path::{Path, PathBuf};

use anyhow::Result;
use fenchel_core::{Model, Task};
use serde_json::json;

use super::hardware::HardwareArgs;
use super::samples::SampleArgs;
use super::table::table;
use crate::analysis::calibration::{Answered, answered, calibration_error, threshold};
use crate::analysis::evaluate::{accuracy, class_accuracies, outputs};
use crate::data::Split;
use crate::error::{printable, require};
use crate::store::model_file::ModelBytes;

/// Accuracy of models, computed with the bits that the device computes; or on simulated chips
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
    /// Also the accuracy on each class's samples
    #[arg(long, conflicts_with = "hardware")]
    classes: bool,
    /// Choose a margin on validation samples so that this share is answered, and say how much is right then; without a value, for several shares. `infer --reject` takes the margin
    #[arg(long, value_name = "SHARE", num_args = 0..=1, default_missing_value = "0", conflicts_with = "hardware")]
    coverage: Option<f64>,
    #[command(flatten)]
    hardware: HardwareArgs,
    /// Print one JSON object a model: accuracy (a fraction), samples, calibration_error and uncalibrated_error (fractions), with --coverage answered (margin, coverage, accuracy), with --classes classes (name, samples, accuracy); with --hardware one in all: rows hold mean, fifth_percentile, yield, and every chip
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
    let bytes = ModelBytes::read(path)?;
    let model = bytes.model(path.display())?;
    let chosen = args.samples.load(path, &model)?;
    let split = chosen.split();
    let accuracy = accuracy(&model, &split)?;
    let calibration = calibration(&model, &split)?;
    let answered = coverage(&model, &chosen.data.validation, &split, args.coverage)?;
    let classes = if args.classes { class_accuracies(&model, &split)? } else { Vec::new() };
    let classes = || model.class_names().zip(&classes);
    if args.json {
        let mut report = json!({ "accuracy": accuracy, "samples": split.len() });
        if let Some([calibrated, plain]) = calibration {
            (report["calibration_error"], report["uncalibrated_error"]) = (json!(calibrated), json!(plain));
        }
        if args.coverage.is_some() {
            let row = |row: &Answered| json!({ "margin": row.margin, "coverage": row.coverage, "accuracy": row.accuracy });
            report["answered"] = answered.iter().map(row).collect();
        }
        if args.classes {
            let class = |(name, &(samples, accuracy)): (&str, &(usize, Option<f64>))| json!({ "name": name, "samples": samples, "accuracy": accuracy });
            report["classes"] = classes().map(class).collect();
        }
        return super::print(report);
    }
    let name = if args.models.len() > 1 { format!("{}: ", path.display()) } else { String::new() };
    super::print(format_args!("{name}accuracy {:.2} % of {} samples", 100.0 * accuracy, split.len()))?;
    if let Some([calibrated, plain]) = calibration {
        let [calibrated, plain] = [calibrated, plain].map(|error| 100.0 * error);
        super::print(format_args!(
            "expected calibration error {calibrated:.2} points ({plain:.2} without the model's temperature)"
        ))?;
    }
    for row in &answered {
        let right = row.accuracy.map_or("–".into(), |share| format!("{:.2} %", 100.0 * share));
        super::print(format_args!(
            "--reject {:.4} answers {:.1} %, {right} of them right",
            row.margin,
            100.0 * row.coverage
        ))?;
    }
    let percent = |accuracy: f64| format!("{:.2} %", 100.0 * accuracy);
    let row = |(name, &(samples, accuracy)): (&str, &(usize, Option<f64>))| {
        vec![printable(name), samples.to_string(), accuracy.map_or("–".into(), percent)]
    };
    table(&classes().map(row).collect::<Vec<_>>())
}

/// The expected calibration error with and without the model's temperature; none if it has none.
fn calibration(model: &Model, split: &Split) -> Result<Option<[f64; 2]>> {
    let temperature = match model.task() {
        Task::Classification { confidence, .. } => confidence.temperature,
        Task::Regression { .. } | Task::Reconstruction { .. } => None,
    };
    let Some(temperature) = temperature else { return Ok(None) };
    let outputs = outputs(&model.network(), split, model.scaling())?;
    Ok(Some([temperature, 1.0].map(|temperature| calibration_error(&outputs, &split.labels, temperature))))
}

/// Coverage and accuracy on `split` at margins that answer the share `asked` of the validation samples; several
/// shares if it is 0.
fn coverage(model: &Model, validation: &Split, split: &Split, asked: Option<f64>) -> Result<Vec<Answered>> {
    const SHARES: [f64; 6] = [1.0, 0.99, 0.95, 0.9, 0.8, 0.5];
    let Some(asked) = asked else { return Ok(Vec::new()) };
    require!((0.0..=1.0).contains(&asked), "--coverage", "a share from 0 to 1", asked);
    let validating = outputs(&model.network(), validation, model.scaling())?;
    let own = outputs(&model.network(), split, model.scaling())?;
    let shares = if asked > 0.0 { vec![asked] } else { SHARES.to_vec() };
    let row = |share| answered(&own, &split.labels, threshold(&validating, validation.len(), share));
    Ok(shares.into_iter().map(row).collect())
}
