//! `fenchel eval`.

use std::path::{Path, PathBuf};

use anyhow::Result;
use serde_json::json;

use super::hardware::HardwareArgs;
use super::samples::SampleArgs;
use crate::evaluate::accuracy;
use crate::export::ModelBytes;

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
    #[command(flatten)]
    hardware: HardwareArgs,
    /// Print one JSON object a model: accuracy (a fraction), samples; with --hardware one in all: rows hold mean, fifth_percentile, yield, and every chip
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
    if args.json {
        return super::print(json!({ "accuracy": accuracy, "samples": split.len() }));
    }
    let name = if args.models.len() > 1 { format!("{}: ", path.display()) } else { String::new() };
    super::print(format_args!("{name}accuracy {:.2} % of {} samples", 100.0 * accuracy, split.len()))
}
