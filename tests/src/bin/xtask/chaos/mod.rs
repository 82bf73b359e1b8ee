//! `cargo xtask chaos`: kills, damages and shares run folders at random. Afterwards a run has the bits of
//! one to which nothing happened, or it is refused; and every printed figure is that run's own.

mod damage;
mod reference;
mod trial;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rand_core::{Rng, SeedableRng};

use crate::process::{cargo, check, root};
use reference::Reference;
use trial::{Counts, Trial};

#[derive(clap::Args)]
pub struct Args {
    /// Minutes of trials
    #[arg(long, default_value_t = 2.0)]
    minutes: f64,
    /// Seed of everything that is drawn; how far a process gets before it is killed also depends on the
    /// machine
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// The command to try, instead of building it
    #[arg(long, value_name = "FENCHEL")]
    program: Option<PathBuf>,
}

/// Runs a minute of trials, as a step of `cargo xtask test`.
pub fn step() -> Result<()> {
    run(&Args { minutes: 1.0, seed: 0, program: None })
}

/// Runs trials until the time is over, and lists everything that was found at the end.
pub fn run(args: &Args) -> Result<()> {
    let program = match &args.program {
        Some(program) => program.canonicalize().context("--program")?,
        None => {
            check(&mut cargo(&["build", "--quiet", "--release", "--package", "fenchel"]))?;
            root().join("target/release/fenchel")
        }
    };
    let folder = root().join("target/chaos");
    if folder.exists() {
        std::fs::remove_dir_all(&folder).context("clearing target/chaos")?;
    }
    std::fs::create_dir_all(&folder)?;
    let end = Instant::now() + Duration::from_secs_f64(60.0 * args.minutes);
    let references = Reference::all(&program, &folder.join("references"))?;
    let mut random = Dice::new(args.seed);
    let (mut counts, mut findings) = (Counts::default(), Vec::new());
    for number in 0.. {
        if Instant::now() >= end {
            break;
        }
        let place = folder.join("trial");
        let mut trial = Trial::new(&program, &place, &references, &mut random)?;
        let outcome = trial.run();
        counts.add(&trial.counts);
        if let Err(error) = outcome {
            let kept = keep(&folder, &place, number)?;
            println!("      {}: {error:#}\n        {}", kept.display(), trial.history.join("\n        "));
            findings.push(number);
        }
    }
    println!(
        "      {} trials: {} kills, {} mutations, {} commands at once with another, {} commands, of which {} \
         refused; {} went on to the end with the right bits; {} differences or failures",
        counts.trials,
        counts.kills,
        counts.mutations,
        counts.concurrent,
        counts.commands,
        counts.refused,
        counts.finished,
        findings.len()
    );
    ensure!(findings.is_empty(), "trials {findings:?}, kept in {}", folder.display());
    ensure!(counts.kills > 0 && counts.mutations > 0 && counts.finished > 0, "nothing was tried");
    Ok(())
}

/// Keeps the folder of a trial that found something.
fn keep(folder: &Path, place: &Path, number: usize) -> Result<PathBuf> {
    let kept = folder.join(format!("finding-{number}"));
    std::fs::rename(place, &kept).context("keeping a finding")?;
    Ok(kept)
}

/// A source of random choices.
pub struct Dice(fenchel_core::Random);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(fenchel_core::Random::seed_from_u64(seed))
    }

    /// Draws a number below `end`, or 0.
    pub fn below(&mut self, end: usize) -> usize {
        (self.0.next_u64() % end.max(1) as u64) as usize
    }

    /// Draws one of the elements.
    pub fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    /// Draws a number in [0, 1).
    pub fn share(&mut self) -> f64 {
        self.0.next_u32() as f64 / (f64::from(u32::MAX) + 1.0)
    }
}
