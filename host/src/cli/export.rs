//! `fenchel export`.

use std::path::PathBuf;

use anyhow::Result;
use fenchel_core::{Model, Precision};
use serde_json::json;

use crate::analysis::evaluate::accuracy;
use crate::convert::quantise::{name, narrow};
use crate::output;
use crate::store::files;
use crate::store::model_file::ModelBytes;
use crate::{convert, data};

/// Write a run's best model as a model file, which every command and the firmware take
#[derive(clap::Args)]
#[command(after_help = "Examples:
  fenchel export runs/first -o model.fenchel --weights f16
  fenchel export runs/first -o weights.safetensors --format safetensors
  fenchel export runs/first -o model.h --format c-header")]
pub struct Args {
    /// Run folder or model file
    run: PathBuf,
    /// Where to write the model file
    #[arg(short, long)]
    output: PathBuf,
    /// What to write: the model file, or its weights for other programs, or its bytes for a C program
    #[arg(long, value_enum, default_value = "model")]
    format: convert::Form,
    /// Form of the weights; another than the model's prints the test accuracy of both
    #[arg(long, value_enum)]
    weights: Option<Form>,
    /// Print one JSON object: model (path), bytes; with --weights accuracy (of each form)
    #[arg(long)]
    json: bool,
}

/// Forms of weights.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Form {
    /// 4 bytes each
    F32,
    /// Half precision, 2 bytes each
    F16,
    /// 1 byte each, and a scale for each row
    Int8,
}

impl Form {
    fn precision(self) -> Precision {
        match self {
            Self::F32 => Precision::F32,
            Self::F16 => Precision::F16,
            Self::Int8 => Precision::Int8,
        }
    }
}

pub fn run(args: &Args) -> Result<()> {
    let bytes = ModelBytes::read(&args.run)?;
    let model = bytes.model(args.run.display())?;
    let form = args.weights.map(Form::precision).filter(|form| *form != model.precision());
    let place = args.output.display();
    let Some(form) = form else {
        let written = convert::write(args.format, place, &bytes)?;
        files::write(&args.output, &written)?;
        if args.json {
            return super::print(json!({ "model": output::path(&args.output), "bytes": written.len() }));
        }
        return super::print(format_args!("{}: {} bytes", args.output.display(), written.len()));
    };
    let narrowed = narrow(&model, form)?;
    files::write(&args.output, &convert::write(args.format, place, &narrowed)?)?;
    let before = test_accuracy(&model);
    let after = test_accuracy(&narrowed.model(args.output.display())?);
    if args.json {
        let accuracy = json!({ name(model.precision()): before, name(form): after });
        return super::print(
            json!({ "model": output::path(&args.output), "bytes": narrowed.len(), "accuracy": accuracy }),
        );
    }
    let percent = |accuracy: Option<f64>| {
        accuracy
            .map_or("unknown, its data isn't here".into(), |accuracy| format!("{:.2} %", 100.0 * accuracy))
    };
    super::print(format_args!(
        "{}: {} bytes\ntest accuracy {} as {}, {} as {}",
        args.output.display(),
        narrowed.len(),
        percent(before),
        name(model.precision()),
        percent(after),
        name(form)
    ))
}

/// On the test set that the model names, if that is here.
fn test_accuracy(model: &Model) -> Option<f64> {
    accuracy(model, &data::load(model.training().data).ok()?.test).ok()
}
