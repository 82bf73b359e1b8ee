//! `fenchel adapt`.

use std::path::PathBuf;

use anyhow::{Context, Result};
use fenchel_core::{LearnSettings, Model, Objective, Rollback, Scope, StepRule, Task};
use serde_json::json;

use super::adapt_chips::{self, ChipArgs};
use super::reading::ReadingArgs;
use super::samples::SampleArgs;
use super::table::table;
use crate::BadInput;
use crate::adapt::{self, Adapted, Drift, Drifter, Plan, Point, recovered};
use crate::analysis::evaluate::check_fits;
use crate::data::{self, Dataset, Split};
use crate::error::require;
use crate::output;
use crate::report;
use crate::store::files;
use crate::store::model_file::ModelBytes;

/// Let a model go on learning, one sample at a time, with the bits that a device computes
///
/// The accuracy on new and on original data is measured on the way. The new data are a file of labelled samples in
/// order of time, whose last fifth tests, or are made from the model's own data by `--drift`.
#[derive(clap::Args)]
#[command(
    allow_negative_numbers = true,
    after_help = "Examples:
  fenchel adapt runs/first --drift gain
  fenchel adapt runs/gestures --data stream.csv --out adapted.fenchel
  fenchel adapt runs/first --hardware severe --chips 5 --method in-loop,off-chip
  fenchel adapt runs/first --drift rotate --ring 200 --replays 4 --originals 50 --plot adapt.svg --json"
)]
pub struct Args {
    /// Model file or run folder
    model: PathBuf,
    /// Labelled samples to learn from, a CSV or NPZ file; with --drift, the data that the drift changes [default: with --drift, what the model was trained on]
    #[arg(long)]
    data: Option<String>,
    /// Change the data as they may change after training: gain (and offset of each value), rotate, rows (dead and noisy), noise, or new-class (the last class was never seen)
    #[arg(long, value_enum, required_unless_present_any = ["data", "hardware"])]
    drift: Option<Drift>,
    /// Number of samples to learn from; a shorter stream begins again
    #[arg(long, default_value_t = 1000)]
    samples: usize,
    /// Parameters that learn: all, last (block), biases, or the numbers of blocks from 1, such as 1,3
    #[arg(long, default_value = "all", value_parser = scope)]
    scope: Scope,
    /// Share of a sample's loss that a step removes; above 0.4 it may diverge [default: 0.2; on chips 0.3, since their devices follow only in part]
    #[arg(long)]
    share: Option<f32>,
    /// Strength of the nudge β; a tiny one makes it back-propagation
    #[arg(long, default_value_t = 0.25)]
    beta: f32,
    /// Number of sweeps of the relaxation after its first backward pass, an even number
    #[arg(long, default_value_t = 0)]
    sweeps: u32,
    /// Don't learn from a sample whose right output leads by more than this
    #[arg(long, value_name = "MARGIN")]
    skip: Option<f32>,
    /// Keep weights within ±CLIP/√(fan-in) [default: no limit]
    #[arg(long)]
    clip: Option<f32>,
    /// Return to a copy of the parameters if, over 100 samples, the present ones do 1.5 times worse
    #[arg(long)]
    rollback: bool,
    /// Number of past samples of the stream that are kept, to be learned again
    #[arg(long, value_name = "PLACES", default_value_t = 0, requires = "replays")]
    ring: usize,
    /// Keep these past samples balanced between the classes, so that a rare or new class isn't lost among the others
    #[arg(long, requires = "ring")]
    balanced: bool,
    /// Number of past samples that are learned again after each new one
    #[arg(long, default_value_t = 0, requires = "ring")]
    replays: usize,
    /// Number of original training samples that are kept against forgetting, one of which is learned after each new sample [default: those that the model file holds]
    #[arg(long, value_name = "SAMPLES")]
    originals: Option<usize>,
    /// Seed of the drift and of every draw
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Write the adapted model file
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write the accuracy over samples as an SVG file
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
    /// Print one JSON object on each line: samples, accuracy, original_accuracy (fractions; null without original data); a last one with before, recovered_200, recovered_1000 (share of the lost accuracy that was regained, null if not measured), weights_crc, steps, without_step; with --hardware for each method: method, samples, accuracy (mean), worst, chips, and a last one with before, recovered_200, recovered_1000, without_flaws, steps, without_step
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    on_chips: ChipArgs,
    #[command(flatten)]
    reading: ReadingArgs,
}

