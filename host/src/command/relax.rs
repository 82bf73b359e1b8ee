//! `fenchel relax`.

use std::path::PathBuf;

use anyhow::Result;
use fenchel_core::{Model, Nudge, Perturbation, Problem, Random, Schedule, Settings, StateView, Sweep};
use rand_core::SeedableRng;
use serde_json::{Value, json};

use super::samples::SampleArgs;
use crate::error::require;
use crate::evaluate::{outputs, runner_up};
use crate::export::ModelBytes;
use crate::spelling::{self, Spelled, parse};
use crate::train::{AttackName, ObjectiveName};

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
    /// Which sample, counted from 0
    #[arg(long, default_value_t = 0)]
    index: usize,
    /// Whose inference problems
    #[arg(long, value_enum, default_value = "arovr-ab")]
    objective: ObjectiveName,
    /// Weight of the loss against the attack, in (0, 1]
    #[arg(long, default_value_t = 0.49)]
    alpha: f32,
    /// Strength of the nudge, above 0
    #[arg(long, default_value_t = 0.25)]
    beta: f32,
    /// The attack's loss [default: random-label, towards --attack-label]
    #[arg(long, value_enum, default_value = "random-label", hide_default_value = true)]
    attack: AttackName,
    /// Class y of the target [default: the sample's]
    #[arg(long)]
    target_label: Option<usize>,
    /// Class y⁻ of the attack [default: the one after the target, or with --attack runner-up the likeliest wrong one]
    #[arg(long)]
    attack_label: Option<usize>,
    /// Noise in the energy: none, gaussian:STD, dropout:P or dropout:P:M [default: gaussian:0.0625 for rovr-g and arovr-g, none otherwise]
    #[arg(long, value_parser = parse::<Perturbation>)]
    perturbation: Option<Perturbation>,
    /// Of the noise
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Order of updates: forward-backward, unitwise or backward
    #[arg(long, value_parser = parse::<Schedule>, default_value = "forward-backward")]
    schedule: Schedule,
    /// Most sweeps
    #[arg(long, default_value_t = 100)]
    sweeps: u32,
    /// Converged when no activity changes by more
    #[arg(long, default_value_t = 1e-6)]
    tolerance: f32,
    /// Print one JSON object; problems holds s, r, status, sweeps, energy (one a sweep), residual, states (one array a block)
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<()> {
    let bytes = ModelBytes::read(&args.model)?;
    let model = bytes.model(args.model.display())?;
    let data = args.samples.load(&model)?;
    let split = args.samples.part(&data);
    require!(args.index < split.len(), "--index", format!("0 to {}", split.len() - 1), args.index);
    require!(args.alpha > 0.0 && args.alpha <= 1.0, "--alpha", "above 0, at most 1", args.alpha);
    require!(args.beta > 0.0 && args.beta.is_finite(), "--beta", "a finite number above 0", args.beta);
    require!(args.sweeps > 0, "--sweeps", "at least 1", args.sweeps);
    require!(args.tolerance >= 0.0, "--tolerance", "a number of at least 0", args.tolerance);
    let classes = model.network().output_units();
    let label = args.target_label.unwrap_or(split.labels[args.index]);
    let attack = match (args.attack_label, args.attack) {
        (Some(attack), _) => attack,
        (None, AttackName::RunnerUp) => {
            let outputs =
                outputs(&model.network(), &split.select(data.features, &[args.index]), model.scaling())?;
            runner_up(&outputs, label)
        }
        (None, _) => (label + 1) % classes,
    };
    require!(label < classes, "--target-label", format!("0 to {}", classes - 1), label);
    require!(attack < classes, "--attack-label", format!("0 to {}", classes - 1), attack);
    let Some(contrast) = args.objective.objective().contrast(args.attack.loss(), args.alpha, args.beta)
    else {
        let expected = "an objective with inference problems, such as arovr-ab";
        return Err(crate::BadInput::new("--objective", expected, spelling::name(args.objective)).into());
    };
    let mut sample = Sample {
        input: Vec::new(),
        target: one_hot(label, classes),
        attack: one_hot(attack, classes),
        perturbation: Vec::new(),
    };
    split.append_input(args.index, data.features, model.scaling(), &mut sample.input);
    let perturbation = args.perturbation.unwrap_or(args.objective.row().perturbation);
    if perturbation != Perturbation::None {
        sample.perturbation.resize(model.network().units(), 0.0);
        perturbation.fill(&mut Random::seed_from_u64(args.seed), &mut sample.perturbation);
    }
    let settings = Settings { schedule: args.schedule, sweeps: args.sweeps, tolerance: args.tolerance };
    let problems = ["first", "second"]
        .into_iter()
        .zip(contrast.nudges)
        .map(|(name, nudge)| sample.relax(&model, name, nudge, &settings))
        .collect::<Result<Vec<_>>>()?;
    if args.json {
        return super::print(json!({
            "index": args.index,
            "label": split.labels[args.index],
            "target_label": label,
            "attack_label": attack,
            "objective": spelling::name(args.objective),
            "alpha": args.alpha,
            "beta": args.beta,
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

fn one_hot(class: usize, classes: usize) -> Vec<f32> {
    (0..classes).map(|c| if c == class { 1.0 } else { 0.0 }).collect()
}

struct Sample {
    input: Vec<f32>,
    target: Vec<f32>,
    attack: Vec<f32>,
    perturbation: Vec<f32>,
}

impl Sample {
    fn relax(&self, model: &Model, name: &str, nudge: Nudge, settings: &Settings) -> Result<Value> {
        let network = model.network();
        let nudges = [nudge];
        let problem = Problem {
            input: &self.input,
            nudges: &nudges,
            target: &self.target,
            attack: &self.attack,
            perturbation: &self.perturbation,
        };
        let mut memory = vec![0.0; StateView::len(network.units(), 1)];
        let mut state = StateView::new(network.units(), 1, &mut memory)?;
        let mut energies = Vec::new();
        let mut trace = |sweep: Sweep| energies.push(sweep.energy);
        let outcome = network.relax(&problem, &mut state, settings, &mut trace)?;
        let r: Vec<f32> = self
            .target
            .iter()
            .zip(&self.attack)
            .map(|(y, y_attack)| nudge.target * y + nudge.attack * y_attack)
            .collect();
        let hidden = (1..=network.output()).map(|k| state.activities(&network, k));
        let states: Vec<&[f32]> = std::iter::once(self.input.as_slice()).chain(hidden).collect();
        Ok(json!({
            "problem": name,
            "s": nudge.s,
            "r": r,
            "status": spelling::status(outcome.status),
            "sweeps": outcome.last.sweep,
            "energy": energies,
            "residual": outcome.last.residual,
            "states": states,
        }))
    }
}
