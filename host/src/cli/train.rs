//! `fenchel train`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args as _;
use serde_json::json;

use super::folds;
use super::options::Options;
use super::samples::warn;
use super::training::{Loudness, watched};
use crate::BadInput;
use crate::analysis::quality::Quality;
use crate::data::{self, Dataset};
use crate::output::{self, say};
use crate::store::files;
use crate::store::model_file::ModelBytes;
use crate::store::run::{BEST, LAST, free_folder};
use crate::train::{Resumed, Run, Settings, Trained, Trainer, export_best, export_run};

/// Train a network and keep its best model by validation accuracy
#[derive(clap::Args)]
#[command(
    allow_negative_numbers = true,
    after_help = "Examples:
  fenchel train
  fenchel train --preset robust --out runs/robust
  fenchel train --data mine.csv --folds 5
  fenchel train --task regress --data boiler.csv --label flow,pressure
  fenchel train --resume runs/robust
  fenchel train --resume runs/robust --epochs 200
  fenchel train --layers 64,32,32 --skip 1:3 --activation clip:0:1 --objective arovr-ab --gamma 1,0.5,1,1
  fenchel train --data mnist-folder --samples 5000 --layers 256,256 --objective arovr-g"
)]
pub struct Args {
    #[command(flatten)]
    options: Options,
    /// Continue a run that was interrupted or killed, to the same bits; with --epochs, up to that many in all
    #[arg(long, value_name = "RUN", conflicts_with = "out", conflicts_with_all = fixed_options())]
    resume: Option<PathBuf>,
    /// Folder for the run: settings, log, checkpoint, best and last model [default: a new one under runs/]
    #[arg(long)]
    out: Option<PathBuf>,
    /// Cross-validate instead: train this many times, each time with another part of the samples to test on, and print the mean accuracy and its interval; no model is kept
    #[arg(long, conflicts_with_all = ["resume", "out", "verbose"])]
    folds: Option<u32>,
    /// Print one JSON object: test_accuracy, test_balanced_accuracy and validation_accuracy (fractions; for regression test_r2, validation_r2, and of a single target test_rmse and test_mae), best_epoch, epochs, seconds, model; with --folds mean, low, high, accuracies (or r2), samples
    #[arg(long)]
    json: bool,
    /// Show no progress, only warnings
    #[arg(long, short)]
    quiet: bool,
    /// Print a line for every epoch with everything that the log has
    #[arg(long, short, conflicts_with = "quiet")]
    verbose: bool,
}

/// Returns every option that determines a run when it begins, and can't be given again.
fn fixed_options() -> Vec<clap::Id> {
    let options = Options::augment_args(clap::Command::new("options"));
    let all = options.get_arguments().map(|option| option.get_id().clone());
    all.filter(|option| option.as_str() != "epochs").collect()
}

pub fn run(args: &Args) -> Result<()> {
    match &args.resume {
        Some(folder) => resume(folder, args),
        None => begin(args),
    }
}

/// Begins a new run.
fn begin(args: &Args) -> Result<()> {
    let mut settings = args.options.settings()?;
    if let Some(folds) = args.folds {
        return folds::run(&args.options, &settings, folds, args.quiet, args.json);
    }
    for option in args.options.ignored(&settings) {
        let objective = crate::spelling::name(settings.objective.name);
        say(format_args!("warning: {option} has no effect with --objective {objective}"));
    }
    let data = data::load_as(&settings.data.source, &settings.reading)?;
    warn(&data);
    let said = args.options.fit_to(&mut settings, &data);
    said.iter().filter(|_| !args.quiet).for_each(say);
    let trainer = Trainer::new(&settings, &data)?;
    // What no model file can hold is refused now, not after the first epoch.
    export_run(trainer.parameters(), &settings, 0, &data)?;
    let run = match &args.out {
        Some(folder) => Run::create(folder, &trainer, &data)?,
        None => create_anywhere(&settings, &trainer, &data)?,
    };
    let model = Model { trainer, run, settings: &settings, data: &data };
    model.train(args)
}

