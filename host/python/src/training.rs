//! Trains a network, epoch by epoch, until it ends or is interrupted.

use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use fenchel::data::is_table;
use fenchel::store::model_file::ModelBytes;
use fenchel::task::TaskName;
use fenchel::train::{
    Chosen, Logged, ObjectiveName, Observed, Settings, Step, Trainer, export_best, export_run,
};
use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use toml::Table;

use crate::data::Data;
use crate::guard::{bad, guarded};
use crate::model::Model;
use crate::values::{choice, of_json, read, table};

/// The results of a training.
#[pyclass(frozen, module = "fenchel._native")]
pub struct Training {
    model: ModelBytes,
    /// All settings, as `fenchel train` writes them into a run's folder.
    #[pyo3(get)]
    settings: String,
    /// Number of the best epoch by validation, from 1.
    #[pyo3(get)]
    best_epoch: u32,
    /// Number of epochs that are over, without pretraining.
    #[pyo3(get)]
    epochs: u32,
    /// Whether it was ended by Ctrl-C or by the callback.
    #[pyo3(get)]
    interrupted: bool,
    history: Vec<serde_json::Value>,
}

#[pymethods]
impl Training {
    /// The best model.
    #[getter]
    fn model(&self, py: Python<'_>) -> PyResult<Model> {
        guarded(py, || Model::new(ModelBytes::new(&self.model)))
    }

    /// What each epoch measured, a dict each.
    #[getter]
    fn history<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        self.history.iter().map(|epoch| of_json(py, epoch)).collect()
    }
}

/// Returns the settings of a training on `data`: those of the objective, the preset and the recipe for tables, as `fenchel
/// train` takes them, replaced by `given`, grouped as in a run's settings file.
pub fn settings(data: &Data, objective: &str, preset: Option<&str>, given: &Table) -> Result<Settings> {
    let objective = choice::<ObjectiveName>("`objective`", objective)?;
    let name = &data.data.name;
    let mut settings = Settings::new(name, objective);
    match preset {
        None => {}
        Some("robust") => settings = settings.robust(),
        Some(other) => return Err(bad("preset", "robust or None", format!("{other:?}"))),
    }
    settings.task = data.task;
    settings.reading = data.reading.clone();
    let group = |group: &str| given.get(group).and_then(toml::Value::as_table);
    let has = |name: &str, entry: &str| group(name).is_some_and(|group| group.contains_key(entry));
    if settings.task == TaskName::Reconstruct && !has("network", "layers") {
        settings.network.set_narrow(data.data.features);
    }
    let own: Option<usize> = number(group("data"), "samples")?;
    // What isn't a file is an array, which is read as one.
    if fenchel::data::named(name).is_none() && (is_table(name) || !std::path::Path::new(name).is_dir()) {
        let chosen = Chosen {
            batch: number(group("optimiser"), "batch")?,
            epochs: number(group("optimiser"), "epochs")?,
            final_rate: number(group("optimiser"), "final-rate")?,
            refit: number(group("optimiser"), "refit")?,
        };
        settings.optimiser.take_recipe(own.unwrap_or(data.data.train.len()), own.is_some(), &chosen);
    }
    let mut all = Table::try_from(&settings)?;
    for (name, value) in given {
        match (all.get_mut(name), value) {
            (Some(toml::Value::Table(present)), toml::Value::Table(more)) => present.extend(more.clone()),
            (Some(_) | None, value) => {
                all.insert(name.clone(), value.clone());
            }
        }
    }
    Settings::from_toml(&toml::to_string(&all)?)
}

/// Returns an entry of a group, if it is there.
fn number<T: serde::de::DeserializeOwned>(group: Option<&Table>, name: &str) -> Result<Option<T>> {
    let value = group.and_then(|group| group.get(name)).cloned();
    value
        .map(|value| read(&format!("`{}`", name.replace('-', "_")), "a value of that kind", value))
        .transpose()
}

/// Asks from time to time whether Python has received a signal.
struct Signals {
    asked: Cell<Instant>,
    raised: RefCell<Option<PyErr>>,
}

impl Signals {
    fn new() -> Self {
        Self { asked: Cell::new(Instant::now()), raised: RefCell::new(None) }
    }

    /// Returns whether a signal's handler raised an exception.
    fn are_raised(&self) -> bool {
        const PAUSE: Duration = Duration::from_millis(50);
        if self.asked.get().elapsed() >= PAUSE {
            self.ask();
        }
        self.raised.borrow().is_some()
    }

    fn ask(&self) {
        self.asked.set(Instant::now());
        if let Err(error) = Python::attach(|py| py.check_signals()) {
            *self.raised.borrow_mut() = Some(error);
        }
    }
}

/// Trains on `data`. `callback` is called with a dict after each epoch, and ends the training if it returns True. Ctrl-C
/// ends it too; then the best model so far is the result, or `KeyboardInterrupt` if no epoch is over.
#[pyfunction]
#[pyo3(signature = (data, objective, preset, given, callback))]
pub fn train(
    py: Python<'_>,
    data: &Data,
    objective: String,
    preset: Option<String>,
    given: &Bound<'_, PyDict>,
    callback: Option<Py<PyAny>>,
) -> PyResult<Training> {
    let given = table("settings", given)?;
    guarded(py, move || {
        let settings = settings(data, &objective, preset.as_deref(), &given)?;
        let mut trainer = Trainer::new(&settings, &data.data)?;
        // What no model file can hold is refused now, not after the first epoch.
        export_run(trainer.parameters(), &settings, 0, &data.data)?;
        let signals = Signals::new();
        let mut history = Vec::new();
        let ended = loop {
            match trainer.advance(&|| signals.are_raised())? {
                Step::Epoch(epoch) => {
                    let observed = if callback.is_some() { trainer.observe()? } else { Observed::default() };
                    let logged = serde_json::to_value(Logged { observed, epoch })?;
                    let ends = callback.as_ref().map(|callback| called(callback, &logged));
                    history.push(logged);
                    match ends {
                        None | Some(Ok(false)) => {}
                        Some(Ok(true)) => break true,
                        // Ctrl-C may come while Python runs.
                        Some(Err(error)) => {
                            *signals.raised.borrow_mut() = Some(error);
                            break true;
                        }
                    }
                }
                Step::Stopped => break true,
                Step::Finished => break false,
            }
        };
        let epochs = trainer.epochs().1;
        let best = trainer.best().map(|(parameters, epoch)| (parameters.clone(), epoch.epoch));
        let trained = if ended { None } else { trainer.finish_unless(&|| signals.are_raised())? };
        let model =
            trained.as_ref().map(|trained| export_best(trained, &settings, &data.data)).transpose()?;
        signals.ask();
        let interrupted = ended || signals.raised.borrow().is_some();
        if let Some(error) = signals.raised.into_inner() {
            let kept = Python::attach(|py| error.is_instance_of::<PyKeyboardInterrupt>(py));
            if !kept || best.is_none() {
                return Err(error.into());
            }
        }
        let (parameters, best_epoch) = best.context("no epoch is over")?;
        let model = match model {
            Some(model) => model,
            None => export_run(&parameters, &settings, best_epoch, &data.data)?,
        };
        let text = toml::to_string(&settings)?;
        Ok(Training { model, settings: text, best_epoch, epochs, interrupted, history })
    })
}

/// Calls Python with an epoch's measurements; returns whether it wants the training to end.
fn called(callback: &Py<PyAny>, epoch: &serde_json::Value) -> PyResult<bool> {
    Python::attach(|py| callback.call1(py, (of_json(py, epoch)?,))?.bind(py).is_truthy())
}