/// The data of an adaptation.
struct Samples {
    stream: Split,
    test: Split,
    /// Data that the model was trained on, if they are here.
    own: Option<Dataset>,
}

pub fn run(args: &Args) -> Result<()> {
    require!(args.samples > 0, "--samples", "at least 1", 0);
    let bytes = ModelBytes::read(&args.model)?;
    let model = bytes.model(args.model.display())?;
    let Task::Classification { classes, .. } = model.task() else {
        let expected = "a classifier, which labels can teach";
        return Err(BadInput::new(args.model.display(), expected, "a model of another task").into());
    };
    let samples = samples(args, &model)?;
    let unlearned = match args.drift {
        Some(Drift::NewClass) => Some(adapt::without_class(&model, classes.count() - 1)?),
        Some(Drift::Gain | Drift::Rotate | Drift::Rows | Drift::Noise) | None => None,
    };
    let begun = match &unlearned {
        Some(bytes) => bytes.model("the model without its last class")?,
        None => model.clone(),
    };
    let own = samples.own.as_ref();
    let chosen = args.originals.is_some_and(|count| count > 0);
    require!(!chosen || own.is_some(), "--originals", "the model's training data", "none");
    if let (None, Some(originals)) = (args.originals, model.originals()) {
        let count = originals.len();
        output::say(format_args!(
            "{count} original samples of the model file are learned in turn with new ones; --originals 0 leaves them out"
        ));
    }
    let plan = Plan {
        stream: &samples.stream,
        test: &samples.test,
        original_test: own.map(|own| &own.test),
        originals: own.map(|own| &own.train),
    };
    let settings = settings(args)?;
    if let Some(name) = &args.on_chips.hardware {
        let exact = crate::analysis::evaluate::accuracy(&model, own.map_or(&samples.test, |own| &own.test))?;
        let task = adapt_chips::Task { model: &begun, plan, settings, exact };
        return args.on_chips.run(name, &task, args.plot.as_deref(), args.json);
    }
    let lost_from = match (args.drift, own) {
        (Some(_), Some(own)) => Some(crate::analysis::evaluate::accuracy(&model, &own.test)?),
        (Some(_) | None, _) => None,
    };
    let mut rows = vec![["samples", "accuracy", "original"].map(String::from).to_vec()];
    let mut see = |point: &Point| {
        if args.json {
            return super::print(json!({
                "samples": point.samples,
                "accuracy": point.accuracy,
                "original_accuracy": point.original_accuracy,
            }));
        }
        let percent = |accuracy: f64| format!("{:.1} %", 100.0 * accuracy);
        let original = point.original_accuracy.map_or("–".into(), percent);
        rows.push(vec![point.samples.to_string(), percent(point.accuracy), original]);
        Ok(())
    };
    let adapted = adapt::adapt(&begun, &plan, &settings, &mut see)?;
    finish(args, &adapted, lost_from, &rows)
}

/// Writes what was asked for, and prints the table or the last object.
fn finish(args: &Args, adapted: &Adapted, lost_from: Option<f64>, rows: &[Vec<String>]) -> Result<()> {
    if let Some(path) = &args.out {
        files::write(path, &adapted.file).with_context(|| path.display().to_string())?;
    }
    if let Some(path) = &args.plot {
        files::write(path, plot(&adapted.points)?.as_bytes()).with_context(|| path.display().to_string())?;
    }
    let before = adapted.points.first().map_or(0.0, |point| point.accuracy);
    let after = |samples: usize| {
        let point = adapted.points.iter().find(|point| point.samples == samples)?;
        recovered(before, lost_from?, point.accuracy)
    };
    if args.json {
        return super::print(json!({
            "before": before,
            "recovered_200": after(200),
            "recovered_1000": after(1000),
            "weights_crc": format!("{:08x}", adapted.weights_crc),
            "steps": adapted.steps,
            "without_step": adapted.without_step,
        }));
    }
    table(rows)?;
    if let Some(share) = adapted.points.last().and_then(|point| after(point.samples)) {
        super::print(format_args!("{:.0} % of the lost accuracy is back", 100.0 * share))?;
    }
    super::print(format_args!(
        "{} steps, {} samples without; learned weights have CRC-32 {:08x}",
        adapted.steps, adapted.without_step, adapted.weights_crc
    ))
}

