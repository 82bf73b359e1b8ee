//! `fenchel bench`.

use anyhow::Result;
use serde_json::{Map, Value, json};

use crate::data;
use crate::error::require;
use crate::experiments::bench::{epochs, median, products, ratio, synthetic};
use crate::spelling;
use crate::train::{OBJECTIVES, ObjectiveName, Settings};

/// Measure the seconds per epoch of every objective on this machine, beside back-propagation
#[derive(clap::Args)]
#[command(after_help = "Example: fenchel bench --rounds 9 --json")]
pub struct Args {
    /// A name of `fenchel data list`, a folder of IDX files, a CSV or NPZ file [default: 5,000 random samples of MNIST's shape]
    #[arg(long)]
    data: Option<String>,
    /// Train on a random subset of this many samples [default: all]
    #[arg(long)]
    samples: Option<usize>,
    /// Units of each hidden block
    #[arg(long, value_delimiter = ',', default_value = "256,256")]
    layers: Vec<usize>,
    /// Samples in each step
    #[arg(long, default_value_t = 50)]
    batch: usize,
    /// Only measure these objectives, beside back-propagation [default: all]
    #[arg(long, value_enum, value_delimiter = ',')]
    objectives: Vec<ObjectiveName>,
    /// Number of epochs to time for each objective; the median counts
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Print one JSON object: epoch_seconds and ratio_to_backprop by objective; gemm_seconds, the time of the matrix products of back-propagation alone with dense factors; gemm_share, their share of its epoch; gemm_ratio, the products of arovr-ab relative to them
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<()> {
    require!(args.rounds > 0, "--rounds", "at least 1", 0);
    let data = match &args.data {
        Some(name) => data::load(name)?,
        None => synthetic(5000),
    };
    let settings_of = |objective| {
        Settings::new(&data.name, objective).with(|settings| {
            settings.data.samples = args.samples;
            settings.network.layers.clone_from(&args.layers);
            settings.optimiser.batch = args.batch;
        })
    };
    let chosen = |name: &ObjectiveName| {
        *name == ObjectiveName::Backprop || args.objectives.is_empty() || args.objectives.contains(name)
    };
    let objectives: Vec<_> = OBJECTIVES.iter().map(|row| row.name).filter(chosen).collect();
    let settings: Vec<_> = objectives.iter().map(|&objective| settings_of(objective)).collect();
    let timed = epochs(&settings, &data, args.rounds)?;
    let products_of = |objective| products(&settings_of(objective), &data, args.rounds);
    let gemm = products_of(ObjectiveName::Backprop)?;
    let gemm_of_arovr = products_of(ObjectiveName::ArovrAb)?;
    let gemm_ratio = ratio(&gemm_of_arovr, &gemm);
    let gemm = median(&gemm);
    let backprop = &timed[0];
    let (mut seconds, mut ratios) = (Map::new(), Map::new());
    for (objective, timed) in objectives.into_iter().zip(&timed) {
        let name = spelling::name(objective);
        let (epoch, ratio) = (median(timed), ratio(timed, backprop));
        if !args.json {
            super::print(format_args!("{name:<16} {epoch:>9.4} s an epoch  {ratio:>6.2} × backprop"))?;
        }
        seconds.insert(name.clone(), epoch.into());
        ratios.insert(name, ratio.into());
    }
    let share = gemm / median(backprop);
    if args.json {
        return super::print(json!({
            "epoch_seconds": Value::from(seconds),
            "ratio_to_backprop": Value::from(ratios),
            "gemm_seconds": gemm,
            "gemm_share": share,
            "gemm_ratio": gemm_ratio,
            "samples": args.samples.unwrap_or(data.train.len()),
            "layers": args.layers,
            "batch": args.batch,
            "rounds": args.rounds,
        }));
    }
    super::print(format_args!(
        "dense matrix products alone: of backprop {gemm:.4} s, {:.0} % of its epoch; of arovr-ab {gemm_ratio:.2} × those",
        100.0 * share
    ))
}
