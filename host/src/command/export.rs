//! `fenchel export`.

use std::path::PathBuf;

use anyhow::Result;
use serde_json::json;

use crate::export::ModelBytes;
use crate::files;

/// Write a run's best model as a model file, which every command and the firmware take
#[derive(clap::Args)]
#[command(after_help = "Example: fenchel export runs/first -o model.fenchel")]
pub struct Args {
    /// Run folder or model file
    run: PathBuf,
    /// Where to write the model file
    #[arg(short, long)]
    output: PathBuf,
    /// Print one JSON object: model (path), bytes
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<()> {
    let bytes = ModelBytes::read(&args.run)?;
    bytes.model(args.run.display())?;
    files::write(&args.output, &bytes)?;
    if args.json {
        return super::print(json!({ "model": args.output, "bytes": bytes.len() }));
    }
    super::print(format_args!("{}: {} bytes", args.output.display(), bytes.len()))
}
