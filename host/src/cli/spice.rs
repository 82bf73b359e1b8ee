//! `fenchel spice`.

use std::path::PathBuf;

use anyhow::{Result, bail};
use fenchel_core::{Model, Nudge, Random};
use rand_core::SeedableRng;
use rayon::prelude::*;
use serde_json::json;

use super::problem::ProblemArgs;
use super::samples::SampleArgs;
use crate::Parameters;
use crate::error::require;
use crate::experiments::plots;
use crate::hardware::spice::{Analysis, Comparison, Crossbar, Level, OpAmps, check, netlist, settle};
use crate::hardware::{Devices, Profile, devices};
use crate::store::model_file::ModelBytes;

/// Largest difference of a voltage from core's activity, relative to the largest activity, with which a
/// sample counts as right. The clamps alone cause 1e-6 of a force.
const WITHIN: f64 = 1e-4;
/// The same for a crossbar, whose op-amps have a finite gain.
const WITHIN_CROSSBAR: f64 = 1e-2;
/// The hardware of a crossbar unless an option says otherwise.
const IDEAL: &str = "ideal";
const GAIN: f64 = 1e6;

#[derive(Clone, Copy, PartialEq, clap::ValueEnum)]
enum LevelName {
    Ideal,
    Crossbar,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Which {
    Free,
    First,
    Second,
}

/// Write one sample's inference problem as an analog circuit for ngspice, or check that circuits settle at core's states
#[derive(clap::Args)]
#[command(
    allow_negative_numbers = true,
    after_help = "Examples:
  fenchel spice runs/first --index 3 --problem second --out net.cir && ngspice -b -r out.raw net.cir
  fenchel spice runs/first --check 100
  fenchel spice runs/first --level crossbar --hardware pcm --check 100
  fenchel spice runs/first --hardware reram --conductances conductances.npz
  fenchel spice runs/first --index 3 --energy energy.svg"
)]
pub struct Args {
    /// Model file or run folder
    model: PathBuf,
    #[command(flatten)]
    samples: SampleArgs,
    /// Index of the sample, from 0
    #[arg(long, default_value_t = 0)]
    index: usize,
    /// Problem to write: without a nudge, or one of the objective's two
    #[arg(long, value_enum, default_value = "second")]
    problem: Which,
    #[command(flatten)]
    problems: ProblemArgs,
    /// Circuit of the weights: controlled sources, or pairs of resistors with op-amps
    #[arg(long, value_enum, default_value = "ideal")]
    level: LevelName,
    /// Hardware of a crossbar: ideal, reram, pcm, floating-gate, severe or a TOML file; its read noise is left out
    #[arg(long, visible_alias = "profile", value_name = "PROFILE", default_value = IDEAL)]
    hardware: String,
    /// Seed of the crossbar's chip
    #[arg(long, default_value_t = 0)]
    chip_seed: u64,
    /// Open-loop gain of the crossbar's op-amps
    #[arg(long, default_value_t = GAIN)]
    op_amp_gain: f64,
    /// Standard deviation of the op-amps' input offsets, in V
    #[arg(long, default_value_t = 0.0)]
    op_amp_offset: f64,
    /// Write the chip's conductances in S to an .npz file, or to a folder of CSV files
    #[arg(long, value_name = "PATH", conflicts_with_all = ["out", "check", "energy"])]
    conductances: Option<PathBuf>,
    /// Length of a transient in µs: the netlist asks for it instead of the operating point, and --energy draws it [default for --energy: 50]
    #[arg(long)]
    transient: Option<f64>,
    /// File for the netlist [default: stdout]
    #[arg(short, long, conflicts_with_all = ["check", "energy"])]
    out: Option<PathBuf>,
    /// Run ngspice on this many samples, free and with both nudges, and compare with core's states
    #[arg(long, value_name = "SAMPLES", conflicts_with = "energy")]
    check: Option<usize>,
    /// Run ngspice and draw the energy while the circuit settles, as an SVG file
    #[arg(long, value_name = "FILE", value_parser = super::plot::svg)]
    energy: Option<PathBuf>,
    /// Print what --check or --energy found as one JSON object
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<()> {
    let bytes = ModelBytes::read(&args.model)?;
    let model = bytes.model(args.model.display())?;
    if let Some(time) = args.transient {
        require!(time > 0.0 && time.is_finite(), "--transient", "a finite number of µs above 0", time);
    }
    let parameters = Parameters::of_model(&model);
    let profile = Profile { read_noise: 0.0, ..Profile::load(&args.hardware)? };
    if let Some(path) = &args.conductances {
        let mut random = Random::seed_from_u64(args.chip_seed);
        let devices = Devices::draw(&parameters, &profile, &mut random);
        return devices::write(&parameters.connections, &devices, path);
    }
    let of_crossbar = args.hardware != IDEAL || args.chip_seed != 0;
    let of_crossbar = of_crossbar || args.op_amp_gain != GAIN || args.op_amp_offset != 0.0;
    let expected = "crossbar with --hardware, --chip-seed, --op-amp-gain and --op-amp-offset";
    require!(args.level != LevelName::Ideal || !of_crossbar, "--level", expected, "ideal");
    let op_amps = OpAmps { gain: args.op_amp_gain, offset: args.op_amp_offset };
    let crossbar = match args.level {
        LevelName::Ideal => None,
        LevelName::Crossbar => Some(Crossbar::new(&parameters, &profile, op_amps, args.chip_seed)?),
    };
    let level = crossbar.as_ref().map_or(Level::Ideal, Level::Crossbar);
    if let Some(count) = args.check {
        return compare(args, &model, count, level);
    }
    let chosen = args.samples.load(&args.model, &model)?;
    let sample = args.problems.sample(&model, &chosen.data, &chosen.split(), args.index)?;
    let [first, second] = args.problems.contrast()?.nudges;
    let nudge = match args.problem {
        Which::Free => Nudge::FREE,
        Which::First => first,
        Which::Second => second,
    };
    let problem = sample.problem(&nudge);
    if let Some(file) = &args.energy {
        let expected = "--level ideal: with other weights backwards there is no energy";
        require!(crossbar.is_none(), "--energy", expected, "--level crossbar");
        let path = settle(&model, &problem, args.transient.unwrap_or(50.0))?;
        crate::store::files::write(file, plots::settling(&path)?.as_bytes())?;
        let rise = path.energies.windows(2).map(|pair| pair[1] - pair[0]).fold(0.0, f64::max);
        let (first, last) = (path.energies[0], path.energies[path.energies.len() - 1]);
        if args.json {
            return super::print(json!({
                "microseconds": path.times,
                "energy": path.energies,
                "relaxed_energy": path.relaxed,
                "largest_rise": rise,
            }));
        }
        return super::print(format_args!(
            "energy {first:.6} → {last:.6} in {} points, largest rise {rise:.1e}; relaxed state {:.6}",
            path.times.len(),
            path.relaxed
        ));
    }
    let analysis = args.transient.map_or(Analysis::OperatingPoint, Analysis::Transient);
    let text = netlist(&model.network(), &problem, analysis, level)?;
    match &args.out {
        Some(file) => crate::store::files::write(file, text.as_bytes()),
        None => super::print(text.trim_end()),
    }
}

/// Prints a line for each problem; returns an error unless every sample is right.
fn compare(args: &Args, model: &Model, count: usize, level: Level) -> Result<()> {
    let chosen = args.samples.load(&args.model, model)?;
    let (data, split) = (&chosen.data, chosen.split());
    require!((1..=split.len()).contains(&count), "--check", format!("1 to {}", split.len()), count);
    let [first, second] = args.problems.contrast()?.nudges;
    let bound = if args.level == LevelName::Crossbar { WITHIN_CROSSBAR } else { WITHIN };
    let mut rows = Vec::new();
    for (name, nudge) in [("free", Nudge::FREE), ("first", first), ("second", second)] {
        let one = |index| -> Result<Comparison> {
            let sample = args.problems.sample(model, data, &split, index)?;
            check(model, &sample.problem(&nudge), level, bound)
                .map_err(|error| error.context(format!("sample {index}")))
        };
        let comparisons: Vec<_> = (0..count).into_par_iter().map(one).collect::<Result<_>>()?;
        rows.push((
            name,
            comparisons.iter().filter(|c| c.difference <= bound).count(),
            comparisons.iter().filter(|c| c.same_label).count(),
            comparisons.iter().fold(0.0, |most: f64, c| most.max(c.difference)),
            comparisons.iter().filter(|c| c.in_time).count(),
        ));
    }
    for &(name, within, same_label, difference, in_time) in &rows {
        if args.json {
            super::print(json!({
                "problem": name, "samples": count, "within": within, "same_label": same_label,
                "largest_difference": difference, "by_transient": in_time,
            }))?;
        } else {
            super::print(format_args!(
                "{name:6} {within} of {count} samples within {bound:.0e} of core's state, {same_label} with its label; largest difference {difference:.1e}; {in_time} by the transient",
            ))?;
        }
    }
    if rows.iter().any(|&(_, within, same_label, ..)| within.min(same_label) < count) {
        bail!("some circuits settle elsewhere than core");
    }
    Ok(())
}
