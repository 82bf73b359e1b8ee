//! `fenchel eval`.

use std::path::PathBuf;

use anyhow::Result;
use serde_json::json;

use super::samples::SampleArgs;
use super::table::table;
use crate::error::printable;
use crate::evaluate::{accuracy, class_accuracies};
use crate::export::ModelBytes;

/// Accuracy of a model, computed with the bits that the device computes
#[derive(clap::Args)]
#[command(after_help = "Example: fenchel eval runs/first --split validation")]
pub struct Args {
    /// Model file or run folder
    model: PathBuf,
    #[command(flatten)]
    samples: SampleArgs,
    /// Also the accuracy on each class's samples
    #[arg(long)]
    classes: bool,
    /// Print one JSON object: accuracy (a fraction), samples; with --classes classes (name, samples, accuracy)
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<()> {
    let bytes = ModelBytes::read(&args.model)?;
    let model = bytes.model(args.model.display())?;
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
    super::print(format_args!("accuracy {:.2} % of {} samples", 100.0 * accuracy, split.len()))?;
    let percent = |accuracy: f64| format!("{:.2} %", 100.0 * accuracy);
    let row = |(name, &(samples, accuracy)): (&str, &(usize, Option<f64>))| {
        vec![printable(name), samples.to_string(), accuracy.map_or("–".into(), percent)]
    };
    table(&classes().map(row).collect::<Vec<_>>())
}
