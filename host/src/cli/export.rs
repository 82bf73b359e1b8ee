//! `fenchel export`.

use std::path::{Path, PathBuf};

use anyhow::Result;
use fenchel_core::{Model, Precision};
use serde_json::json;

use super::errors;
use super::samples::SampleArgs;
use crate::adapt;
use crate::analysis::quality::Quality;
use crate::convert::quantise::{name, quantise};
use crate::convert::{self, identifier};
use crate::data::Dataset;
use crate::error::{quoted, require};
use crate::output::{self, say};
use crate::store::files;
use crate::store::model_file::ModelBytes;
use crate::task::TaskName;

/// Write a run's best model as a model file, or in another format
#[derive(clap::Args)]
#[command(after_help = "Examples:
  fenchel export runs/first -o model.fenchel --weights f16
  fenchel export runs/first -o model.fenchel --arithmetic integer
  fenchel export runs/first -o model.fenchel --replay 20
  fenchel export runs/first -o weights.safetensors --format safetensors
  fenchel export runs/first -o gesture.h --format c-header
  fenchel export runs/first -o src/model.rs --format rust")]
pub struct Args {
    /// Run folder, or model file
    run: PathBuf,
    /// File to write
    #[arg(short, long)]
    output: PathBuf,
    /// Format of the file: the model file, its weights for other programs, or its bytes for a C or Rust program
    #[arg(long, value_enum, default_value = "model")]
    format: convert::Form,
    /// Beginning of the names in a C header, and stem of the model file that Rust includes [default: the output's own stem]
    #[arg(long)]
    name: Option<String>,
    /// Form of the weights; a form other than the model's also prints the test accuracy, or R², of both
    #[arg(long, value_enum)]
    weights: Option<Form>,
    /// Arithmetic of the model: f32, or integer for chips without a floating-point unit (int8 weights, int16 activities), whose cost in accuracy is printed
    #[arg(long, value_enum, default_value = "f32", conflicts_with = "weights")]
    arithmetic: ArithmeticName,
    /// Put this many original training samples into the model file, as many of each class as fit, which learning in place learns again against forgetting
    #[arg(long, value_name = "SAMPLES")]
    replay: Option<usize>,
    /// Print one JSON object: model (path), bytes; with --weights also accuracy, r2 or auroc (of each form); with --arithmetic integer the same of each arithmetic, labels_differ (a fraction) and largest_error
    #[arg(long)]
    json: bool,
}

/// The arithmetics of a model.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum ArithmeticName {
    /// Strict f32, each operation rounded
    F32,
    /// Whole numbers, without a floating-point operation
    Integer,
}

/// The forms of weights.
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
    let mut bytes = ModelBytes::read(&args.run)?;
    if let Some(count) = args.replay {
        bytes = with_originals(args, &bytes, count)?;
    }
    let model = bytes.model(args.run.display())?;
    if args.arithmetic == ArithmeticName::Integer {
        require!(
            args.format == convert::Form::Model,
            "--arithmetic integer",
            "--format model",
            "another form of file"
        );
        return super::export_integer::run(&args.run, &args.output, &model, args.json);
    }
    let form = args.weights.map(Form::precision).filter(|form| Some(*form) != model.precision());
    let Some(form) = form else {
        let written = write(args, &bytes)?;
        if args.json {
            return super::print(json!({ "model": output::path(&args.output), "bytes": written }));
        }
        return super::print(format_args!("{}: {written} bytes", args.output.display()));
    };
    let quantised = quantise(&model, form)?;
    write(args, &quantised)?;
    let data = data(&args.run, &model);
    let task = TaskName::of(model.task());
    let measure = match task {
        TaskName::Classify => "accuracy",
        TaskName::Regress => "r2",
        TaskName::Reconstruct => "auroc",
    };
    if let Err(error) = &data {
        say(format_args!("{measure} unknown: {}", errors::line(error)));
    }
    let quality = |model: &Model| Quality::of(model, &data.as_ref().ok()?.test).ok();
    let before = quality(&model);
    let after = quality(&quantised.model(args.output.display())?);
    if args.json {
        let score = |quality: &Option<Quality>| quality.as_ref().map(Quality::score);
        let scores = json!({ form_of(model.precision()): score(&before), name(form): score(&after) });
        return super::print(
            json!({ "model": output::path(&args.output), "bytes": quantised.len(), measure: scores }),
        );
    }
    let shown = |quality: &Option<Quality>| match quality {
        None => "unknown".into(),
        Some(Quality::Classes(confusion)) => format!("{:.2} %", 100.0 * confusion.accuracy()),
        Some(other) => other.to_string(),
    };
    let what = if task == TaskName::Classify { "test accuracy" } else { "test" };
    super::print(format_args!(
        "{}: {} bytes\n{what} {} as {}, {} as {}",
        args.output.display(),
        quantised.len(),
        shown(&before),
        form_of(model.precision()),
        shown(&after),
        name(form)
    ))
}

/// Returns the model file with `count` samples of the data that it was trained on.
fn with_originals(args: &Args, bytes: &ModelBytes, count: usize) -> Result<ModelBytes> {
    let model = bytes.model(args.run.display())?;
    require!(count > 0, "--replay", "at least 1", 0);
    require!(
        matches!(args.format, convert::Form::Model | convert::Form::CHeader | convert::Form::Rust),
        "--replay",
        "--format model, c-header or rust, which hold the model file",
        "another form"
    );
    require!(
        TaskName::of(model.task()) == TaskName::Classify,
        "--replay",
        "a classifier, which labels can teach",
        "a model of another task"
    );
    let features = model.network().input_units();
    let train = data(&args.run, &model)?.train;
    let mut random = <fenchel_core::Random as rand_core::SeedableRng>::seed_from_u64(model.training().seed);
    let chosen = adapt::choose(&train, features, count, "--replay", &mut random)?;
    adapt::with_originals(&model, &chosen)
}

/// Writes the model in the form that `args` ask for, with the model file beside it if that is Rust; returns
/// the bytes of the output.
fn write(args: &Args, bytes: &ModelBytes) -> Result<usize> {
    let name = name_of(args)?;
    let written = convert::write(args.format, args.output.display(), &name, bytes)?;
    if args.format == convert::Form::Rust {
        let model = args.output.with_file_name(format!("{name}.fenchel"));
        require!(model != args.output, args.output.display(), "a name that ends in .rs", "the model file's");
        files::write(&model, bytes)?;
        output::say(format_args!("fenchel: the model file that it includes: {}", model.display()));
    }
    files::write(&args.output, &written)?;
    Ok(written.len())
}

/// Returns `--name`, or the output's stem.
fn name_of(args: &Args) -> Result<String> {
    let stem = args.output.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let Some(name) = &args.name else { return Ok(stem) };
    let named = matches!(args.format, convert::Form::CHeader | convert::Form::Rust);
    require!(named, "--name", "--format c-header or rust", "another form");
    let expected = "letters, digits and underscores, a letter first";
    require!(*name == identifier(name), "--name", expected, quoted(name));
    Ok(name.clone())
}

/// Returns the data that the model at `path` was trained on, if they are here and unchanged.
pub fn data(path: &Path, model: &Model) -> Result<Dataset> {
    let chosen = SampleArgs::default().load(path, model)?;
    Ok(chosen.data)
}

/// Returns the name of a form of weights, as `--weights` takes it.
fn form_of(precision: Option<Precision>) -> String {
    precision.map_or("mixed".into(), name)
}
