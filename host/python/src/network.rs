//! Builds a model of given arrays.

use anyhow::Result;
use fenchel::store::model_file::{export, joined};
use fenchel::train::NetworkSettings;
use fenchel::{Architecture, Matrix, Parameters};
use fenchel_core::{
    Attack, Confidence, Header, Input, Names, Objective, Perturbation, Scaling, Task, Training, TrainingData,
};
use numpy::PyReadonlyArray2;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::guard::{bad, guarded};
use crate::model::Model;
use crate::values::{read, rows, table};

/// The matrix of one connection: from, to, rows, columns, and the values row after row.
type Given = (usize, usize, usize, usize, Vec<f32>);

/// Builds the model of a network with `inputs` values a sample. `shape` has the settings' group `network`: layers,
/// activation, skip, potential, distance, gamma. `weights` holds (from, to, matrix (n_to, n_from)) of every connection,
/// `biases` those of all units. With `class_names` the outputs are those of classes, otherwise values.
#[pyfunction]
#[allow(clippy::too_many_arguments)]
#[pyo3(signature = (inputs, outputs, shape, weights, biases, offsets, factors, class_names))]
pub fn network(
    py: Python<'_>,
    inputs: usize,
    outputs: usize,
    shape: &Bound<'_, PyDict>,
    weights: Vec<(usize, usize, PyReadonlyArray2<'_, f32>)>,
    biases: Vec<f32>,
    offsets: Vec<f32>,
    factors: Vec<f32>,
    class_names: Option<Vec<String>>,
) -> PyResult<Model> {
    let shape = table("network", shape)?;
    let mut given: Vec<Given> = Vec::new();
    for (from, to, matrix) in &weights {
        let (fan_out, fan_in) = matrix.as_array().dim();
        given.push((*from, *to, fan_out, fan_in, rows(matrix)?.to_vec()));
    }
    guarded(py, move || {
        let settings: NetworkSettings = read("network", "a network's settings", toml::Value::Table(shape))?;
        let architecture = settings.architecture(inputs, outputs)?;
        let parameters = parameters(architecture, &given, biases)?;
        let names = class_names.clone().unwrap_or_else(|| (0..outputs).map(|n| format!("y{n}")).collect());
        let names = joined(&names);
        let identity = (vec![0.0; outputs], vec![1.0; outputs]);
        let task = match class_names {
            Some(_) => Task::Classification { classes: Names(&names), confidence: Confidence::default() },
            None => {
                Task::Regression { targets: Names(&names), scaling: Scaling::new(&identity.0, &identity.1)? }
            }
        };
        let training = Training {
            objective: Objective::Backprop,
            attack: Attack::None,
            alpha: 1.0,
            beta: 0.25,
            perturbation: Perturbation::None,
            seed: 0,
            epoch: 1,
        };
        let input = Input { names: None, scaling: Scaling::new(&offsets, &factors)?, bounds: None };
        let data = TrainingData { name: "unknown", samples: 0, sha256: None };
        Model::new(export(&parameters, &[], Header { training, data, task, input })?)
    })
}

/// Fills the shape with the given arrays, which must be those of its connections.
fn parameters(architecture: Architecture, given: &[Given], biases: Vec<f32>) -> Result<Parameters> {
    let Architecture { blocks, connections, gammas } = architecture;
    let matrix = |c: &fenchel_core::Connection| {
        let place = format!("weights from block {} into {}", c.from, c.to);
        let shape = (blocks[c.to].size(), blocks[c.from].size());
        let found = given.iter().find(|given| (given.0, given.1) == (c.from, c.to));
        let Some((_, _, rows, columns, values)) = found else {
            return Err(bad(place, format!("an array of shape {shape:?}"), "none"));
        };
        if (*rows, *columns) != shape {
            return Err(bad(place, format!("an array of shape {shape:?}"), format!("({rows}, {columns})")));
        }
        Ok(Matrix::from_row_major(*rows, *columns, values))
    };
    let weights = connections.iter().map(matrix).collect::<Result<Vec<_>>>()?;
    let odd = given.iter().find(|given| !connections.iter().any(|c| (c.from, c.to) == (given.0, given.1)));
    if let Some((from, to, ..)) = odd {
        return Err(bad(
            "weights",
            "those of the network's connections",
            format!("{from} into {to} as well"),
        ));
    }
    let units: usize = blocks.iter().skip(1).map(fenchel_core::Block::size).sum();
    if biases.len() != units {
        return Err(bad("biases", format!("{units}, one a unit"), biases.len()));
    }
    let parameters = Parameters { blocks, connections, weights, biases, gammas };
    if !parameters.is_finite() {
        return Err(bad("weights and biases", "finite numbers", "NaN or infinity"));
    }
    Ok(parameters)
}
