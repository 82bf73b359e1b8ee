//! `fenchel train`.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::options::Options;
use crate::data;
use crate::evaluate::accuracy;
use crate::export::export_run;
use crate::run::Run;
use crate::train::{Epoch, Settings, train};

/// Train a network and keep its best model by validation accuracy
#[derive(clap::Args)]
#[command(
    allow_negative_numbers = true,
    after_help = "Examples:
  fenchel train
  fenchel train --preset robust --out runs/robust
  fenchel train --layers 64,32,32 --skip 1:3 --activation clip:0:1 --objective arovr-ab --gamma 1,0.5,1,1
  fenchel train --data mnist-folder --samples 5000 --layers 256,256 --objective arovr-g"
)]
pub struct Args {
    #[command(flatten)]
    options: Options,
    /// Folder for the run: settings, log, best model [default: a new one under runs/]
    #[arg(long)]
    out: Option<PathBuf>,
    /// Print one JSON object: test_accuracy and validation_accuracy (fractions), best_epoch, epochs, seconds, model
    #[arg(long)]
    json: bool,
}

impl Args {
    fn folder(&self, settings: &Settings) -> PathBuf {
        self.out.clone().unwrap_or_else(|| {
            let data = PathBuf::from(&settings.data);
            let data = data.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let objective = crate::spelling::name(settings.objective);
            Run::free_folder(&format!("runs/{data}-{objective}-seed{}", settings.seed))
        })
    }
}

pub fn run(args: &Args) -> Result<()> {
    let start = Instant::now();
    let settings = args.options.settings();
    let data = data::load(&settings.data)?;
    settings.check(&data)?;
    let mut run = Run::create(&args.folder(&settings), &settings)?;
    let bar = progress(settings.pretrain + settings.epochs);
    let mut warned = false;
    let trained = train(&settings, &data, &mut |epoch| {
        run.log(epoch)?;
        if let Some(text) = warning(epoch).filter(|_| !warned) {
            warned = true;
            match &bar {
                Some(bar) => bar.suspend(|| eprintln!("{text}")),
                None => eprintln!("{text}"),
            }
        }
        show(bar.as_ref(), epoch, if epoch.pretraining { settings.pretrain } else { settings.epochs });
        Ok(())
    })?;
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    let bytes = export_run(&trained.parameters, &settings, trained.best.epoch, &data)?;
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

/// What to say once an untargeted objective leaves its bound, or drops samples.
fn warning(epoch: &Epoch) -> Option<String> {
    let number = epoch.epoch;
    if epoch.unbounded > 0 {
        let count = epoch.unbounded;
        return Some(format!(
            "warning: epoch {number}: {count} samples had an inference problem without a minimum and were \
             dropped from the gradient; a smaller --beta or --alpha, or a targeted --attack, helps"
        ));
    }
    let safety = epoch.safety.filter(|safety| safety.beyond > 0)?;
    Some(format!(
        "warning: epoch {number}: {} of {} training samples are beyond the safe bound, {:.3} for the smallest, and \
         the nudge is {}: their problem has no minimum near the forward pass. A smaller --beta or --alpha, or a \
         targeted --attack, helps; samples found without a minimum are dropped.",
        safety.beyond, safety.samples, safety.smallest_bound, safety.strength
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
            let phase = if epoch.pretraining { "pretraining, " } else { "" };
            eprintln!("{phase}epoch {}/{epochs}: {message}, {:.1} s", epoch.epoch, epoch.seconds);
        }
        None => {}
    }
}
