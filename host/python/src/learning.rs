//! Learns in place, as a device does, and begins a model that has learned nothing.

use fenchel::adapt;
use fenchel::train::{Trainer, export_run};
use fenchel_core::{LearnSettings, Objective, Scope, StepRule, Task};
use numpy::PyReadonlyArray2;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::data::Data;
use crate::guard::{bad, guarded};
use crate::model::Model;
use crate::training::settings;
use crate::values::{rows, table};

/// Returns the model with which a training on `data` would begin.
#[pyfunction]
#[pyo3(signature = (data, objective, preset, given))]
pub fn untrained(
    py: Python<'_>,
    data: &Data,
    objective: String,
    preset: Option<String>,
    given: &Bound<'_, PyDict>,
) -> PyResult<Model> {
    let given = table("settings", given)?;
    guarded(py, move || {
        let settings = settings(data, &objective, preset.as_deref(), &given)?;
        let trainer = Trainer::new(&settings, &data.data)?;
        Model::new(export_run(trainer.parameters(), &settings, 0, &data.data)?)
    })
}

/// Returns the model after it learned each raw sample once, in order, and the number of samples that changed it. Targets
/// (samples, n_L) are one-hot for classes, in the user's unit for regression, ignored for reconstruction.
#[pyfunction]
pub fn learn<'py>(
    py: Python<'py>,
    model: &Model,
    x: PyReadonlyArray2<'py, f32>,
    targets: PyReadonlyArray2<'py, f32>,
    share: f32,
    beta: f32,
    last_block: bool,
) -> PyResult<(Model, usize)> {
    let columns = x.as_array().dim().1;
    let (raw, targets) = (rows(&x)?, rows(&targets)?);
    guarded(py, || {
        model.check_width(columns)?;
        let positive = |value: f32| value > 0.0 && value.is_finite();
        for (place, value) in [("share", share), ("nudge", beta)] {
            if !positive(value) {
                return Err(bad(place, "a number above 0", value));
            }
        }
        let view = model.view()?;
        let mut targets = targets.to_vec();
        match view.task() {
            Task::Classification { .. } => {}
            Task::Regression { scaling, .. } => {
                for row in targets.chunks_exact_mut(view.network().output_units()) {
                    let raw = row.to_vec();
                    scaling.apply(&raw, row)?;
                }
            }
            Task::Reconstruction { .. } => {
                targets.resize(raw.len(), 0.0);
                for (raw, row) in raw.chunks_exact(columns).zip(targets.chunks_exact_mut(columns)) {
                    view.scaling().apply(raw, row)?;
                }
            }
        }
        let settings = LearnSettings {
            objective: Objective::Rovr,
            beta,
            rule: StepRule::Polyak { share, cap: 2.0 },
            scope: if last_block { Scope::LastBlock } else { Scope::All },
            ..LearnSettings::default()
        };
        let learned = adapt::learn(&view, settings, raw, &targets)?;
        Ok((Model::new(learned.file)?, learned.steps))
    })
}
