//! `fenchel train`.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use indicatif::ProgressBar;
use serde_json::json;

use super::options::Options;
use crate::analysis::evaluate::accuracy;
use crate::data::{self, Dataset};
use crate::output::{self, say, say_above};
use crate::store::model_file::export_run;
use crate::store::run::{BEST, CHECKPOINT, LAST, Run};
use crate::train::{Checkpoint, Epoch, Logged, Settings, Step, Trained, Trainer};

/// Train a network and keep its best model by validation accuracy
#[derive(clap::Args)]
#[command(
    allow_negative_numbers = true,
    after_help = "Examples:
  fenchel train
  fenchel train --preset robust --out runs/robust
  fenchel train --resume runs/robust
  fenchel train --layers 64,32,32 --skip 1:3 --activation clip:0:1 --objective arovr-ab --gamma 1,0.5,1,1
  fenchel train --data mnist-folder --samples 5000 --layers 256,256 --objective arovr-g"
)]
pub struct Args {
    #[command(flatten)]
    options: Options,
    /// Go on with a run that was interrupted or killed, to the same bits
    #[arg(long, value_name = "RUN", conflicts_with_all = ["Options", "ReadingArgs", "SplitArgs", "out"])]
    resume: Option<PathBuf>,
    /// Folder for the run: settings, log, checkpoint, best and last model [default: a new one under runs/]
    #[arg(long)]
    out: Option<PathBuf>,
    /// Print one JSON object: test_accuracy and validation_accuracy (fractions), best_epoch, epochs, seconds, model
    #[arg(long)]
    json: bool,
    /// No progress; warnings stay
    #[arg(long, short)]
    quiet: bool,
    /// A line an epoch with all that the log has
    #[arg(long, short, conflicts_with = "quiet")]
    verbose: bool,
}

/// How much to say of progress.
#[derive(Clone, Copy)]
enum Loudness {
    Quiet,
    Usual,
    Verbose,
}

fn new_folder(settings: &Settings) -> PathBuf {
    let data = PathBuf::from(&settings.data.source);
    let data = data.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let objective = crate::spelling::name(settings.objective.name);
    Run::free_folder(&format!("runs/{data}-{objective}-seed{}", settings.seed))
}

pub fn run(args: &Args) -> Result<()> {
    let (mut run, settings, checkpoint, data);
    if let Some(folder) = &args.resume {
        (run, settings, checkpoint) = Run::resume(folder)?;
        data = data::load_as(&settings.data.source, &settings.reading)?;
    } else {
        settings = args.options.settings()?;
        data = data::load_as(&settings.data.source, &settings.reading)?;
        settings.check(&data)?;
        let folder = args.out.clone().unwrap_or_else(|| new_folder(&settings));
        run = Run::create(&folder, &settings)?;
        checkpoint = None;
    }
    let (pretrained, trained) = checkpoint.as_ref().map_or((0, 0), Checkpoint::epochs);
    let bar = progress([pretrained, trained], [settings.optimiser.pretrain, settings.optimiser.epochs])
        .filter(|_| !args.quiet);
    let trainer = match checkpoint {
        Some(checkpoint) => Trainer::resume(checkpoint, &data)?,
        None => Trainer::new(&settings, &data)?,
    };
    let loudness = match (args.quiet, args.verbose) {
        (true, _) => Loudness::Quiet,
        (_, true) => Loudness::Verbose,
        _ => Loudness::Usual,
    };
    let trained = watched(trainer, &mut run, &settings, &data, bar.as_ref(), loudness)?;
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    let last = export_run(&trained.last_parameters, &settings, trained.last.epoch, &data)?;
    run.save(LAST, &last)?;
    let bytes = export_run(&trained.parameters, &settings, trained.best.epoch, &data)?;
    let model = run.save(BEST, &bytes)?;
    let test_accuracy = accuracy(&bytes.model(model.display())?, &data.test)?;
    let seconds = trained.last.seconds;
    if args.json {
        return super::print(json!({
            "test_accuracy": test_accuracy,
            "validation_accuracy": trained.best.validation_accuracy,
            "best_epoch": trained.best.epoch,
            "epochs": settings.optimiser.epochs,
            "seconds": seconds,
            "model": output::path(&model),
        }));
    }
    super::print(format_args!(
        "test accuracy {:.2} % (validation {:.2} %, epoch {} of {}) in {seconds:.1} s: {}",
        100.0 * test_accuracy,
        100.0 * trained.best.validation_accuracy,
        trained.best.epoch,
        settings.optimiser.epochs,
        model.display()
    ))
}

