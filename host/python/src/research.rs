//! The paper's statements, and a model's accuracy under attack.

use anyhow::Result;
use fenchel::Parameters;
use fenchel::analysis::robustness::Samples;
use fenchel::analysis::robustness::attacks::{GradientAttack, Norm, internal_accuracy};
use fenchel::analysis::theory as statements;
use fenchel_core::{Objective, Task};
use numpy::{PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;

use crate::guard::{bad, guarded};
use crate::model::Model;
use crate::values::{list, of_json, rows};

/// Checks the paper's statements on random small networks, as `fenchel theory` does; returns a dict.
#[pyfunction]
pub fn theory(py: Python<'_>, cases: u32, seed: u64) -> PyResult<Bound<'_, PyAny>> {
    let findings = guarded(py, || {
        if cases == 0 {
            return Err(bad("cases", "at least 1", cases));
        }
        Ok(serde_json::to_value(statements::run(cases, seed, Objective::contrast)?)?)
    })?;
    of_json(py, &findings)
}

/// Returns the share of raw samples whose label withstands an attack of a strength: on the input (`linf`, `l2`, in units
/// of the scaled input, by projected gradient ascent in `steps` steps) or on all hidden blocks at once (`internal`).
#[pyfunction]
pub fn attacked_accuracy(
    py: Python<'_>,
    model: &Model,
    x: PyReadonlyArray2<'_, f32>,
    labels: PyReadonlyArray1<'_, i64>,
    attack: &str,
    strength: f32,
    steps: u32,
) -> PyResult<f64> {
    let (count, columns) = x.as_array().dim();
    let (raw, labels) = (rows(&x)?, list(&labels)?);
    guarded(py, || {
        model.check_width(columns)?;
        let view = model.view()?;
        if !matches!(view.task(), Task::Classification { .. }) {
            return Err(bad("model", "one of classes", "one whose outputs are values"));
        }
        let classes = view.network().output_units();
        let label = |&label: &i64| usize::try_from(label).ok().filter(|&label| label < classes);
        let labels: Option<Vec<usize>> = labels.iter().map(label).collect();
        let labels = labels.ok_or_else(|| bad("y", format!("labels 0 to {}", classes - 1), "another"))?;
        if labels.len() != count || count == 0 {
            return Err(bad("y", format!("{count} labels, one at least"), labels.len()));
        }
        if !(strength >= 0.0 && strength.is_finite()) {
            return Err(bad("strength", "a finite number of at least 0", strength));
        }
        if !(1..=1000).contains(&steps) {
            return Err(bad("steps", "1 to 1000", steps));
        }
        let input = scaled(&view, raw, columns)?;
        let (samples, parameters) = (Samples { input, labels }, Parameters::of_model(&view));
        let by = |norm| GradientAttack { norm, radius: strength, steps }.accuracy(&parameters, &samples);
        match attack {
            "linf" => by(Norm::LInfinity),
            "l2" => by(Norm::L2),
            "internal" => internal_accuracy(&parameters, &samples, strength),
            other => Err(bad("attack", "linf, l2 or internal", format!("{other:?}"))),
        }
    })
}

/// Returns the scaled inputs of finite raw samples of `columns` values.
fn scaled(model: &fenchel_core::Model, raw: &[f32], columns: usize) -> Result<Vec<f32>> {
    if let Some(odd) = raw.iter().find(|value| !value.is_finite()) {
        return Err(bad("X", "finite numbers", odd));
    }
    let mut input = vec![0.0; raw.len()];
    for (raw, input) in raw.chunks_exact(columns).zip(input.chunks_exact_mut(columns)) {
        model.scaling().apply(raw, input)?;
    }
    Ok(input)
}
