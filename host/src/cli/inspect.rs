//! `fenchel inspect`.

use std::path::PathBuf;

use anyhow::Result;
use fenchel_core::{
    Attack, Model, Network, Objective, Operator, Potential, Scaling, StateView, Task, Threshold,
};
use serde_json::{Value, json};

use super::samples::SampleArgs;
use crate::analysis::any_model::{AnyBytes, AnyModel};
use crate::analysis::cost;
use crate::analysis::nudge_bounds::{global_bound, local_bounds};
use crate::analysis::robustness::Samples;
use crate::data::Split;
use crate::error::require;
use crate::experiments::bench::median;
use crate::spelling::{self, Spelled};
use crate::task::TaskName;
use crate::train::{AttackName, Distance, OBJECTIVES, PotentialName};

/// Show what a model is: its blocks, how it was trained, and what it costs on a board
#[derive(clap::Args)]
#[command(after_help = "Examples:
  fenchel inspect runs/first --weights --json
  fenchel inspect runs/first --safe-beta --split train
  fenchel inspect model.fenchel --target netduinoplus2")]
pub struct Args {
    /// Model file or run folder
    model: PathBuf,
    /// Also show every block's weights and biases
    #[arg(long)]
    weights: bool,
    /// Show how strong a nudge away from the target may be (the β of arovr): the global bound (eq. 19), and the local bound over samples
    #[arg(long)]
    safe_beta: bool,
    /// Show what the model takes on this board, named as in QEMU: flash, RAM, whether it fits, and upper estimates of instructions and, on a Cortex-M4, of modelled cycles; another name lists the boards
    #[arg(long, value_name = "BOARD")]
    target: Option<String>,
    #[command(flatten)]
    samples: SampleArgs,
    /// Print one JSON object, in which a block's weights are a list of rows, fan-out × fan-in
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<()> {
    let bytes = AnyBytes::read(&args.model)?;
    let any = bytes.model(args.model.display())?;
    let (model, len) = (&any.model, bytes.file().len());
    let mut report = report(&any, len, args.weights);
    if any.integer.is_some() {
        report["relaxation_ram_bytes"] = Value::Null;
        let got = "one of integer arithmetic, which only infers";
        let expected = "a model of f32 arithmetic, such as the one that this was exported from";
        require!(!args.safe_beta, "--safe-beta", expected, got);
        let expected = "a model of f32 arithmetic; docs/results/device.md has counts of integer arithmetic";
        require!(args.target.is_none(), "--target", expected, "one of integer arithmetic");
    }
    if args.safe_beta {
        report["safe_beta"] = safe_beta(model, &args.samples.load(&args.model, model)?.split())?;
    }
    if let Some(board) = &args.target {
        report["target"] = cost::report(model, len, board)?;
    }
    if args.json { super::print(report) } else { super::inspect_text::print(&report) }
}

/// Computes the bounds of `fenchel::analysis::nudge_bounds`, the local one over the samples of `split`.
fn safe_beta(model: &Model, split: &Split) -> Result<Value> {
    let network = model.network();
    let samples = Samples::new(split, network.input_units(), model.scaling(), split.len());
    let bounds = local_bounds(&network, &samples.input)?;
    let strength = model
        .training()
        .contrast()
        .map_or(0.0, |contrast| contrast.nudges.iter().map(|nudge| f64::from(-nudge.s)).fold(0.0, f64::max));
    Ok(json!({
        "global_bound": global_bound(&network),
        "local_bound": bounds.iter().copied().fold(f64::INFINITY, f64::min),
        "median_local_bound": median(&bounds),
        "samples": bounds.len(),
        "nudge": strength,
        "samples_beyond": bounds.iter().filter(|&&bound| bound <= strength).count(),
    }))
}

fn report(any: &AnyModel, bytes: usize, weights: bool) -> Value {
    let model = &any.model;
    let network = model.network();
    let training = model.training();
    let blocks: Vec<_> = (0..=network.output()).map(|k| block(&network, k, weights)).collect();
    let mut report = json!({
        "blocks": blocks,
        "task": spelling::name(TaskName::of(model.task())),
        "class_names": model.class_names().collect::<Vec<_>>(),
        "scaling": scaling(&model.scaling()),
        "training": {
            "data": model.header().data.name,
            "samples": model.header().data.samples,
            "objective": objective(training.objective),
            "attack": attack(training.attack),
            "alpha": training.alpha,
            "beta": training.beta,
            "perturbation": training.perturbation.spell(),
            "seed": training.seed,
            "epoch": training.epoch,
        },
        "macs": network.macs(),
        "file_bytes": bytes,
        "arithmetic": if any.integer.is_some() { "integer" } else { "f32" },
        "inference_ram_bytes": match &any.integer {
            None => 4 * (network.input_units() + network.units()),
            Some(model) => 2 * model.values() + 8 * model.widest(),
        },
        "relaxation_ram_bytes": 4 * (network.input_units() + StateView::len(network.units(), 1)),
    });
    match model.task() {
        Task::Classification { .. } => {}
        Task::Regression { targets, scaling: own } => {
            report["target_names"] = targets.iter().collect();
            report["target_scaling"] = scaling(own);
        }
        Task::Reconstruction { threshold } => {
            report["threshold"] = threshold.map_or(
                Value::Null,
                |Threshold { score, quantile }| json!({ "score": score, "quantile": quantile }),
            );
        }
    }
    report
}

/// Returns one pair as numbers, several as lists.
fn scaling(scaling: &Scaling) -> Value {
    match (scaling.offsets(), scaling.factors()) {
        ([offset], [factor]) => json!({ "offset": offset, "factor": factor }),
        (offsets, factors) => json!({ "offset": offsets, "factor": factors }),
    }
}

/// Returns the objective's name, as `--objective` takes it.
fn objective(objective: Objective) -> String {
    let row = OBJECTIVES.iter().find(|row| row.objective == objective);
    row.map_or_else(|| format!("{objective:?}"), |row| spelling::name(row.name))
}

/// Returns the attack's name, as `--attack` takes it; the file doesn't distinguish a random label from the runner-up.
fn attack(attack: Attack) -> String {
    match attack {
        Attack::Targeted => "random-label or runner-up".into(),
        Attack::Untargeted => spelling::name(AttackName::Untargeted),
        Attack::None => spelling::name(AttackName::None),
    }
}

/// Returns the potential's name, as `--potential` takes it, or `--distance` for the element-wise distance.
fn potential(potential: Potential) -> String {
    match potential {
        Potential::FenchelYoung => spelling::name(PotentialName::FenchelYoung),
        Potential::Quadratic => spelling::name(PotentialName::Quadratic),
        Potential::Distance => spelling::name(Distance::Elementwise),
    }
}

fn block(network: &Network<Operator>, k: usize, weights: bool) -> Value {
    let mut block = json!({ "block": k, "units": network.blocks()[k].units });
    if k == 0 {
        return block;
    }
    block["activation"] = network.blocks()[k].activation.spell().into();
    block["potential"] = potential(network.blocks()[k].potential).into();
    block["from"] = network.incoming(k).map(|(_, c)| c.from).collect();
    if weights {
        let matrix = |weights: &Operator, rows| -> Value {
            (0..rows).map(|i| weights.row(i).map(Value::from).collect::<Value>()).collect()
        };
        let rows = network.blocks()[k].size();
        block["bias"] = network.bias(k).iter().copied().map(Value::from).collect();
        block["gamma"] = network.gamma(k).iter().copied().map(Value::from).collect();
        let mut skips = Vec::new();
        for (c, weights) in network.weights_into(k) {
            if c.from + 1 == k {
                block["weights"] = matrix(weights, rows);
            } else {
                skips.push(json!({ "from": c.from, "weights": matrix(weights, rows) }));
            }
        }
        block["skips"] = skips.into();
    }
    block
}