/// Train to the end, with log, checkpoints and progress; on Ctrl-C to the end of a batch.
fn watched(
    mut trainer: Trainer,
    run: &mut Run,
    settings: &Settings,
    data: &Dataset,
    bar: Option<&ProgressBar>,
    loudness: Loudness,
) -> Result<Trained> {
    /// Checkpoints take at most one part in this many of the time: an epoch may be shorter than one.
    const SHARE: u32 = 20;
    let interrupted = interrupts()?;
    let stop = || interrupted.load(Ordering::Relaxed);
    let save_best = |run: &Run, trainer: &Trainer| -> Result<()> {
        if let Some((parameters, epoch)) = trainer.best() {
            run.save(BEST, &export_run(parameters, settings, epoch.epoch, data)?)?;
        }
        Ok(())
    };
    let save = |run: &Run, trainer: &Trainer| -> Result<()> {
        save_best(run, trainer)?;
        run.save(CHECKPOINT, &trainer.checkpoint()?.to_bytes()?)?;
        Ok(())
    };
    let (mut saved, mut cost) = (Instant::now(), Duration::ZERO);
    let mut warned = false;
    loop {
        let step = trainer.advance(&stop);
        if step.is_err() {
            save_best(run, &trainer)?;
        }
        match step? {
            Step::Epoch(epoch) => {
                let logged = Logged { observed: trainer.observe()?, epoch };
                run.log(&logged)?;
                if let Some(text) = warning(&epoch).filter(|_| !warned) {
                    warned = true;
                    say_above(bar, text);
                }
                let epochs =
                    if epoch.pretraining { settings.optimiser.pretrain } else { settings.optimiser.epochs };
                match loudness {
                    Loudness::Quiet => {}
                    Loudness::Usual => show(bar, &epoch, epochs),
                    Loudness::Verbose => show_all(bar, &logged, epochs),
                }
                if saved.elapsed() >= SHARE * cost {
                    let start = Instant::now();
                    save(run, &trainer)?;
                    (saved, cost) = (Instant::now(), start.elapsed());
                }
            }
            Step::Stopped => {
                save(run, &trainer)?;
                return Err(Interrupted { folder: run.folder().to_path_buf() }.into());
            }
            Step::Finished => {
                save(run, &trainer)?;
                return trainer.finish();
            }
        }
    }
}

/// Set on Ctrl-C; another ends the process at once, unless it comes so soon that it is the same one: what passes
/// signals on, such as `timeout`, sends one to the process and one to its group.
fn interrupts() -> Result<Arc<AtomicBool>> {
    const SAME: Duration = Duration::from_millis(500);
    let interrupted = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&interrupted);
    let mut first: Option<Instant> = None;
    ctrlc::set_handler(move || {
        if first.get_or_insert_with(Instant::now).elapsed() > SAME {
            std::process::exit(130);
        }
        seen.store(true, Ordering::Relaxed);
    })?;
    Ok(interrupted)
}

/// Training ended on Ctrl-C, with everything kept. The command ends with exit code 130.
#[derive(Debug, thiserror::Error)]
#[error("interrupted; nothing is lost: go on with `fenchel train --resume {}`", folder.display())]
pub struct Interrupted {
    folder: PathBuf,
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

/// A bar on a terminal, none elsewhere, of pretraining and training together.
fn progress(done: [u32; 2], epochs: [u32; 2]) -> Option<ProgressBar> {
    let [done, epochs] = [done, epochs].map(|[first, second]| u64::from(first) + u64::from(second));
    let bar = output::bar("epoch {pos}/{len} {wide_bar} {msg} {eta} left", epochs);
    bar.map(|bar| bar.with_position(done))
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
            say(format_args!("{phase}epoch {}/{epochs}: {message}, {:.1} s", epoch.epoch, epoch.seconds));
        }
        None => {}
    }
}

/// Everything that the log says of an epoch, in a line.
fn show_all(bar: Option<&ProgressBar>, logged: &Logged, epochs: u32) {
    let Logged { observed, epoch } = logged;
    let phase = if epoch.pretraining { "pretraining, " } else { "" };
    let mut line = format!(
        "{phase}epoch {}/{epochs}: validation {:.2} %, loss {:.4}",
        epoch.epoch,
        100.0 * epoch.validation_accuracy,
        epoch.validation_loss
    );
    if let Some(norm) = observed.gradient_norm {
        line += &format!(", gradient {norm:.3}");
    }
    if let (Some([first, second]), Some(residuals)) = (observed.energies, observed.residuals) {
        line += &format!(
            ", energies {first:.5} {second:.5}, residuals {:.1e} {:.1e}",
            residuals[0], residuals[1]
        );
    }
    if let Some(cosine) = observed.cosine {
        line += &format!(", cosine with back-propagation {cosine:.4}");
    }
    if epoch.unbounded > 0 {
        line += &format!(", {} unbounded", epoch.unbounded);
    }
    line += &format!(", {:.1} s", epoch.seconds);
    say_above(bar, line);
    if let Some(bar) = bar {
        bar.inc(1);
    }
}
