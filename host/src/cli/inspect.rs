//! `fenchel inspect`.

use std::path::PathBuf;

use anyhow::Result;
use fenchel_core::Model;
use serde_json::{Value, json};

use super::samples::SampleArgs;
use crate::analysis::any_model::AnyBytes;
use crate::analysis::cost;
use crate::analysis::nudge_bounds::{global_bound, local_bounds};
use crate::analysis::robustness::Samples;
use crate::data::Split;
use crate::error::require;
use crate::experiments::bench::median;
use crate::report::description::report;

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
