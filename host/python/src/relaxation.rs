//! Relaxes samples on a model, and computes an objective's gradient.

use anyhow::Result;
use fenchel::analysis::quality::values;
use fenchel::analysis::relaxed::{self, Relaxed};
use fenchel::analysis::sample::Sample;
use fenchel::model::backprop::Backprop;
use fenchel::train::{AttackName, ObjectiveName};
use fenchel::{DenseGradient, Parameters, spelling};
use fenchel_core::{Contrast, Nudge, Perturbation, Problem, Random, Schedule, Settings, StateView, Task};
use numpy::{IntoPyArray, PyArray1, PyReadonlyArray2};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use rand_core::SeedableRng;
use rayon::prelude::*;

use crate::guard::{bad, guarded};
use crate::model::Model;
use crate::values::{choice, matrix, rows, spelled};

/// What defines the problems, as Python's keywords give it.
#[derive(FromPyObject)]
pub struct Options {
    #[pyo3(item)]
    objective: String,
    #[pyo3(item)]
    attack: String,
    #[pyo3(item)]
    alpha: f32,
    #[pyo3(item)]
    beta: f32,
    #[pyo3(item)]
    perturbation: Option<String>,
    #[pyo3(item)]
    seed: u64,
    #[pyo3(item)]
    schedule: String,
    #[pyo3(item)]
    sweeps: u32,
    #[pyo3(item)]
    tolerance: f32,
}

impl Options {
    fn objective(&self) -> Result<ObjectiveName> {
        choice("objective", &self.objective)
    }

    fn settings(&self) -> Result<Settings> {
        let schedule: Schedule = spelled("schedule", &self.schedule)?;
        if !(1..=1_000_000).contains(&self.sweeps) {
            return Err(bad("sweeps", "1 to 1000000", self.sweeps));
        }
        if !(self.tolerance >= 0.0 && self.tolerance.is_finite()) {
            return Err(bad("tolerance", "a finite number of at least 0", self.tolerance));
        }
        Ok(Settings { schedule, sweeps: self.sweeps, tolerance: self.tolerance })
    }

    /// Returns the objective's two problems; `None` for back-propagation.
    fn contrast(&self) -> Result<Option<Contrast>> {
        if !(self.alpha > 0.0 && self.alpha <= 1.0) {
            return Err(bad("loss_weight", "above 0, at most 1", self.alpha));
        }
        if !(self.beta > 0.0 && self.beta.is_finite()) {
            return Err(bad("nudge", "a finite number above 0", self.beta));
        }
        let attack = choice::<AttackName>("attack", &self.attack)?;
        Ok(self.objective()?.objective().contrast(attack.loss(), self.alpha, self.beta))
    }

    /// Returns the two problems of an objective that has some.
    pub fn problems(&self) -> Result<Contrast> {
        let expected = "an objective with inference problems, such as arovr-ab";
        self.contrast()?.ok_or_else(|| bad("objective", expected, format!("{:?}", self.objective)))
    }

    /// Returns g for one sample of a network of `units` units; empty if there is none.
    fn noise(&self, units: usize) -> Result<Vec<f32>> {
        let perturbation = match &self.perturbation {
            Some(text) => spelled("perturbation", text)?,
            None => self.objective()?.row().perturbation,
        };
        let mut noise = Vec::new();
        if perturbation != Perturbation::None {
            noise.resize(units, 0.0);
            perturbation.fill(&mut Random::seed_from_u64(self.seed), &mut noise);
        }
        Ok(noise)
    }
}

