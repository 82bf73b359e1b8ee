//! Measures the accuracy on simulated analog chips of networks trained in different ways, with their
//! baselines.

use std::path::Path;
use std::sync::OnceLock;
use std::time::Instant;

use anyhow::Result;
use fenchel_core::{InputBlock, Model, Nudge, Random};
use rand_core::SeedableRng;
use rayon::prelude::*;
use serde::Serialize;

use super::cells::{Cell, Choice, complete, label};
use super::plan::Plan;
use crate::Parameters;
use crate::analysis::evaluate::outputs;
use crate::analysis::robustness::Samples;
use crate::analysis::statistics::{Gain, deviation, mean, paired_gain};
use crate::data::Dataset;
use crate::experiments::bench;
use crate::hardware::{AccuracyDistribution, MonteCarlo, NudgedSamples, Profile, Trial, nudge, trials};
use crate::train::{ObjectiveName, Settings};

/// A way of training: its name, whether it is a baseline, and what it changes in the plan's settings.
pub(super) struct Method {
    pub name: &'static str,
    pub is_baseline: bool,
    objective: ObjectiveName,
    change: fn(Settings) -> Result<Settings>,
}

const fn method(
    name: &'static str,
    is_baseline: bool,
    objective: ObjectiveName,
    change: fn(Settings) -> Result<Settings>,
) -> Method {
    Method { name, is_baseline, objective, change }
}

/// Profile for which hardware-aware methods train.
pub(super) const TRAINED_FOR: &str = "reram";

fn on_chips(settings: Settings) -> Result<Settings> {
    Ok(settings.on(Profile::load(TRAINED_FOR)?))
}

/// The methods. The first is the baseline of the paired gains and of the targets. Cells are shared with
/// those of the robustness table where the settings are the same.
pub(super) const METHODS: [Method; 8] = [
    method("BP", true, ObjectiveName::Backprop, Ok),
    method("BP + hidden noise", true, ObjectiveName::BackpropNoise, Ok),
    method("BP + hardware draws", true, ObjectiveName::Backprop, on_chips),
    method("BP + FGSM + hidden noise", true, ObjectiveName::BackpropFgsm, |settings| {
        Ok(settings.with(|settings| settings.attack.hidden_noise = 0.06))
    }),
    method("AROVR_αβ", false, ObjectiveName::ArovrAb, Ok),
    method("AROVR^g", false, ObjectiveName::ArovrG, Ok),
    method("AROVR^g + input block", false, ObjectiveName::ArovrG, |settings| {
        Ok(settings.with(|settings| settings.attack.input_block = InputBlock::Box { radius: 0.02 }))
    }),
    method("AROVR^g + hardware draws", false, ObjectiveName::ArovrG, on_chips),
];

/// Hardware to evaluate on: heading of the column, and profile.
pub(super) type Condition = (&'static str, fn() -> Result<Profile>);

pub(super) const CONDITIONS: [Condition; 10] = [
    ("ideal", || Profile::load("ideal")),
    ("reram", || Profile::load("reram")),
    ("pcm", || Profile::load("pcm")),
    ("floating-gate", || Profile::load("floating-gate")),
    ("noise 5 %", || Ok(Profile::weight_noise(0.05))),
    ("noise 10 %", || Ok(Profile::weight_noise(0.1))),
    ("noise 20 %", || Ok(Profile::weight_noise(0.2))),
    ("4 bits", || Ok(Profile::bits(4))),
    ("3 bits", || Ok(Profile::bits(3))),
    ("2 % stuck", || {
        Ok(Profile { stuck_low: 0.01, stuck_high: 0.01, separate_feedback: true, ..Profile::ideal() })
    }),
];

/// How much to evaluate.
#[derive(Clone, Copy, Debug)]
pub struct Extent {
    /// Number of chips of a random profile.
    pub chips: u64,
    /// Number of test images, from the first on.
    pub images: usize,
    /// Number of these images that are also relaxed under a nudge.
    pub nudged_images: usize,
}

/// Accuracy of the chips in one respect, with its gain over the baseline.
#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    /// Distribution over all chips of all seeds. A chip's target is one percentage point below the exact
    /// network that the first method trained from the same seed without clip.
    #[serde(flatten)]
    pub spread: AccuracyDistribution,
    /// Standard deviation of the seeds' means.
    pub std: f64,
    /// Mean gain over the first method with the same clip and seed.
    pub paired_gain: f64,
    /// Lower end of the gain's 95 % confidence interval.
    pub paired_low: f64,
    /// Upper end of that interval.
    pub paired_high: f64,
    /// Mean accuracy over the chips, one value for each seed.
    pub means: Vec<f64>,
}

