//! Simulated analog chips, and circuits for SPICE.

use anyhow::Result;
use fenchel::Parameters;
use fenchel::analysis::quality::values;
use fenchel::hardware::spice::{Analysis, Crossbar, Level, OpAmps, netlist as write};
use fenchel::hardware::{self, Profile};
use fenchel_core::{Nudge, Random, Weights};
use numpy::{IntoPyArray, PyArray1, PyArray2, PyReadonlyArray2};
use pyo3::prelude::*;
use rand_core::SeedableRng;

use crate::guard::{bad, guarded};
use crate::model::Model;
use crate::relaxation::{Options, samples};
use crate::values::{Connected, matrix, rows};

/// A chip: one draw of a profile's flaws, with a model programmed into it.
#[pyclass(frozen, module = "fenchel._native")]
pub struct Chip {
    model: Py<Model>,
    parameters: Parameters,
    profile: Profile,
    seed: u64,
}

impl Chip {
    /// Draws the chip, the same each time, and the generator with which it is read.
    fn drawn(&self) -> (hardware::Chip<'_>, Random) {
        let mut random = Random::seed_from_u64(self.seed);
        (hardware::Chip::draw(&self.parameters, &self.profile, &mut random), random)
    }
}

#[pymethods]
impl Chip {
    /// Draws a chip of a profile, a preset's name or a TOML file's path, and programs the model into it.
    #[staticmethod]
    fn draw(py: Python<'_>, model: Py<Model>, profile: String, seed: u64) -> PyResult<Self> {
        let own = model.get();
        let (parameters, profile) =
            guarded(py, || Ok((Parameters::of_model(&own.view()?), Profile::load(&profile)?)))?;
        Ok(Self { model, parameters, profile, seed })
    }

    /// Returns the chip's outputs (samples, n_L) for raw samples (samples, n_0).
    fn infer<'py>(
        &self,
        py: Python<'py>,
        x: PyReadonlyArray2<'py, f32>,
    ) -> PyResult<Bound<'py, PyArray2<f32>>> {
        let (samples, columns) = x.as_array().dim();
        let raw = rows(&x)?;
        let own = self.model.get();
        let outputs = guarded(py, || {
            own.check_width(columns)?;
            let view = own.view()?;
            let mut input = vec![0.0; raw.len()];
            for (raw, input) in raw.chunks_exact(columns).zip(input.chunks_exact_mut(columns)) {
                view.scaling().apply(raw, input)?;
            }
            let (chip, mut random) = self.drawn();
            values(&view, &chip.infer(&input, &mut random)?)
        })?;
        matrix(py, samples, outputs.len() / samples.max(1), outputs)
    }

    /// Returns the programmed weights: for each connection its two blocks and the matrix (n_to, n_from).
    fn weights<'py>(&self, py: Python<'py>) -> PyResult<Vec<Connected<'py>>> {
        let all = guarded(py, || {
            let (chip, _) = self.drawn();
            let arrays = self.parameters.connections.iter().zip(&chip.arrays);
            Ok(arrays
                .map(|(c, array)| (c.from, c.to, array.forward.shape(), array.forward.row_major().to_vec()))
                .collect::<Vec<_>>())
        })?;
        let array = |(from, to, (rows, columns), values)| Ok((from, to, matrix(py, rows, columns, values)?));
        all.into_iter().map(array).collect()
    }

    /// Returns the offset g of each unit in the blocks 1..=L; empty if the profile has none.
    fn offsets<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray1<f32>>> {
        Ok(guarded(py, || Ok(self.drawn().0.offsets))?.into_pyarray(py))
    }
}

/// The circuit of a netlist, as Python's keywords give it.
#[derive(FromPyObject)]
pub struct Circuit {
    #[pyo3(item)]
    problem: String,
    #[pyo3(item)]
    level: String,
    #[pyo3(item)]
    hardware: String,
    #[pyo3(item)]
    chip_seed: u64,
    #[pyo3(item)]
    op_amp_gain: f64,
    #[pyo3(item)]
    op_amp_offset: f64,
    #[pyo3(item)]
    transient: Option<f64>,
}

/// Returns the netlist of one sample's problem, as `fenchel spice` writes it.
#[pyfunction]
pub fn netlist<'py>(
    py: Python<'py>,
    model: &Model,
    x: PyReadonlyArray2<'py, f32>,
    targets: PyReadonlyArray2<'py, f32>,
    attacks: PyReadonlyArray2<'py, f32>,
    options: Options,
    circuit: Circuit,
) -> PyResult<String> {
    let columns = x.as_array().dim().1;
    let (raw, targets, attacks) = (rows(&x)?, rows(&targets)?, rows(&attacks)?);
    guarded(py, || {
        model.check_width(columns)?;
        let view = model.view()?;
        let samples = samples(&view, raw, targets, attacks, &options)?;
        let [sample] = samples.as_slice() else {
            return Err(bad("X", "1 sample", samples.len()));
        };
        let [first, second] = options.problems()?.nudges;
        let nudge = match circuit.problem.as_str() {
            "free" => Nudge::FREE,
            "first" => first,
            "second" => second,
            other => return Err(bad("problem", "free, first or second", format!("{other:?}"))),
        };
        let analysis = analysis(circuit.transient)?;
        let parameters = Parameters::of_model(&view);
        let profile = Profile { read_noise: 0.0, ..Profile::load(&circuit.hardware)? };
        let op_amps = OpAmps { gain: circuit.op_amp_gain, offset: circuit.op_amp_offset };
        let crossbar = match circuit.level.as_str() {
            "ideal" => None,
            "crossbar" => Some(Crossbar::new(&parameters, &profile, op_amps, circuit.chip_seed)?),
            other => return Err(bad("level", "ideal or crossbar", format!("{other:?}"))),
        };
        let level = crossbar.as_ref().map_or(Level::Ideal, Level::Crossbar);
        write(&view.network(), &sample.problem(&nudge), analysis, level)
    })
}

fn analysis(transient: Option<f64>) -> Result<Analysis> {
    match transient {
        None => Ok(Analysis::OperatingPoint),
        Some(time) if time > 0.0 && time.is_finite() => Ok(Analysis::Transient(time)),
        Some(time) => Err(bad("transient", "a finite number of µs above 0", time)),
    }
}
