//! `fenchel infer`.

use std::path::PathBuf;

use anyhow::Result;
use fenchel_core::label;
use serde_json::json;

use super::samples::SampleArgs;
use crate::analysis::evaluate::outputs;
use crate::error::require;
use crate::store::model_file::ModelBytes;

/// Label and outputs of each sample, one a line
#[derive(clap::Args)]
#[command(after_help = "Example: fenchel infer runs/first --index 7")]
pub struct Args {
    /// Model file or run folder
    model: PathBuf,
    #[command(flatten)]
    samples: SampleArgs,
    /// Only this sample, counted from 0
    #[arg(long)]
    index: Option<usize>,
    /// Print one JSON object a line: index, label, name, outputs
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<()> {
    let bytes = ModelBytes::read(&args.model)?;
    let model = bytes.model(args.model.display())?;
    let data = args.samples.load(&model)?;
    let split = args.samples.part(&data);
    let network = model.network();
    let range = match args.index {
        None => 0..split.len(),
        Some(index) => {
            require!(index < split.len(), "--index", format!("0 to {}", split.len() - 1), index);
            index..index + 1
        }
    };
    let names: Vec<_> = model.class_names().collect();
    let chosen: Vec<_> = range.clone().collect();
    let outputs = outputs(&network, &split.select(data.features, &chosen), model.scaling())?;
    for (index, outputs) in range.zip(outputs.chunks_exact(network.output_units())) {
        let label = label(outputs);
        if args.json {
            super::print(
                json!({ "index": index, "label": label, "name": names[label], "outputs": outputs }),
            )?;
        } else {
            super::print(format_args!("{index}: {} {outputs:.4?}", names[label].escape_debug()))?;
        }
    }
    Ok(())
}
