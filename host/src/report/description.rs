//! Describes a model: its blocks, how it was trained, what it costs in memory.

use fenchel_core::{Attack, Network, Objective, Operator, Potential, Scaling, StateView, Task, Threshold};
use serde_json::{Value, json};

use crate::analysis::any_model::AnyModel;
use crate::spelling::{self, Spelled};
use crate::task::TaskName;
use crate::train::{AttackName, Distance, OBJECTIVES, PotentialName};

/// Returns what the model file of so many `bytes` says, as one JSON object; with `weights` also every block's weights
/// and biases, a list of rows of shape (fan-out, fan-in).
pub fn report(any: &AnyModel, bytes: usize, weights: bool) -> Value {
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