fn plot(points: &[Point]) -> Result<String> {
    let line = |of: fn(&Point) -> Option<f64>| -> Vec<(f64, f64)> {
        points.iter().filter_map(|point| Some((point.samples as f64, 100.0 * of(point)?))).collect()
    };
    let lines = [("new data", line(|p| Some(p.accuracy))), ("original data", line(|p| p.original_accuracy))];
    let lines = lines.into_iter().filter(|line| !line.1.is_empty());
    let lines: Vec<_> = lines.map(|(name, line)| (name.to_string(), line)).collect();
    report::line_chart("Accuracy while learning in place, %", "samples learned", &lines)
        .context("no accuracy to show")
}

fn settings(args: &Args) -> Result<adapt::Settings> {
    let positive = |value: f32| value > 0.0 && value.is_finite();
    let share = args.share.unwrap_or(if args.on_chips.hardware.is_some() { adapt::CHIP_SHARE } else { 0.2 });
    require!(positive(share), "--share", "a number above 0", share);
    require!(positive(args.beta), "--beta", "a number above 0", args.beta);
    require!(args.clip.is_none_or(positive), "--clip", "a number above 0", args.clip.unwrap_or_default());
    let mut marks = adapt::marks(args.samples);
    marks.dedup();
    Ok(adapt::Settings {
        learn: LearnSettings {
            objective: Objective::Rovr,
            beta: args.beta,
            sweeps: args.sweeps,
            rule: StepRule::Polyak { share, cap: 2.0 },
            scope: args.scope,
            skip: args.skip,
            clip: args.clip,
            rollback: args.rollback.then(Rollback::default),
            ..LearnSettings::default()
        },
        samples: args.samples,
        ring: args.ring,
        balanced: args.balanced,
        replays: args.replays,
        originals: args.originals,
        seed: args.seed,
        marks,
    })
}

fn samples(args: &Args, model: &Model) -> Result<Samples> {
    let options = SampleArgs { data: args.data.clone(), split: None, reading: args.reading.clone() };
    let features = model.network().input_units();
    if args.drift.is_some() || args.data.is_none() {
        let own = options.load(&args.model, model)?.data;
        let stream = Split::concat(&[&own.validation, &own.train]);
        let mut random = <fenchel_core::Random as rand_core::SeedableRng>::seed_from_u64(args.seed);
        let order = data::permutation(stream.len(), &mut random);
        let (mut stream, mut test) = (stream.select(features, &order), own.test.clone());
        if let Some(drift) = args.drift {
            let drifter = Drifter::new(drift, &own.shape, &own.train, args.seed)?;
            stream = drifter.apply(&stream, args.seed.wrapping_add(1));
            test = drifter.apply(&test, args.seed.wrapping_add(2));
        }
        return Ok(Samples { stream, test, own: Some(own) });
    }
    let name = args.data.as_deref().unwrap_or_default();
    let reading = data::Reading { whole: true, ..options.reading(&args.model, model)? };
    let new = data::load_as(name, &reading)?;
    check_fits(model, &new)?;
    let all = Split::concat(&[&new.train, &new.validation, &new.test]);
    require!(all.len() >= 5, name, "at least 5 samples, the last fifth of which tests", all.len());
    let indices: Vec<usize> = (0..all.len()).collect();
    let (stream, test) = indices.split_at(all.len() - all.len() / 5);
    let own = SampleArgs::default().load(&args.model, model).map(|chosen| chosen.data);
    if let Err(error) = &own {
        output::say(format_args!("without original data, whose accuracy is left out: {error:#}"));
    }
    Ok(Samples { stream: all.select(features, stream), test: all.select(features, test), own: own.ok() })
}

fn scope(text: &str) -> Result<Scope, String> {
    let blocks = |text: &str| {
        text.split(',').try_fold(0, |mask, block| {
            let block: u32 = block.trim().parse().ok()?;
            (1..32).contains(&block).then(|| mask | 1 << block)
        })
    };
    match text {
        "all" => Ok(Scope::All),
        "last" => Ok(Scope::LastBlock),
        "biases" => Ok(Scope::Biases),
        _ => blocks(text)
            .map(Scope::Blocks)
            .ok_or_else(|| "all, last, biases, or numbers of blocks from 1".into()),
    }
}