/// Returns the samples of raw `inputs`, (samples, n_0), with targets and attack's targets in the outputs' unit, (samples,
/// n_L): one-hot for classes, in the user's unit for regression, ignored for reconstruction.
pub fn samples(
    model: &fenchel_core::Model,
    inputs: &[f32],
    targets: &[f32],
    attacks: &[f32],
    options: &Options,
) -> Result<Vec<Sample>> {
    let network = model.network();
    let (width, outputs) = (network.input_units(), network.output_units());
    let count = inputs.len() / width;
    for (place, list) in [("y", targets), ("attack_y", attacks)] {
        if list.len() != count * outputs {
            return Err(bad(place, format!("{outputs} values for each of {count} samples"), list.len()));
        }
    }
    if let Some(odd) = inputs.iter().chain(targets).chain(attacks).find(|value| !value.is_finite()) {
        return Err(bad("X and y", "finite numbers", odd));
    }
    let noise = options.noise(network.units())?;
    let scaled = |raw: &[f32]| -> Result<Vec<f32>> {
        let mut values = raw.to_vec();
        match model.task() {
            Task::Regression { scaling, .. } => scaling.apply(raw, &mut values)?,
            Task::Classification { .. } | Task::Reconstruction { .. } => {}
        }
        Ok(values)
    };
    let input = |index: usize| -> Result<Vec<f32>> {
        let mut input = vec![0.0; width];
        model.scaling().apply(&inputs[index * width..][..width], &mut input)?;
        Ok(input)
    };
    let target = |list: &[f32], index: usize| match model.task() {
        Task::Classification { .. } | Task::Regression { .. } => scaled(&list[index * outputs..][..outputs]),
        // What a reconstruction is to give back.
        Task::Reconstruction { .. } => input(index),
    };
    let one = |index: usize| {
        let other =
            if matches!(model.task(), Task::Reconstruction { .. }) { (index + 1) % count } else { index };
        let mut sample = Sample::of_values(input(index)?, target(targets, index)?, target(attacks, other)?);
        sample.perturbation.clone_from(&noise);
        Ok(sample)
    };
    (0..count).map(one).collect()
}

/// What was found for one sample and problem.
struct Found {
    relaxed: Relaxed,
    /// The linear pull r on the output.
    pull: Vec<f32>,
    /// The outputs in the user's unit.
    outputs: Vec<f32>,
}

/// Relaxes every sample in both problems of an objective, as `fenchel relax` does. Returns the divisor and, for each
/// problem, a dict of arrays over samples.
#[pyfunction]
pub fn relax<'py>(
    py: Python<'py>,
    model: &Model,
    x: PyReadonlyArray2<'py, f32>,
    targets: PyReadonlyArray2<'py, f32>,
    attacks: PyReadonlyArray2<'py, f32>,
    options: Options,
) -> PyResult<(f32, Vec<Bound<'py, PyDict>>)> {
    let columns = x.as_array().dim().1;
    let (raw, targets, attacks) = (rows(&x)?, rows(&targets)?, rows(&attacks)?);
    let (contrast, problems) = guarded(py, || {
        model.check_width(columns)?;
        let view = model.view()?;
        let network = view.network();
        let contrast = options.problems()?;
        let settings = options.settings()?;
        let samples = samples(&view, raw, targets, attacks, &options)?;
        let problem = |nudge: &Nudge| -> Result<Vec<Found>> {
            let one = |sample: &Sample| {
                let relaxed = relaxed::relax(&network, sample, *nudge, &settings)?;
                let outputs = values(&view, relaxed.states.last().map(Vec::as_slice).unwrap_or_default())?;
                Ok(Found { relaxed, pull: sample.pull(nudge), outputs })
            };
            samples.par_iter().map(one).collect()
        };
        Ok((contrast, contrast.nudges.iter().map(problem).collect::<Result<Vec<_>>>()?))
    })?;
    let dicts = contrast.nudges.iter().zip(problems).map(|(nudge, samples)| dict(py, nudge, samples));
    Ok((contrast.divisor, dicts.collect::<PyResult<_>>()?))
}

