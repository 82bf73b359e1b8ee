//! `fenchel relax`.

use std::path::PathBuf;

use anyhow::Result;
use fenchel_core::{Model, Nudge, Schedule, Settings};
use serde_json::{Value, json};

use super::problem::ProblemArgs;
use super::samples::SampleArgs;
use crate::analysis::quality::values;
use crate::analysis::relaxed::{self, Relaxed};
use crate::analysis::sample::Sample;
use crate::error::require;
use crate::spelling::{self, Spelled, parse};
use crate::store::model_file::ModelBytes;

/// Relax one sample and show both inference problems of an objective: energies, residual, states
#[derive(clap::Args)]
#[command(
    allow_negative_numbers = true,
    after_help = "Example: fenchel relax runs/first --index 3 --objective arovr-ab --schedule unitwise"
)]
pub struct Args {
    /// Model file or run folder
    model: PathBuf,
    #[command(flatten)]
    samples: SampleArgs,
    /// Index of the sample, from 0
    #[arg(long, default_value_t = 0)]
    index: usize,
    #[command(flatten)]
    problems: ProblemArgs,
    /// Schedule, the order of updates: forward-backward, unitwise or backward
    #[arg(long, value_parser = parse::<Schedule>, default_value = "forward-backward")]
    schedule: Schedule,
    /// Maximum number of sweeps
    #[arg(long, default_value_t = 100)]
    sweeps: u32,
    /// Largest change of an activity with which the relaxation counts as converged
    #[arg(long, default_value_t = 1e-6)]
    tolerance: f32,
    /// Print one JSON object, whose problems have s, r, status, sweeps, energy (after each sweep), residual, states (one array for each block, scaled), outputs (in the unit of the targets, as target and attack are)
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<()> {
    let bytes = ModelBytes::read(&args.model)?;
    let model = bytes.model(args.model.display())?;
    let chosen = args.samples.load(&args.model, &model)?;
    let split = chosen.split();
    require!(args.sweeps > 0, "--sweeps", "at least 1", args.sweeps);
    require!(args.tolerance >= 0.0, "--tolerance", "a number of at least 0", args.tolerance);
    let contrast = args.problems.contrast()?;
    let sample = args.problems.sample(&model, &chosen.data, &split, args.index)?;
    let settings = Settings { schedule: args.schedule, sweeps: args.sweeps, tolerance: args.tolerance };
    let problems = ["first", "second"]
        .into_iter()
        .zip(contrast.nudges)
        .map(|(name, nudge)| relax(&model, &sample, name, nudge, &settings))
        .collect::<Result<Vec<_>>>()?;
    if args.json {
        return super::print(json!({
            "index": args.index,
            "label": sample.target_label.map(|_| split.labels[args.index]),
            "target": values(&model, &sample.target)?,
            "attack": values(&model, &sample.attack)?,
            "target_label": sample.target_label,
            "attack_label": sample.attack_label,
            "objective": spelling::name(args.problems.objective),
            "alpha": args.problems.alpha,
            "beta": args.problems.beta,
            "divisor": contrast.divisor,
            "schedule": args.schedule.spell(),
            "perturbation": sample.perturbation,
            "problems": problems,
        }));
    }
    for problem in &problems {
        let energy = |at: Option<&Value>| at.and_then(Value::as_f64).unwrap_or(f64::NAN);
        let energies = problem["energy"].as_array().map(Vec::as_slice).unwrap_or_default();
        super::print(format_args!(
            "{} problem, s = {:.4}: {} after {} sweeps, energy {:.6} → {:.6}, residual {:.1e}",
            problem["problem"].as_str().unwrap_or_default(),
            energy(problem.get("s")),
            problem["status"].as_str().unwrap_or_default(),
            problem["sweeps"],
            energy(energies.first()),
            energy(energies.last()),
            energy(problem.get("residual")),
        ))?;
    }
    Ok(())
}

fn relax(model: &Model, sample: &Sample, name: &str, nudge: Nudge, settings: &Settings) -> Result<Value> {
    let Relaxed { outcome, energies, states } = relaxed::relax(&model.network(), sample, nudge, settings)?;
    Ok(json!({
        "problem": name,
        "s": nudge.s,
        "r": sample.pull(&nudge),
        "status": spelling::status(outcome.status),
        "sweeps": outcome.last.sweep,
        "energy": energies,
        "residual": outcome.last.residual,
        "states": states,
        "outputs": values(model, states.last().map(Vec::as_slice).unwrap_or_default())?,
    }))
}
