//! `fenchel eval`.

use std::path::PathBuf;

use anyhow::Result;
use serde_json::json;

use super::samples::SampleArgs;
use crate::evaluate::accuracy;
use crate::export::ModelBytes;

/// Accuracy of a model, computed with the bits that the device computes
#[derive(clap::Args)]
#[command(after_help = "Example: fenchel eval runs/first --split validation")]
pub struct Args {
    /// Model file or run folder
    model: PathBuf,
    #[command(flatten)]
    samples: SampleArgs,
    /// Print one JSON object: accuracy (a fraction), samples
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<()> {
    let bytes = ModelBytes::read(&args.model)?;
    let model = bytes.model(args.model.display())?;
    let data = args.samples.load(&model)?;
    let split = args.samples.part(&data);
    let accuracy = accuracy(&model, split)?;
    if args.json {
        return super::print(json!({ "accuracy": accuracy, "samples": split.len() }));
    }
    super::print(format_args!("accuracy {:.2} % of {} samples", 100.0 * accuracy, split.len()))
}