/// Creates a run in a folder of its own under `runs/`.
fn create_anywhere(settings: &Settings, trainer: &Trainer, data: &Dataset) -> Result<Run> {
    let source = PathBuf::from(&settings.data.source);
    let source = source.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let objective = crate::spelling::name(settings.objective.name);
    let stem = format!("runs/{source}-{objective}-seed{}", settings.seed);
    loop {
        let folder = free_folder(&stem);
        match Run::create(&folder, trainer, data) {
            // Another training took the name in the meantime.
            Err(error) if error.is::<BadInput>() && folder.is_dir() => {}
            run => return run,
        }
    }
}

/// Continues a run that was begun before.
fn resume(folder: &Path, args: &Args) -> Result<()> {
    let Resumed { run, checkpoint, said } = Run::resume(folder, args.options.epochs())?;
    said.iter().for_each(say);
    let settings = checkpoint.settings()?;
    let data = data::load_as(&settings.data.source, &settings.reading)?;
    let trainer = Trainer::resume(checkpoint, &data)?;
    let model = Model { trainer, run, settings: &settings, data: &data };
    if model.trainer.is_finished() { model.mend() } else { model.train(args) }
}

/// A model in training, and the run that stores it.
struct Model<'a> {
    trainer: Trainer<'a>,
    run: Run,
    settings: &'a Settings,
    data: &'a Dataset,
}

impl Model<'_> {
    fn train(self, args: &Args) -> Result<()> {
        let Self { trainer, mut run, settings, data } = self;
        let loudness = match (args.quiet, args.verbose) {
            (true, _) => Loudness::Quiet,
            (_, true) => Loudness::Verbose,
            _ => Loudness::Usual,
        };
        let trained = watched(trainer, &mut run, settings, data, loudness)?;
        let [best, last] = models(&trained, settings, data)?;
        run.save(LAST, &last)?;
        let path = run.save(BEST, &best)?;
        let quality = Quality::of(&best.model(path.display())?, &data.test)?;
        let (seconds, epochs) = (trained.last.seconds, settings.optimiser.epochs);
        if args.json {
            let mut report = json!({
                "best_epoch": trained.best.epoch,
                "epochs": epochs,
                "seconds": seconds,
                "model": output::path(&path),
            });
            for (name, value) in quality.figures() {
                report[format!("test_{name}")] = json!(value);
            }
            let validation = format!("validation_{}", settings.task.measure());
            report[validation] = json!(trained.best.validation_accuracy);
            return super::print(report);
        }
        super::print(format_args!(
            "test {quality} (validation {}, epoch {} of {epochs}) in {seconds:.1} s: {}",
            settings.task.shown(trained.best.validation_accuracy),
            trained.best.epoch,
            path.display()
        ))
    }

    /// Writes the models of a finished run again if they are missing or damaged.
    fn mend(self) -> Result<()> {
        let Self { trainer, run, settings, data } = self;
        let trained = trainer.finish().context("a checkpoint of a finished run without a best epoch")?;
        let mut mended = false;
        for (name, model) in [BEST, LAST].into_iter().zip(models(&trained, settings, data)?) {
            let path = run.folder().join(name);
            if files::read(&path).is_ok_and(|bytes| bytes == model[..]) {
                continue;
            }
            run.save(name, &model)?;
            mended = true;
            say(format_args!("{}: was missing or damaged, and is written anew", path.display()));
        }
        if mended {
            return Ok(());
        }
        let epochs = settings.optimiser.epochs;
        let expected = format!("a run with epochs left of {epochs} (--epochs N trains on, to N in all)");
        Err(BadInput::new(run.folder().display(), expected, "a finished one").into())
    }
}

/// Returns the best model and the last.
fn models(trained: &Trained, settings: &Settings, data: &Dataset) -> Result<[ModelBytes; 2]> {
    Ok([
        export_best(trained, settings, data)?,
        export_run(&trained.last_parameters, settings, trained.last.epoch, data)?,
    ])
}
