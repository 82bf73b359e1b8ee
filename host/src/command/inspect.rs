//! `fenchel inspect`.

use std::path::PathBuf;

use anyhow::Result;
use fenchel_core::{Model, Network, Packed, StateView};
use serde_json::{Value, json};

use crate::export::ModelBytes;
use crate::spelling::Spelled;

/// What a model is: blocks, how it was trained, what it takes
#[derive(clap::Args)]
#[command(after_help = "Example: fenchel inspect runs/first --weights --json")]
pub struct Args {
    /// Model file or run folder
    model: PathBuf,
    /// Show every block's weights and bias too
    #[arg(long)]
    weights: bool,
    /// Print one JSON object; a block's weights are a list of rows, fan-out × fan-in
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<()> {
    let bytes = ModelBytes::read(&args.model)?;
    let model = bytes.model(args.model.display())?;
    let report = report(&model, bytes.len(), args.weights);
    if args.json { super::print(report) } else { super::print(serde_json::to_string_pretty(&report)?) }
}

fn report(model: &Model, bytes: usize, weights: bool) -> Value {
    let network = model.network();
    let training = model.training();
    let blocks: Vec<_> = (0..=network.output()).map(|k| block(&network, k, weights)).collect();
    json!({
        "blocks": blocks,
        "class_names": model.class_names().collect::<Vec<_>>(),
        "scaling": { "offset": model.scaling().offset, "factor": model.scaling().factor },
        "training": {
            "data": training.data,
            "objective": format!("{:?}", training.objective),
            "attack": format!("{:?}", training.attack),
            "alpha": training.alpha,
            "beta": training.beta,
            "perturbation": training.perturbation.spell(),
            "seed": training.seed,
            "epoch": training.epoch,
        },
        "macs": network.macs(),
        "file_bytes": bytes,
        "inference_ram_bytes": 4 * (network.input_units() + network.units()),
        "relaxation_ram_bytes": 4 * (network.input_units() + StateView::len(network.units(), 1)),
    })
}

fn block(network: &Network<Packed>, k: usize, weights: bool) -> Value {
    let mut block = json!({ "block": k, "units": network.blocks()[k].units });
    if k == 0 {
        return block;
    }
    block["activation"] = network.blocks()[k].activation.spell().into();
    block["potential"] = format!("{:?}", network.blocks()[k].potential).into();
    let incoming = network.connections().iter().filter(|c| c.to == k);
    block["from"] = incoming.clone().map(|c| c.from).collect();
    if weights {
        let matrix = |weights: &Packed, rows| -> Value {
            (0..rows).map(|i| weights.row(i).map(Value::from).collect::<Value>()).collect()
        };
        let rows = network.blocks()[k].size();
        block["bias"] = network.bias(k).iter().copied().map(Value::from).collect();
        block["gamma"] = network.gamma(k).iter().copied().map(Value::from).collect();
        let mut skips = Vec::new();
        for c in incoming {
            if c.from + 1 == k {
                block["weights"] = matrix(&c.weights, rows);
            } else {
                skips.push(json!({ "from": c.from, "weights": matrix(&c.weights, rows) }));
            }
        }
        block["skips"] = skips.into();
    }
    block
}
