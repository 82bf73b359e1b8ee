//! Runs a training with log, checkpoints and progress, until it ends or is interrupted.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use indicatif::ProgressBar;

use crate::data::Dataset;
use crate::output::{self, say, say_above};
use crate::store::run::BEST;
use crate::task::TaskName;
use crate::train::{Epoch, Logged, Run, Settings, Step, Trained, Trainer, export_run};

/// How much progress is shown.
#[derive(Clone, Copy)]
pub enum Loudness {
    /// Only warnings.
    Quiet,
    /// A bar on a terminal, or a line for some epochs elsewhere.
    Usual,
    /// A line for every epoch.
    Verbose,
}

/// Trains to the end, with log, checkpoints and progress; after Ctrl-C, to the end of the batch.
pub fn watched(
    mut trainer: Trainer,
    run: &mut Run,
    settings: &Settings,
    data: &Dataset,
    loudness: Loudness,
) -> Result<Trained> {
    /// Checkpoints take at most one part in `SHARE` of the time, since an epoch may be shorter than writing one.
    const SHARE: u32 = 20;
    let bar = match loudness {
        Loudness::Quiet => None,
        Loudness::Usual | Loudness::Verbose => {
            let (pretrained, trained) = trainer.epochs();
            progress([pretrained, trained], [settings.optimiser.pretrain, settings.optimiser.epochs])
        }
    };
    let bar = bar.as_ref();
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
        run.save_checkpoint(trainer.checkpoint()?)
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
                let shown = score(&epoch, settings.task, data);
                match loudness {
                    Loudness::Quiet => {}
                    Loudness::Usual => show(bar, &shown, &epoch, epochs),
                    Loudness::Verbose => show_all(bar, &shown, &logged, epochs),
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
                if let Some(bar) = bar {
                    bar.finish_and_clear();
                }
                return trainer.finish();
            }
        }
    }
}

/// Returns a flag that Ctrl-C sets. A second Ctrl-C ends the process at once, unless it follows so soon
/// that it is the same one: programs that pass signals on, such as `timeout`, send one to the process and
/// one to its group.
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

/// Returns a warning if an untargeted objective leaves its bound, or drops samples.
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

/// Returns a bar for pretraining and training together on a terminal; `None` elsewhere.
fn progress(done: [u32; 2], epochs: [u32; 2]) -> Option<ProgressBar> {
    let [done, epochs] = [done, epochs].map(|[first, second]| u64::from(first) + u64::from(second));
    let bar = output::bar("epoch {pos}/{len} {wide_bar} {msg} {eta} left", epochs);
    bar.map(|bar| bar.with_position(done))
}

/// Returns the score on validation samples as text, with the balanced accuracy if classes are unequal.
fn score(epoch: &Epoch, task: TaskName, data: &Dataset) -> String {
    let score = task.shown(epoch.validation_accuracy);
    match epoch.balanced_accuracy.filter(|_| data.has_unequal_classes()) {
        Some(balanced) => format!("{score} (balanced {:.2} %)", 100.0 * balanced),
        None => score,
    }
}

fn show(bar: Option<&ProgressBar>, score: &str, epoch: &Epoch, epochs: u32) {
    let dropped =
        if epoch.unbounded > 0 { format!(", {} unbounded", epoch.unbounded) } else { String::new() };
    let message = format!("validation {score}{dropped}");
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

/// Prints everything that the log has of an epoch, in a line.
fn show_all(bar: Option<&ProgressBar>, score: &str, logged: &Logged, epochs: u32) {
    let Logged { observed, epoch } = logged;
    let phase = if epoch.pretraining { "pretraining, " } else { "" };
    let mut line = format!(
        "{phase}epoch {}/{epochs}: validation {score}, loss {:.4}",
        epoch.epoch, epoch.validation_loss
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