/// Returns one problem's results as arrays, sample by sample.
fn dict<'py>(py: Python<'py>, nudge: &Nudge, samples: Vec<Found>) -> PyResult<Bound<'py, PyDict>> {
    let count = samples.len();
    let dict = PyDict::new(py);
    dict.set_item("s", nudge.s)?;
    let flat = |of: &dyn Fn(&Found) -> Vec<f32>| -> Vec<f32> { samples.iter().flat_map(of).collect() };
    let stacked = |values: Vec<f32>| matrix(py, count, values.len() / count.max(1), values);
    dict.set_item("r", stacked(flat(&|sample| sample.pull.clone()))?)?;
    dict.set_item("outputs", stacked(flat(&|sample| sample.outputs.clone()))?)?;
    let status = |sample: &Found| spelling::status(sample.relaxed.outcome.status);
    dict.set_item("status", samples.iter().map(status).collect::<Vec<_>>())?;
    let sweeps: Vec<u32> = samples.iter().map(|sample| sample.relaxed.outcome.last.sweep).collect();
    dict.set_item("sweeps", sweeps.into_pyarray(py))?;
    dict.set_item("residual", flat(&|sample| vec![sample.relaxed.outcome.last.residual]).into_pyarray(py))?;
    // A sample that ended earlier has NaN for the sweeps that others still took.
    let most = samples.iter().map(|sample| sample.relaxed.energies.len()).max().unwrap_or_default();
    let energies = flat(&|sample| {
        let mut energies = sample.relaxed.energies.clone();
        energies.resize(most, f32::NAN);
        energies
    });
    dict.set_item("energy", matrix(py, count, most, energies)?)?;
    let blocks = samples.first().map_or(0, |sample| sample.relaxed.states.len());
    let states = (0..blocks).map(|k| stacked(flat(&|sample| sample.relaxed.states[k].clone())));
    dict.set_item("states", states.collect::<PyResult<Vec<_>>>()?)?;
    Ok(dict)
}

/// Returns the mean gradient of an objective over the samples, flat: each connection's matrix column after column, then
/// the biases; and the number of samples that were dropped because a problem has no minimum.
#[pyfunction]
pub fn gradient<'py>(
    py: Python<'py>,
    model: &Model,
    x: PyReadonlyArray2<'py, f32>,
    targets: PyReadonlyArray2<'py, f32>,
    attacks: PyReadonlyArray2<'py, f32>,
    options: Options,
) -> PyResult<(Vec<Bound<'py, PyArray1<f32>>>, usize)> {
    let columns = x.as_array().dim().1;
    let (raw, targets, attacks) = (rows(&x)?, rows(&targets)?, rows(&attacks)?);
    let (tensors, dropped) = guarded(py, || {
        model.check_width(columns)?;
        let view = model.view()?;
        let samples = samples(&view, raw, targets, attacks, &options)?;
        if samples.is_empty() {
            return Err(bad("X", "at least 1 sample", 0));
        }
        let parameters = Parameters::of_model(&view);
        let network = parameters.network();
        let joined =
            |of: fn(&Sample) -> &Vec<f32>| samples.iter().flat_map(of).copied().collect::<Vec<f32>>();
        let (input, target) = (joined(|sample| &sample.input), joined(|sample| &sample.target));
        let mut gradient = DenseGradient::zeros(&parameters);
        let Some(contrast) = options.contrast()? else {
            let mut backprop = Backprop::default();
            backprop.run(&network, &input, &target, &[])?;
            backprop.gradient(&network, &input, &mut gradient);
            return Ok((gradient.tensors().map(<[f32]>::to_vec).collect::<Vec<_>>(), 0));
        };
        let attack = joined(|sample| &sample.attack);
        let noise = &samples[0].perturbation;
        // One block after the other, each of shape (samples, n_k).
        let of_block = |k| noise.get(network.range(k, 1)).unwrap_or_default().repeat(samples.len());
        let perturbation: Vec<f32> = (1..=network.output()).flat_map(of_block).collect();
        let problem = Problem::new(&input, &contrast.nudges, &target)
            .with_attack(&attack)
            .with_perturbation(&perturbation);
        let count = problem.rows(&network);
        let mut memory = vec![0.0; StateView::len(network.units(), count)];
        let mut state = StateView::new(network.units(), count, &mut memory)?;
        network.relax(&problem, &mut state, &options.settings()?)?;
        let dropped = network.drop_unbounded(&problem, &mut state);
        let divisor = contrast.divisor * samples.len() as f32;
        let factors = [1.0 / divisor, -1.0 / divisor];
        network.contrastive_gradient(&problem, &mut state, &factors, &mut gradient)?;
        Ok((gradient.tensors().map(<[f32]>::to_vec).collect(), dropped))
    })?;
    Ok((tensors.into_iter().map(|tensor| tensor.into_pyarray(py)).collect(), dropped))
}
