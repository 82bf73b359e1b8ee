//! Cells are single trainings that are done once and kept in files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use fenchel_core::Model;
use rayon::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::analysis::evaluate::accuracy;
use crate::data::Dataset;
use crate::store::files;
use crate::store::model_file::ModelBytes;
use crate::train::{Settings, Trained, Trainer, export_run};

/// What is kept of a cell beside its models: settings and figures.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Outcome {
    /// All settings, as they were written.
    settings: String,
    /// Test accuracy of the epoch with the best validation accuracy.
    pub test_accuracy: f64,
    /// Validation accuracy of that epoch.
    pub validation_accuracy: f64,
    /// Number of that epoch.
    pub best_epoch: u32,
    /// Test accuracy after the last epoch.
    pub last_test_accuracy: f64,
    /// Samples dropped from gradients, over all epochs.
    pub unbounded: usize,
    /// Seconds of training and validation, on as many threads as there were.
    pub seconds: f64,
}

/// Which of a cell's two models.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Choice {
    /// The model of the best epoch by validation accuracy.
    Best,
    /// The model after the last epoch.
    Last,
}

impl Choice {
    /// Returns the name that files and tables use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Best => "best",
            Self::Last => "last",
        }
    }
}

/// A training, given by its settings, and the folder that keeps its results.
#[derive(Clone, Debug)]
pub struct Cell<'a> {
    /// Data that the network is trained on.
    pub data: &'a Dataset,
    /// Settings of the training.
    pub settings: Settings,
    stem: PathBuf,
}

impl<'a> Cell<'a> {
    /// Builds the cell of `settings` on `data` in `folder`.
    ///
    /// # Errors
    /// Never fails in practice: settings always have a form in TOML.
    pub fn new(folder: &Path, settings: Settings, data: &'a Dataset) -> Result<Self> {
        let mut digest = fenchel_core::checksum();
        digest.update(toml::to_string(&settings)?.as_bytes());
        let (data_name, objective) =
            (label(&settings.data.source), crate::spelling::name(settings.objective.name));
        let name = format!("{data_name}-{objective}-seed{}-{:08x}", settings.seed, digest.finalize());
        Ok(Self { data, settings, stem: folder.join(name) })
    }

    fn file(&self, extension: &str) -> PathBuf {
        let mut path = self.stem.clone().into_os_string();
        path.push(extension);
        path.into()
    }

    /// Returns the cell's outcome, if it was done.
    ///
    /// # Errors
    /// Fails if the file can't be read, or belongs to other settings.
    pub fn outcome(&self) -> Result<Option<Outcome>> {
        let path = self.file(".json");
        if !path.exists() {
            return Ok(None);
        }
        let place = || format!("reading {}", path.display());
        let outcome: Outcome =
            serde_json::from_slice(&std::fs::read(&path).with_context(place)?).with_context(place)?;
        anyhow::ensure!(
            outcome.settings == toml::to_string(&self.settings)?,
            "{}: expected the cell of these settings, got another's",
            path.display()
        );
        Ok(Some(outcome))
    }

    /// Returns one of the cell's models.
    ///
    /// # Errors
    /// Fails if the cell wasn't done.
    pub fn model(&self, choice: Choice) -> Result<ModelBytes> {
        ModelBytes::read(&self.file(&format!(".{}.fenchel", choice.name())))
    }

    /// Returns what `work` computes from a model of this cell; it is computed once and kept as `name`.
    ///
    /// # Errors
    /// Fails if `work` or the file system does. the file system.
    pub fn kept<T: Serialize + DeserializeOwned>(
        &self,
        name: &str,
        choice: Choice,
        work: impl FnOnce(&Model) -> Result<T>,
    ) -> Result<T> {
        let name = format!("{}.{name}", choice.name());
        self.kept_without_model(&name, || work(&self.model(choice)?.model(self.stem.display())?))
    }

