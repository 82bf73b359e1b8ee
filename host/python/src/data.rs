//! Data sets: named ones, files, and arrays.

use anyhow::Result;
use fenchel::data::arrays::{Arrays, Common, dataset};
use fenchel::data::{self, Dataset, Reading, Split, Values};
use fenchel::task::TaskName;
use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::guard::guarded;
use crate::values::{choice, list, read, table};

/// A data set, split into samples that train, validate and test.
#[pyclass(frozen, module = "fenchel._native")]
pub struct Data {
    pub data: Dataset,
    pub reading: Reading,
    pub task: TaskName,
}

/// A part's raw values (samples·features), labels (samples) and targets (samples·targets).
type Copied<'py> = (Bound<'py, PyArray1<f32>>, Bound<'py, PyArray1<usize>>, Bound<'py, PyArray1<f32>>);

/// The samples of one part: raw values of shape (samples·features), `float32` or `uint8`; the distinct labels and the
/// index there of each sample's; real targets of shape (samples·targets).
#[derive(FromPyObject)]
struct Part<'py> {
    #[pyo3(item)]
    x: Bound<'py, PyAny>,
    #[pyo3(item)]
    labels: Option<(Vec<String>, Vec<usize>)>,
    #[pyo3(item)]
    targets: Option<PyReadonlyArray1<'py, f32>>,
}

impl Part<'_> {
    fn arrays(self) -> PyResult<Arrays> {
        let values = match self.x.extract::<PyReadonlyArray1<'_, u8>>() {
            Ok(bytes) => Values::Bytes(list(&bytes)?.to_vec()),
            Err(_) => Values::Floats(list(&self.x.extract::<PyReadonlyArray1<'_, f32>>()?)?.to_vec()),
        };
        let targets = self.targets.map(|targets| list(&targets).map(<[f32]>::to_vec));
        Ok(Arrays { values, labels: self.labels, targets: targets.transpose()?.unwrap_or_default() })
    }
}

/// Returns the options of reading, and the task for which is read.
fn options(reading: toml::Table, task: &str) -> Result<(Reading, TaskName)> {
    let task = choice::<TaskName>("`task`", task)?;
    let reading: Reading = read("reading", "options of reading a file", toml::Value::Table(reading))?;
    Ok((Reading { target: task.target(), ..reading }, task))
}

#[pymethods]
impl Data {
    /// Loads a named data set, a folder, or a CSV or NPZ file.
    #[staticmethod]
    fn load(py: Python<'_>, name: String, reading: &Bound<'_, PyDict>, task: String) -> PyResult<Self> {
        let reading = table("reading", reading)?;
        guarded(py, move || {
            let (reading, task) = options(reading, &task)?;
            Ok(Self { data: data::load_as(&name, &reading)?, reading, task })
        })
    }

    /// Builds a data set of arrays, divided as an NPZ file of them would be.
    #[staticmethod]
    #[allow(clippy::too_many_arguments)]
    fn of_arrays(
        py: Python<'_>,
        name: String,
        shape: Vec<usize>,
        feature_names: Vec<String>,
        target_names: Vec<String>,
        train: Part<'_>,
        validation: Option<Part<'_>>,
        test: Option<Part<'_>>,
        reading: &Bound<'_, PyDict>,
        task: String,
    ) -> PyResult<Self> {
        let reading = table("reading", reading)?;
        let train = train.arrays()?;
        let [validation, test] = [validation, test].map(|part| part.map(Part::arrays).transpose());
        let (validation, test) = (validation?, test?);
        guarded(py, move || {
            let (reading, task) = options(reading, &task)?;
            let common = Common { shape, feature_names, target_names };
            Ok(Self { data: dataset(&name, common, train, validation, test, &reading)?, reading, task })
        })
    }

    /// Name of the data set, or path of its file.
    #[getter]
    fn name(&self) -> &str {
        &self.data.name
    }

    /// Dimensions of a sample.
    #[getter]
    fn shape(&self) -> Vec<usize> {
        self.data.shape.clone()
    }

    /// Names of the classes; empty if there are none.
    #[getter]
    fn class_names(&self) -> Vec<String> {
        self.data.class_names.clone()
    }

    /// Names of the values; empty if they have none.
    #[getter]
    fn feature_names(&self) -> Vec<String> {
        self.data.feature_names.clone()
    }

    /// Names of the real targets; empty if there are none.
    #[getter]
    fn target_names(&self) -> Vec<String> {
        self.data.target_names.clone()
    }

    /// What was assumed or looks wrong, a sentence each.
    #[getter]
    fn warnings(&self) -> Vec<String> {
        self.data.warnings.clone()
    }

    /// Name of the task for which it was read.
    #[getter]
    fn task(&self) -> String {
        fenchel::spelling::name(self.task)
    }

    /// Returns copies of a part's raw values (samples·features), labels (samples) and targets (samples·targets).
    fn part<'py>(&self, py: Python<'py>, name: &str) -> Copied<'py> {
        let split = match name {
            "train" => &self.data.train,
            "validation" => &self.data.validation,
            _ => &self.data.test,
        };
        let Split { values, labels, targets } = split;
        let values = match values {
            Values::Bytes(bytes) => bytes.iter().map(|&byte| f32::from(byte)).collect(),
            Values::Floats(floats) => floats.clone(),
        };
        (values.into_pyarray(py), labels.clone().into_pyarray(py), targets.clone().into_pyarray(py))
    }
}