/// One method on one kind of hardware. Accuracies are fractions.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// Name of the data set.
    pub data: String,
    /// Name of the method.
    pub method: &'static str,
    /// Whether weights were clipped.
    pub clip: bool,
    /// Name of the hardware.
    pub hardware: &'static str,
    /// Number of seeds.
    pub seeds: u64,
    /// Number of chips for each seed.
    pub chips: usize,
    /// Accuracy without feedback.
    pub free: Figure,
    /// Accuracy under a nudge, with feedback.
    pub nudged: Figure,
    /// Mean relative error of the nudged activities.
    pub nudged_error: f64,
    /// Share of the nudged samples whose relaxation converged.
    pub settled: f64,
}

/// A method's trials, by hardware, seed and chip.
type Lots = Vec<Vec<Vec<Trial>>>;

/// A method, and whether its weights are clipped.
type Trained = (&'static Method, bool);

fn all_methods() -> impl Iterator<Item = Trained> {
    [false, true].into_iter().flat_map(|clip| METHODS.iter().map(move |method| (method, clip)))
}

fn settings(data: &str, (method, clip): Trained, seed: u64, plan: Plan) -> Result<Settings> {
    let settings = plan.settings(data, method.objective, seed);
    (method.change)(settings.with(|settings| settings.optimiser.weight_clip = clip.then_some(2.0)))
}

/// The images on which chips are tried.
struct Images {
    free: Samples,
    nudged: Samples,
    nudge: Nudge,
}

impl Images {
    fn new(data: &Dataset, extent: Extent) -> Self {
        let first = |count| Samples::new(&data.test, data.features, data.scaling.view(), count);
        Self {
            free: first(extent.images),
            nudged: first(extent.nudged_images.min(extent.images)),
            nudge: nudge(0.49, 0.25),
        }
    }

    fn nudged(&self, parameters: &Parameters) -> Result<NudgedSamples> {
        NudgedSamples::new(parameters, self.nudged.clone(), self.nudge)
    }
}

/// Returns the name under which trials are kept, which contains everything they depend on beside
/// the model.
fn lot_name(profile: &Profile, extent: Extent) -> Result<String> {
    let Extent { chips, images, nudged_images } = extent;
    let chips = if profile.is_random() { chips } else { 1 };
    let mut digest = fenchel_core::checksum();
    digest.update(toml::to_string(profile)?.as_bytes());
    digest.update(format!("{chips} {images} {nudged_images}").as_bytes());
    Ok(format!("hardware-{:08x}", digest.finalize()))
}

/// Trains what isn't trained yet and tries the chips that weren't tried yet, keeping both in `folder`;
/// returns the rows.
///
/// # Errors
/// Fails as training and the file system do.
pub fn run(
    plan: Plan,
    extent: Extent,
    data: &[Dataset],
    folder: &Path,
    watch: &(dyn Fn(&Cell) + Sync),
) -> Result<Vec<Row>> {
    let profiles = CONDITIONS.iter().map(|condition| condition.1()).collect::<Result<Vec<_>>>()?;
    let mut rows = Vec::new();
    for data in data {
        let of_seeds = |trained: Trained| -> Result<Vec<Cell>> {
            let cell = |seed| Cell::new(folder, settings(&data.name, trained, seed, plan)?, data);
            (0..plan.seeds).map(cell).collect()
        };
        let cells: Vec<Vec<Cell>> = all_methods().map(of_seeds).collect::<Result<_>>()?;
        let images = Images::new(data, extent);
        estimate(&cells, &profiles, &images, extent)?;
        complete(&cells.concat(), watch)?;
        let lots: Vec<Lots> = cells
            .par_iter()
            .map(|cells| {
                let of_seeds: Vec<Vec<Vec<Trial>>> = cells
                    .par_iter()
                    .map(|cell| lots(cell, &profiles, &images, extent))
                    .collect::<Result<_>>()?;
                let of_hardware =
                    |hardware: usize| of_seeds.iter().map(|lots| lots[hardware].clone()).collect();
                Ok((0..profiles.len()).map(of_hardware).collect())
            })
            .collect::<Result<_>>()?;
        rows.extend(tabulate(data, plan, &lots));
    }
    Ok(rows)
}

/// Returns the trials of one network on every kind of hardware.
fn lots(cell: &Cell, profiles: &[Profile], images: &Images, extent: Extent) -> Result<Vec<Vec<Trial>>> {
    let nudged = OnceLock::new();
    let monte_carlo = MonteCarlo { chips: extent.chips, seed: 0 };
    let one = |profile: &Profile| {
        cell.kept(&lot_name(profile, extent)?, Choice::Best, |model: &Model| {
            let parameters = Parameters::of_model(model);
            if nudged.get().is_none() {
                nudged.set(images.nudged(&parameters)?).ok();
            }
            trials(&parameters, profile, &images.free, nudged.get(), monte_carlo)
        })
    };
    profiles.par_iter().map(one).collect()
}

/// Prints what is left to do, and about how long it takes on this machine.
fn estimate(cells: &[Vec<Cell>], profiles: &[Profile], images: &Images, extent: Extent) -> Result<()> {
    let threads = rayon::current_num_threads() as f64;
    let (mut trainings, mut lots, mut chips, mut seconds) = (0, 0, 0, 0.0);
    for cells in cells {
        let mut missing = 0;
        for cell in cells {
            missing += usize::from(cell.outcome()?.is_none());
            for profile in profiles {
                if !cell.has(&lot_name(profile, extent)?, Choice::Best) {
                    lots += 1;
                    chips += if profile.is_random() { extent.chips } else { 1 };
                }
            }
        }
        trainings += missing;
        if let Some(cell) = cells.first().filter(|_| missing > 0) {
            let epoch = bench::epochs(std::slice::from_ref(&cell.settings), cell.data, 1)?[0][0];
            seconds += epoch * f64::from(cell.settings.optimiser.epochs) * missing as f64 / threads;
        }
    }
    if let Some(Cell { data, settings, .. }) = cells.iter().flatten().next().filter(|_| lots > 0) {
        let parameters = Parameters::new(&settings.architecture(data)?, &mut Random::seed_from_u64(0));
        let start = Instant::now();
        outputs(&parameters.network(), &data.validation, data.scaling.view())?;
        seconds += start.elapsed().as_secs_f64() * f64::from(settings.optimiser.epochs) * trainings as f64;
        let nudged = images.nudged(&parameters)?;
        let profile = Profile::load(TRAINED_FOR)?;
        let start = Instant::now();
        trials(&parameters, &profile, &images.free, Some(&nudged), MonteCarlo { chips: 1, seed: 0 })?;
        seconds += start.elapsed().as_secs_f64() * chips as f64 / threads;
        crate::output::say(format_args!(
            "{}: {trainings} trainings and {chips} chips in {lots} lots to do, about {:.0} minutes",
            label(&data.name),
            (seconds / 60.0).ceil()
        ));
    }
    Ok(())
}

fn tabulate(data: &Dataset, plan: Plan, lots: &[Lots]) -> Vec<Row> {
    let mut rows = Vec::new();
    for (index, (method, clip)) in all_methods().enumerate() {
        let baseline = if clip { METHODS.len() } else { 0 };
        for (hardware, &(name, _)) in CONDITIONS.iter().enumerate() {
            let figure = |of: fn(&Trial) -> f64| {
                let means = |lots: &Lots| -> Vec<f64> {
                    let seeds = lots[hardware].iter();
                    seeds.map(|chips| mean(&chips.iter().map(of).collect::<Vec<_>>())).collect()
                };
                let own = means(&lots[index]);
                let Gain { mean: paired_gain, low, high } = paired_gain(&own, &means(&lots[baseline]));
                // A chip's margin over its seed's target, so that one target serves all.
                let itself = lots[0][0].iter().map(|chips| of(&chips[0]));
                let chips = || lots[index][hardware].iter();
                let margins: Vec<f64> = chips()
                    .zip(itself)
                    .flat_map(|(chips, itself)| chips.iter().map(move |chip| of(chip) - (itself - 0.01)))
                    .collect();
                let all: Vec<f64> = chips().flatten().map(of).collect();
                let chip_yield = AccuracyDistribution::new(&margins, -1e-9).chip_yield;
                Figure {
                    spread: AccuracyDistribution { chip_yield, ..AccuracyDistribution::new(&all, 0.0) },
                    std: deviation(&own),
                    paired_gain,
                    paired_low: low,
                    paired_high: high,
                    means: own,
                }
            };
            let all: Vec<&Trial> = lots[index][hardware].iter().flatten().collect();
            let over_all = |of: fn(&Trial) -> Option<f64>| {
                mean(&all.iter().map(|trial| of(trial).unwrap_or(f64::NAN)).collect::<Vec<_>>())
            };
            rows.push(Row {
                data: label(&data.name),
                method: method.name,
                clip,
                hardware: name,
                seeds: plan.seeds,
                chips: all.len() / plan.seeds as usize,
                free: figure(|trial| trial.free),
                nudged: figure(|trial| trial.nudged.unwrap_or(f64::NAN)),
                nudged_error: over_all(|trial| trial.error),
                settled: over_all(|trial| trial.settled),
            });
        }
    }
    rows
}
