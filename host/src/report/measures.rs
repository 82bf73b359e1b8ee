//! Measures a run's best model on the test split for a report.

use anyhow::Result;
use fenchel_core::{Model, StateView, Sweep, label};

use super::chart::Line;
use crate::Parameters;
use crate::analysis::evaluate::{outputs, runner_up};
use crate::analysis::robustness::Samples;
use crate::analysis::robustness::attacks::{GradientAttack, Norm};
use crate::analysis::sample::Sample;
use crate::data::Dataset;
use crate::hardware::{MonteCarlo, Profile, mean_accuracy};
use crate::task::{Confusion, TaskName};
use crate::train::Settings;

/// Most test samples on which robustness is measured.
pub const SAMPLES: usize = 500;
/// Number of chips that are drawn for a random flaw.
pub const CHIPS: u64 = 3;
/// Number of sweeps over which the energy is shown.
const SWEEPS: u32 = 12;

/// A sample that the model mislabels.
pub struct Mistake {
    pub index: usize,
    pub truth: usize,
    pub answer: usize,
    /// Largest output minus that of the right class.
    pub gap: f32,
}

/// Returns the counts by true class and answer, and every mistake, the widest gap first.
pub fn mistakes(model: &Model, data: &Dataset) -> Result<(Confusion, Vec<Mistake>)> {
    let classes = model.network().output_units();
    let all = outputs(&model.network(), &data.test, model.scaling())?;
    let mut mistakes = Vec::new();
    for (index, (row, &truth)) in all.chunks_exact(classes).zip(&data.test.labels).enumerate() {
        let answer = label(row);
        if answer != truth {
            mistakes.push(Mistake { index, truth, answer, gap: row[answer] - row[truth] });
        }
    }
    mistakes.sort_by(|a, b| b.gap.total_cmp(&a.gap));
    Ok((Confusion::new(&all, &data.test.labels, classes), mistakes))
}

/// Returns the energy after each sweep above that after the last, for both problems of the objective,
/// without noise, on the first test sample, with the runner-up as attack; nothing for an objective without
/// inference problems.
pub fn energies(model: &Model, data: &Dataset, settings: &Settings) -> Result<Vec<Line>> {
    let Some(contrast) = settings.contrast() else { return Ok(Vec::new()) };
    if settings.task != TaskName::Classify {
        return Ok(Vec::new());
    }
    let network = model.network();
    let mut input = Vec::new();
    data.test.append_input(0, data.features, model.scaling(), &mut input);
    let mut memory = vec![0.0; network.units()];
    let truth = data.test.labels[0];
    let other = runner_up(network.infer(&input, &mut memory)?, truth);
    let sample = Sample::new(input, truth, other, network.output_units());
    let relaxation =
        fenchel_core::Settings { schedule: settings.relaxation.schedule, sweeps: SWEEPS, tolerance: 0.0 };
    let mut lines = Vec::new();
    for (name, nudge) in ["first problem", "second problem"].into_iter().zip(contrast.nudges) {
        let mut memory = vec![0.0; StateView::len(network.units(), 1)];
        let mut state = StateView::new(network.units(), 1, &mut memory)?;
        let mut points: Vec<(f64, f64)> = Vec::new();
        let mut trace = |sweep: Sweep| points.push((f64::from(sweep.sweep), f64::from(sweep.energy)));
        network.relax_monitored(&sample.problem(&nudge), &mut state, &relaxation, &mut trace)?;
        let last = points.last().map_or(0.0, |&(_, energy)| energy);
        points.iter_mut().for_each(|(_, energy)| *energy -= last);
        lines.push((format!("{name}, s = {:.3}", nudge.s), points));
    }
    Ok(lines)
}

/// A curve of robustness: its title, the quantity that is varied and its values, and the accuracy at each.
pub struct Curve {
    /// Name that `fenchel plot --figure` takes.
    pub name: &'static str,
    pub title: &'static str,
    pub varied: &'static str,
    at: &'static [f32],
    measure: fn(&Parameters, &Samples, f32) -> Result<f64>,
}

/// The curves that a report shows.
pub static CURVES: [Curve; 4] = [
    Curve {
        name: "pgd",
        title: "Gradient attack (PGD, 20 steps), accuracy in %",
        varied: "ε, largest change of an input value",
        at: &[0.0, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1],
        measure: |parameters, samples, radius| {
            GradientAttack { norm: Norm::LInfinity, radius, steps: 20 }.accuracy(parameters, samples)
        },
    },
    Curve {
        name: "weight-noise",
        title: "Multiplicative weight noise, accuracy in %",
        varied: "standard deviation, share of each weight",
        at: &[0.0, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0],
        measure: |parameters, samples, std| {
            mean_accuracy(parameters, samples, &Profile::relative_weight_noise(std.into()), chips(1))
        },
    },
    Curve {
        name: "additive-noise",
        title: "Additive weight noise, accuracy in %",
        varied: "standard deviation, share of the largest weight",
        at: &[0.0, 0.02, 0.05, 0.1, 0.15, 0.2],
        measure: |parameters, samples, std| {
            mean_accuracy(parameters, samples, &Profile::weight_noise(std.into()), chips(2))
        },
    },
    Curve {
        name: "bits",
        title: "Weights of few bits, accuracy in %",
        varied: "bits",
        at: &[2.0, 3.0, 4.0, 5.0, 6.0, 8.0],
        measure: |parameters, samples, bits| {
            mean_accuracy(parameters, samples, &Profile::bits(bits as u32), chips(0))
        },
    },
];

/// Returns the lot of chips that is drawn from this seed.
fn chips(seed: u64) -> MonteCarlo {
    MonteCarlo { chips: CHIPS, seed }
}

impl Curve {
    /// Returns the accuracy in % at each value, on the first test samples.
    pub fn points(&self, model: &Model, data: &Dataset) -> Result<Vec<(f64, f64)>> {
        if TaskName::of(model.task()) != TaskName::Classify {
            return Ok(Vec::new());
        }
        let parameters = Parameters::of_model(model);
        let samples = Samples::new(&data.test, data.features, model.scaling(), SAMPLES);
        let point = |&x: &f32| Ok((f64::from(x), 100.0 * (self.measure)(&parameters, &samples, x)?));
        self.at.iter().map(point).collect()
    }
}
