//! The state from which a stopped training continues to the same bits.

use anyhow::{Context, Result};
use fenchel_core::checksum;
use serde::{Deserialize, Serialize};

use super::batch::Streams;
use super::trainer::{Progress, Trainer};
use super::{Epoch, Settings};
use crate::data::{Dataset, Identity};
use crate::error::require;
use crate::store::log::LogEnd;
use crate::{BadInput, Optimiser, Parameters};

/// Version of the layout of [`Checkpoint`]s.
const CHECKPOINT_VERSION: u16 = 5;

/// Everything that a trainer needs beside the data to continue to the same bits.
#[derive(Serialize, Deserialize)]
pub struct Checkpoint {
    version: u16,
    settings: String,
    /// Identity of the data with which it continues, if that must be the same.
    pub(super) data: Option<Identity>,
    /// End of the run's log.
    pub(super) log: LogEnd,
    streams: Streams,
    progress: Progress,
    parameters: Vec<Vec<f32>>,
    optimiser: Optimiser,
    best: Option<(Vec<Vec<f32>>, Epoch)>,
}

impl Checkpoint {
    /// Returns the checkpoint as bytes with a checksum.
    ///
    /// # Errors
    /// Never fails in practice.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        Ok(postcard::to_stdvec_crc32(self, checksum())?)
    }

    /// Reads a checkpoint from bytes, which must be complete.
    ///
    /// # Errors
    /// Fails if they were changed, or come from another version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        // The version first: what follows it is another in each.
        let body = &bytes[..bytes.len().saturating_sub(size_of::<u32>())];
        let mut digest = checksum();
        digest.update(body);
        let is_whole = bytes[body.len()..] == digest.finalize().to_le_bytes();
        let bad = |got: String| BadInput::new("checkpoint", "a whole and unchanged file", got);
        require!(is_whole, "checkpoint", "a whole and unchanged file", "one with another checksum");
        let (version, _) = postcard::take_from_bytes::<u16>(body).map_err(|error| bad(error.to_string()))?;
        let expected = format!("version {CHECKPOINT_VERSION}");
        require!(version == CHECKPOINT_VERSION, "checkpoint", expected, version);
        let checkpoint = postcard::from_bytes(body).map_err(|error| bad(error.to_string()))?;
        Ok(checkpoint)
    }

    /// Returns the settings of the run.
    ///
    /// # Errors
    /// Fails if it was written by a version with other settings.
    pub fn settings(&self) -> Result<Settings> {
        Settings::from_toml(&self.settings).context("the settings in a checkpoint")
    }

    /// Returns the checkpoint of a run on data with this identity, with a log that ends at `log`.
    pub(super) fn of_run(self, data: Identity, log: LogEnd) -> Self {
        Self { data: Some(data), log, ..self }
    }

    /// Returns the settings as they were written.
    pub(super) fn settings_text(&self) -> &str {
        &self.settings
    }

    /// Sets the number of all epochs. What is trained up to here doesn't depend on it, so that the run gets
    /// the same bits as with that number from the start.
    ///
    /// # Errors
    /// Fails as [`settings`](Self::settings) does.
    pub(super) fn set_epochs(&mut self, epochs: u32) -> Result<()> {
        let settings = self.settings()?;
        let expected =
            "none with a `final_rate` other than 1, since the learning rate followed the number of epochs";
        require!(settings.optimiser.final_rate == 1.0, "`epochs`", expected, epochs);
        self.settings = toml::to_string(&settings.with(|settings| settings.optimiser.epochs = epochs))?;
        Ok(())
    }

    /// Returns the last epoch that is over.
    pub fn last(&self) -> Option<Epoch> {
        self.progress.last
    }

    /// Returns the best epoch so far.
    pub fn best(&self) -> Option<Epoch> {
        self.best.as_ref().map(|best| best.1)
    }

    /// Returns whether no batch was trained yet.
    pub fn is_first(&self) -> bool {
        self.epochs() == (0, 0) && self.progress.order.is_empty()
    }

    /// Returns the number of epochs that are over: of pretraining, and of training.
    pub fn epochs(&self) -> (u32, u32) {
        (self.progress.pretrained, self.progress.trained)
    }
}

impl<'a> Trainer<'a> {
    /// Continues from a checkpoint, on the same data.
    ///
    /// # Errors
    /// Fails if it doesn't fit the data.
    pub fn resume(checkpoint: Checkpoint, data: &'a Dataset) -> Result<Self> {
        let mut trainer = Self::new(&checkpoint.settings()?, data)?;
        if let Some(expected) = checkpoint.data {
            let got = data.identity();
            let kept = format!("the data that was trained on (SHA-256 {expected:#}…)");
            require!(got == expected, &data.name, kept, format!("other values, labels or splits ({got:#}…)"));
        }
        trainer.progress = checkpoint.progress;
        let Progress { order, seen, .. } = &trainer.progress;
        let all = trainer.samples.len();
        let fits = order.is_empty() || (order.len() == all && *seen <= all);
        let fits = fits && order.iter().all(|&index| index < all);
        require!(fits, "checkpoint", format!("an order of {all} samples"), "another");
        if trainer.progress.pretrained == trainer.settings.optimiser.pretrain {
            trainer.begin_training();
        }
        trainer.streams = checkpoint.streams;
        let fill = |parameters: &mut Parameters, tensors: &[Vec<f32>]| -> Result<()> {
            let sizes = parameters.tensor_sizes();
            let same = sizes.iter().eq(tensors.iter().map(Vec::len).collect::<Vec<_>>().iter());
            require!(same, "checkpoint", "tensors of the network's sizes", "others");
            parameters.tensors_mut().zip(tensors).for_each(|(own, kept)| own.copy_from_slice(kept));
            Ok(())
        };
        if let Some((tensors, epoch)) = &checkpoint.best {
            let mut best = trainer.learner.parameters.clone();
            fill(&mut best, tensors)?;
            trainer.best = Some((best, *epoch));
        }
        fill(&mut trainer.learner.parameters, &checkpoint.parameters)?;
        let own = &trainer.learner.parameters;
        require!(checkpoint.optimiser.fits(own), "checkpoint", "moments of the tensors' sizes", "others");
        trainer.learner.optimiser = checkpoint.optimiser;
        Ok(trainer)
    }

    /// Returns everything that is needed to continue from here.
    ///
    /// # Errors
    /// Never fails in practice.
    pub fn checkpoint(&self) -> Result<Checkpoint> {
        let tensors = |parameters: &Parameters| {
            parameters.clone().tensors_mut().map(|values| values.to_vec()).collect()
        };
        Ok(Checkpoint {
            version: CHECKPOINT_VERSION,
            settings: toml::to_string(&self.settings)?,
            data: None,
            log: LogEnd::default(),
            streams: self.streams.clone(),
            progress: self.progress.clone(),
            parameters: tensors(&self.learner.parameters),
            optimiser: self.learner.optimiser.clone(),
            best: self.best.as_ref().map(|(parameters, epoch)| (tensors(parameters), *epoch)),
        })
    }
}
