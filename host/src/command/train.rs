//! `fenchel train`.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::Result;
use fenchel_core::{Perturbation, Schedule, Training};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use crate::data;
use crate::evaluate::accuracy;
use crate::export::export;
use crate::run::Run;
use crate::spelling::{parse_perturbation, parse_schedule};
use crate::train::{Epoch, ObjectiveName, Settings, train};

/// Train a network and keep its best model by validation accuracy
#[derive(clap::Args)]
#[command(after_help = "Examples:
  fenchel train
  fenchel train --objective arovr-g --out runs/robust
  fenchel train --data mnist-folder --samples 5000 --layers 256,256 --objective arovr-g")]
pub struct Args {
    /// digits, fashion-mnist, a folder of IDX files (MNIST's form) or a CSV file with labels last
    #[arg(long, default_value = "digits")]
    data: String,
    /// Train on a random subset of this many samples [default: all]
    #[arg(long)]
    samples: Option<usize>,
    /// Units of each hidden block, lowest first
    #[arg(long, value_delimiter = ',', default_value = "64,32")]
    layers: Vec<usize>,
    /// What to minimise
    #[arg(long, value_enum, default_value = "arovr-g")]
    objective: ObjectiveName,
    /// Weight of the loss against the attack, in (0, 1]
    #[arg(long, default_value_t = 0.49)]
    alpha: f32,
    /// Strength of the nudge, above 0
    #[arg(long, default_value_t = 0.25)]
    beta: f32,
    /// Noise in the energy: none or gaussian:STD [default: gaussian:0.0625 for arovr-g, none otherwise]
    #[arg(long, value_parser = parse_perturbation)]
    perturbation: Option<Perturbation>,
    /// Passes over the samples
    #[arg(long, default_value_t = 100)]
    epochs: u32,
    /// Samples a step
    #[arg(long, default_value_t = 50)]
    batch: usize,
    /// Adam's learning rate
    #[arg(long, default_value_t = 1e-3)]
    rate: f32,
    /// Of subset, initialisation, order and every draw
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Order of updates in a relaxation: forward-backward, unitwise or backward
    #[arg(long, value_parser = parse_schedule, default_value = "forward-backward")]
    schedule: Schedule,
    /// Sweeps a relaxation; an odd number of forward-backward sweeps errs systematically
    #[arg(long, default_value_t = 2)]
    sweeps: u32,
    /// Folder for the run: settings, log, best model [default: a new one under runs/]
    #[arg(long)]
    out: Option<PathBuf>,
    /// Print one JSON object: test_accuracy and validation_accuracy (fractions), best_epoch, epochs, seconds, model
    #[arg(long)]
    json: bool,
}

impl Args {
    fn settings(&self) -> Settings {
        Settings {
            data: self.data.clone(),
            samples: self.samples,
            layers: self.layers.clone(),
            objective: self.objective,
            alpha: self.alpha,
            beta: self.beta,
            perturbation: self.perturbation.unwrap_or(self.objective.perturbation()),
            epochs: self.epochs,
            batch: self.batch,
            rate: self.rate,
            seed: self.seed,
            schedule: self.schedule,
            sweeps: self.sweeps,
        }
    }

    fn folder(&self, settings: &Settings) -> PathBuf {
        self.out.clone().unwrap_or_else(|| {
            let data = PathBuf::from(&self.data);
            let data = data.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let objective = crate::spelling::objective(settings.objective);
            Run::free_folder(&format!("runs/{data}-{objective}-seed{}", self.seed))
        })
    }
}

pub fn run(args: &Args) -> Result<()> {
    let start = Instant::now();
    let settings = args.settings();
    let data = data::load(&settings.data)?;
    settings.check(&data)?;
    let mut run = Run::create(&args.folder(&settings), &settings)?;
    let bar = progress(settings.epochs);
    let trained = train(&settings, &data, &mut |epoch| {
        run.log(epoch)?;
        show(bar.as_ref(), epoch, settings.epochs);
        Ok(())
    })?;
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    let training = Training {
        objective: settings.objective.objective(),
        attack: fenchel_core::Attack::Targeted,
        alpha: settings.alpha,
        beta: settings.beta,
        perturbation: settings.perturbation,
        seed: settings.seed,
        epoch: trained.best.epoch,
        data: &settings.data,
    };
    let bytes = export(&trained.parameters, training, data.scaling, &data.class_names)?;
    let model = run.save_best(&bytes)?;
    let test_accuracy = accuracy(&bytes.model(model.display())?, &data.test)?;
    let seconds = start.elapsed().as_secs_f64();
    if args.json {
        return super::print(json!({
            "test_accuracy": test_accuracy,
            "validation_accuracy": trained.best.validation_accuracy,
            "best_epoch": trained.best.epoch,
            "epochs": settings.epochs,
            "seconds": seconds,
            "model": model,
        }));
    }
    super::print(format_args!(
        "test accuracy {:.2} % (validation {:.2} %, epoch {} of {}) in {seconds:.1} s: {}",
        100.0 * test_accuracy,
        100.0 * trained.best.validation_accuracy,
        trained.best.epoch,
        settings.epochs,
        model.display()
    ))
}

/// A bar on a terminal, none elsewhere.
fn progress(epochs: u32) -> Option<ProgressBar> {
    std::io::stderr().is_terminal().then(|| {
        let style = ProgressStyle::with_template("epoch {pos}/{len} {wide_bar} {msg} {eta} left");
        ProgressBar::new(epochs.into()).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
    })
}

fn show(bar: Option<&ProgressBar>, epoch: &Epoch, epochs: u32) {
    let accuracy = 100.0 * epoch.validation_accuracy;
    let dropped =
        if epoch.unbounded > 0 { format!(", {} unbounded", epoch.unbounded) } else { String::new() };
    let message = format!("validation {accuracy:.2} %{dropped}");
    match bar {
        Some(bar) => {
            bar.set_message(message);
            bar.inc(1);
        }
        None if epoch.epoch.is_multiple_of(10) || epoch.epoch == 1 || epoch.epoch == epochs => {
            eprintln!("epoch {}/{epochs}: {message}, {:.1} s", epoch.epoch, epoch.seconds);
        }
        None => {}
    }
}
