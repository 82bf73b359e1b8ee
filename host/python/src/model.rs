//! A model: its answers and its parameters as arrays.

use std::path::PathBuf;

use anyhow::Result;
use fenchel::analysis::any_model::AnyModel;
use fenchel::analysis::evaluate::outputs_of_rows;
use fenchel::analysis::quality::values;
use fenchel::report::description::report;
use fenchel::store::model_file::ModelBytes;
use fenchel_core::{Task, Weights, label, margin, reconstruction_error, softmax};
use numpy::{IntoPyArray, PyArray2, PyReadonlyArray2};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use crate::export;
use crate::guard::{bad, guarded, raised};
use crate::values::{Connected, Pair, matrix, of_json, rows};

/// A model file in memory.
#[pyclass(frozen, module = "fenchel._native")]
pub struct Model {
    pub bytes: ModelBytes,
}

impl Model {
    /// Wraps a model file, which must load.
    pub fn new(bytes: ModelBytes) -> Result<Self> {
        bytes.model("model")?;
        Ok(Self { bytes })
    }

    /// Returns the model to work with.
    pub fn view(&self) -> Result<fenchel_core::Model<'_>> {
        self.bytes.model("model")
    }

    /// Refuses samples of another number of values than the model takes.
    pub fn check_width(&self, columns: usize) -> Result<()> {
        let expected = self.view()?.network().input_units();
        if columns == expected {
            return Ok(());
        }
        Err(bad("X", format!("{expected} values a sample, as the model takes"), columns))
    }
}

/// The answers to samples, as far as the task has them.
struct Answers {
    outputs: Vec<f32>,
    labels: Option<Vec<i64>>,
    margins: Option<Vec<f32>>,
    probabilities: Option<Vec<f32>>,
    scores: Option<Vec<f32>>,
    anomalies: Option<Vec<bool>>,
}

fn answers(model: &fenchel_core::Model, raw: &[f32]) -> Result<Answers> {
    let network = model.network();
    let outputs = outputs_of_rows(&network, raw, model.scaling())?;
    let mut answers = Answers {
        outputs: Vec::new(),
        labels: None,
        margins: None,
        probabilities: None,
        scores: None,
        anomalies: None,
    };
    let samples = || outputs.chunks_exact(network.output_units());
    match model.task() {
        Task::Classification { confidence, .. } => {
            let given = |row| if confidence.accepts(row) { label(row) as i64 } else { -1 };
            answers.labels = Some(samples().map(given).collect());
            answers.margins = Some(samples().map(margin).collect());
            answers.probabilities = confidence.temperature.map(|temperature| {
                let mut probabilities = outputs.clone();
                let rows = probabilities.chunks_exact_mut(network.output_units());
                rows.for_each(|row| softmax(row, temperature));
                probabilities
            });
        }
        Task::Regression { .. } => {}
        Task::Reconstruction { threshold } => {
            let mut input = vec![0.0; network.input_units()];
            let mut scores = Vec::with_capacity(raw.len() / input.len());
            for (raw, answer) in raw.chunks_exact(network.input_units()).zip(samples()) {
                model.scaling().apply(raw, &mut input)?;
                scores.push(reconstruction_error(&input, answer));
            }
            let exceeded = |threshold: &fenchel_core::Threshold| {
                scores.iter().map(|&score| threshold.is_exceeded(score)).collect()
            };
            answers.anomalies = threshold.as_ref().map(exceeded);
            answers.scores = Some(scores);
        }
    }
    answers.outputs = values(model, &outputs)?;
    Ok(answers)
}

#[pymethods]
impl Model {
    /// Reads a model file, or the best model of a run folder.
    #[staticmethod]
    fn load(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        guarded(py, || {
            let bytes = ModelBytes::read(&path)?;
            bytes.model(path.display())?;
            Ok(Self { bytes })
        })
    }

    /// Takes the bytes of a model file.
    #[staticmethod]
    fn from_bytes(py: Python<'_>, bytes: &[u8]) -> PyResult<Self> {
        guarded(py, || Self::new(ModelBytes::new(bytes)))
    }

