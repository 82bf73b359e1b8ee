//! `fenchel eval`.

use std::path::{Path, PathBuf};

use anyhow::Result;
use serde_json::json;

use super::hardware::HardwareArgs;
use super::samples::SampleArgs;
use super::table::table;
use crate::analysis::evaluate::{accuracy, class_accuracies};
use crate::error::printable;
use crate::store::model_file::ModelBytes;

/// Accuracy of models, computed with the bits that the device computes; or on simulated chips
#[derive(clap::Args)]
#[command(after_help = "Examples:
  fenchel eval runs/first --split validation
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
    #[command(flatten)]
    hardware: HardwareArgs,
    /// Print one JSON object a model: accuracy (a fraction), samples, with --classes classes (name, samples, accuracy); with --hardware one in all: rows hold mean, fifth_percentile, yield, and every chip
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
    let data = args.samples.load(&model)?;
    let split = args.samples.part(&data);
    let accuracy = accuracy(&model, split)?;
    let classes = if args.classes { class_accuracies(&model, split)? } else { Vec::new() };
    let classes = || model.class_names().zip(&classes);
    if args.json {
        let mut report = json!({ "accuracy": accuracy, "samples": split.len() });
        if args.classes {
            let class = |(name, &(samples, accuracy)): (&str, &(usize, Option<f64>))| json!({ "name": name, "samples": samples, "accuracy": accuracy });
            report["classes"] = classes().map(class).collect();
        }
        return super::print(report);
    }
    let name = if args.models.len() > 1 { format!("{}: ", path.display()) } else { String::new() };
    super::print(format_args!("{name}accuracy {:.2} % of {} samples", 100.0 * accuracy, split.len()))?;
    let percent = |accuracy: f64| format!("{:.2} %", 100.0 * accuracy);
    let row = |(name, &(samples, accuracy)): (&str, &(usize, Option<f64>))| {
        vec![printable(name), samples.to_string(), accuracy.map_or("–".into(), percent)]
    };
    table(&classes().map(row).collect::<Vec<_>>())
}