    /// Returns whether a result was [`kept`](Self::kept) as `name`.
    pub fn has(&self, name: &str, choice: Choice) -> bool {
        self.file(&format!(".{}.{name}.json", choice.name())).exists()
    }

    /// Returns what `work` computes; it is computed once and kept as `name`.
    ///
    /// # Errors
    /// Fails if `work` or the file system does. the file system.
    pub fn kept_without_model<T: Serialize + DeserializeOwned>(
        &self,
        name: &str,
        work: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        let path = self.file(&format!(".{name}.json"));
        let place = || format!("reading {}", path.display());
        if path.exists() {
            return serde_json::from_slice(&std::fs::read(&path).with_context(place)?).with_context(place);
        }
        let found = work()?;
        if let Some(folder) = path.parent() {
            files::make_folder(folder)?;
        }
        files::write(&path, &serde_json::to_vec_pretty(&found)?)?;
        Ok(found)
    }

    /// Continues training with `trainer`, then keeps the models and finally the outcome, which marks the
    /// cell as done.
    fn finish(&self, trainer: Trainer) -> Result<()> {
        let mut unbounded = 0;
        let mut seconds = 0.0;
        let trained = trainer.train(&mut |epoch| {
            unbounded += epoch.unbounded;
            seconds = epoch.seconds;
            Ok(())
        })?;
        let Trained { parameters, best, last_parameters, last, .. } = &trained;
        let test = |parameters, epoch: u32, extension: &str| -> Result<f64> {
            let bytes = export_run(parameters, &self.settings, epoch, self.data)?;
            files::write(&self.file(extension), &bytes)?;
            accuracy(&bytes.model(extension)?, &self.data.test)
        };
        let outcome = Outcome {
            settings: toml::to_string(&self.settings)?,
            test_accuracy: test(parameters, best.epoch, ".best.fenchel")?,
            validation_accuracy: best.validation_accuracy,
            best_epoch: best.epoch,
            last_test_accuracy: test(last_parameters, last.epoch, ".last.fenchel")?,
            unbounded,
            seconds,
        };
        files::write(&self.file(".json"), &serde_json::to_vec_pretty(&outcome)?)
    }
}

/// Returns the short name of a data set: the last part of a path.
pub fn label(data: &str) -> String {
    Path::new(data).file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// Trains every cell that isn't done, in parallel, and calls `watch` with each as it ends. Cells that
/// differ only in what follows the same pretraining share it.
///
/// # Errors
/// Returns the first error of a training or of the file system.
pub fn complete(cells: &[Cell], watch: &(dyn Fn(&Cell) + Sync)) -> Result<()> {
    if let Some(folder) = cells.first().and_then(|cell| cell.stem.parent()) {
        files::make_folder(folder)?;
    }
    let mut missing = Vec::new();
    for cell in cells {
        if cell.outcome()?.is_none() {
            missing.push(cell);
        }
    }
    // What pretraining depends on, and a cell that needs it.
    let mut pretrainings = BTreeMap::new();
    for cell in missing.iter().filter(|cell| cell.settings.optimiser.pretrain > 0) {
        pretrainings.entry(toml::to_string(&cell.settings.pretraining())?).or_insert(*cell);
    }
    let pretrained: BTreeMap<String, Trainer> = pretrainings
        .into_par_iter()
        .map(|(key, cell)| {
            let mut trainer = Trainer::new(&cell.settings, cell.data)?;
            trainer.pretrain()?;
            Ok((key, trainer))
        })
        .collect::<Result<_>>()?;
    missing.into_par_iter().try_for_each(|cell| {
        let trainer = match pretrained.get(&toml::to_string(&cell.settings.pretraining())?) {
            Some(trainer) if cell.settings.optimiser.pretrain > 0 => trainer.go_on_as(&cell.settings)?,
            _ => Trainer::new(&cell.settings, cell.data)?,
        };
        cell.finish(trainer)?;
        watch(cell);
        Ok(())
    })
}