    /// Returns the bytes of the model file.
    fn to_bytes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.bytes)
    }

    /// Returns the outputs (samples, n_L) for raw samples (samples, n_0), which are read where they lie.
    fn infer<'py>(
        &self,
        py: Python<'py>,
        x: PyReadonlyArray2<'py, f32>,
    ) -> PyResult<Bound<'py, PyArray2<f32>>> {
        let (samples, columns) = x.as_array().dim();
        let raw = rows(&x)?;
        let (outputs, width) = guarded(py, || {
            self.check_width(columns)?;
            let model = self.view()?;
            let outputs = outputs_of_rows(&model.network(), raw, model.scaling())?;
            Ok((values(&model, &outputs)?, model.network().output_units()))
        })?;
        matrix(py, samples, width, outputs)
    }

    /// Returns a dict of arrays: outputs, and by task label, margin, probability, score, anomaly.
    fn answers<'py>(&self, py: Python<'py>, x: PyReadonlyArray2<'py, f32>) -> PyResult<Bound<'py, PyDict>> {
        let (samples, columns) = x.as_array().dim();
        let raw = rows(&x)?;
        let (answers, width) = guarded(py, || {
            self.check_width(columns)?;
            let model = self.view()?;
            Ok((answers(&model, raw)?, model.network().output_units()))
        })?;
        let dict = PyDict::new(py);
        dict.set_item("outputs", matrix(py, samples, width, answers.outputs)?)?;
        if let Some(labels) = answers.labels {
            dict.set_item("label", labels.into_pyarray(py))?;
        }
        if let Some(margins) = answers.margins {
            dict.set_item("margin", margins.into_pyarray(py))?;
        }
        if let Some(probabilities) = answers.probabilities {
            dict.set_item("probability", matrix(py, samples, width, probabilities)?)?;
        }
        if let Some(scores) = answers.scores {
            dict.set_item("score", scores.into_pyarray(py))?;
        }
        if let Some(anomalies) = answers.anomalies {
            dict.set_item("anomaly", anomalies.into_pyarray(py))?;
        }
        Ok(dict)
    }

    /// Returns a dict of what the file says: blocks, task, names, scaling, training, sizes.
    fn describe<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let text = guarded(py, || {
            Ok(report(&AnyModel { model: self.view()?, integer: None }, self.bytes.len(), false))
        })?;
        of_json(py, &text)
    }

    /// Returns the weights: for each connection its two blocks and the matrix (n_to, n_from).
    fn weights<'py>(&self, py: Python<'py>) -> PyResult<Vec<Connected<'py>>> {
        let model = self.view().map_err(|error| raised(py, &error))?;
        let network = model.network();
        let connections = network.connections().iter().zip(network.weights());
        let one = connections.map(|(c, weights)| {
            let (rows, columns) = weights.shape();
            let values = (0..rows).flat_map(|i| weights.row(i).take(columns)).collect();
            Ok((c.from, c.to, matrix(py, rows, columns, values)?))
        });
        one.collect()
    }

    /// Returns biases and γ of the blocks 1..=L, an array (n_k) each.
    fn unit_values<'py>(&self, py: Python<'py>) -> PyResult<Vec<Pair<'py>>> {
        let model = self.view().map_err(|error| raised(py, &error))?;
        let network = model.network();
        let array = |values: &[f32]| values.to_vec().into_pyarray(py);
        Ok((1..=network.output()).map(|k| (array(network.bias(k)), array(network.gamma(k)))).collect())
    }

    /// Returns the raw inputs' offsets and factors, one pair for all values, each channel or each feature.
    fn scaling<'py>(&self, py: Python<'py>) -> PyResult<Pair<'py>> {
        let model = self.view().map_err(|error| raised(py, &error))?;
        let scaling = model.scaling();
        let array = |values: &[f32]| values.to_vec().into_pyarray(py);
        Ok((array(scaling.offsets()), array(scaling.factors())))
    }

    /// Returns the same model for other raw values: x = (raw − offset)·factor.
    fn with_scaling(&self, py: Python<'_>, offsets: Vec<f32>, factors: Vec<f32>) -> PyResult<Self> {
        guarded(py, || export::with_scaling(&self.view()?, &offsets, &factors))
    }

    /// Returns the same model with weights of 4, 2 or 1 bytes: f32, f16, int8.
    fn quantised(&self, py: Python<'_>, weights: &str) -> PyResult<Self> {
        guarded(py, || export::quantised(&self.view()?, weights))
    }

    /// Writes the model in a form that `fenchel export` knows; returns the number of bytes.
    fn export(&self, py: Python<'_>, path: PathBuf, form: &str, name: Option<String>) -> PyResult<usize> {
        guarded(py, || export::write(&self.bytes, &path, form, name))
    }
}
