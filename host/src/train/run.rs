//! A run on the disk: it is begun, continued and read here. Its checkpoint is authoritative; the settings
//! file and the log must agree with it.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::settings::check_unchanged;
use super::{Checkpoint, Epoch, Logged, Settings, Trainer};
use crate::BadInput;
use crate::data::{Dataset, Identity};
use crate::error::require;
use crate::store::files;
use crate::store::log::{Lines, Log, LogEnd};
use crate::store::run::{BEST, CHECKPOINT, Folder, LAST, LOG, SETTINGS};

/// The setting that may change when a run continues.
const EPOCHS: &str = "optimiser.epochs";

/// A run in progress, to which this process alone writes.
#[derive(Debug)]
pub struct Run {
    folder: Folder,
    log: Log,
    data: Identity,
}

/// A run that is continued.
pub struct Resumed {
    /// Folder of the run.
    pub run: Run,
    /// Checkpoint from which it continues.
    pub checkpoint: Checkpoint,
    /// Messages about the folder: what was lost or repaired.
    pub said: Vec<String>,
}

impl Run {
    /// Begins a run in `folder`, which must be new or empty, with what `trainer` is about to do on `data`.
    ///
    /// # Errors
    /// Returns [`BadInput`] if the folder holds something or another process writes to it, and errors of
    /// the file system.
    pub fn create(folder: &Path, trainer: &Trainer, data: &Dataset) -> Result<Self> {
        let settings = toml::to_string(trainer.settings())?;
        let data = data.identity();
        let end = LogEnd::empty(&[settings.as_bytes(), &data.0].concat());
        let checkpoint = trainer.checkpoint()?.of_run(data, end).to_bytes()?;
        let contents =
            [(LOG, &b""[..]), (SETTINGS, settings.as_bytes()), (CHECKPOINT, checkpoint.as_slice())];
        let folder = Folder::create(folder, &contents, is_untouched)?;
        let log = Log::begin(&folder.path().join(LOG), end)?;
        Ok(Self { folder, log, data })
    }

    /// Continues the run in `folder`, up to `epochs` if given; settings file and log are completed from the
    /// checkpoint if they lack something.
    ///
    /// # Errors
    /// Returns [`BadInput`] if there is no run, another process writes to it, its settings were edited, or
    /// `epochs` are over already; and errors of the file system.
    pub fn resume(folder: &Path, epochs: Option<u32>) -> Result<Resumed> {
        // Before anything is removed from the folder, and once more when nobody else writes there.
        read_checkpoint(folder)?;
        let folder = Folder::open(folder)?;
        let mut checkpoint = read_checkpoint(folder.path())?;
        let data = checkpoint.data.context("a checkpoint without the identity of its data")?;
        let mut said = Vec::new();
        let changeable = epochs.map(|_| EPOCHS);
        let had_settings = check_settings(folder.path(), &checkpoint, changeable)?;
        if let Some(epochs) = epochs {
            let trained = checkpoint.epochs().1;
            let expected = format!("at least {trained}, which are over");
            require!(epochs >= trained, "`epochs`", expected, epochs);
            checkpoint.set_epochs(epochs)?;
        }
        let path = folder.path().join(SETTINGS);
        if !had_settings {
            said.push(format!("{}: was missing, and is written anew", path.display()));
        }
        let (log, lost) = Log::resume(&folder.path().join(LOG), checkpoint.log)?;
        let end = log.sync()?;
        if !had_settings || epochs.is_some() {
            folder.save(SETTINGS, checkpoint.settings_text().as_bytes())?;
        }
        if checkpoint.log != end || epochs.is_some() {
            checkpoint.log = end;
            folder.save(CHECKPOINT, &checkpoint.to_bytes()?)?;
        }
        said.extend(lost);
        Ok(Resumed { run: Self { folder, log, data }, checkpoint, said })
    }

    /// Returns the folder of the run.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Appends an epoch to the log.
    ///
    /// # Errors
    /// Returns errors of the file system.
    pub fn log(&mut self, epoch: &Logged) -> Result<()> {
        self.log.push(epoch)
    }

    /// Writes a file of the run, such as [`BEST`], and returns its path.
    ///
    /// # Errors
    /// Fails as [`Folder::save`] does.
    pub fn save(&self, name: &str, bytes: &[u8]) -> Result<PathBuf> {
        self.folder.save(name, bytes)
    }

    /// Writes the checkpoint, after the log up to here is on the disk.
    ///
    /// # Errors
    /// Fails as [`Folder::save`] does.
    pub fn save_checkpoint(&self, checkpoint: Checkpoint) -> Result<()> {
        let checkpoint = checkpoint.of_run(self.data, self.log.sync()?);
        self.folder.save(CHECKPOINT, &checkpoint.to_bytes()?).map(drop)
    }
}

/// Returns whether the run in `folder` was begun, but no batch of it is kept, so that nothing is lost with
/// it.
fn is_untouched(folder: &Path) -> bool {
    let is_empty = |name: &str| folder.join(name).metadata().map_or(true, |log| log.len() == 0);
    let checkpoint = match folder.join(CHECKPOINT).exists() {
        true => read_checkpoint(folder).is_ok_and(|checkpoint| checkpoint.is_first()),
        false => true,
    };
    is_empty(LOG) && checkpoint
}

fn read_checkpoint(folder: &Path) -> Result<Checkpoint> {
    let path = folder.join(CHECKPOINT);
    let bytes = files::read(&path).map_err(|error| {
        let expected = format!("the folder of a run, with {SETTINGS}, {LOG} and {CHECKPOINT}");
        BadInput::new(folder.display(), expected, format!("{CHECKPOINT}: {error}"))
    })?;
    Checkpoint::from_bytes(&bytes).with_context(|| path.display().to_string())
}

/// Returns whether there is a settings file; one that differs from the checkpoint in more than `changeable`
/// is refused.
fn check_settings(folder: &Path, checkpoint: &Checkpoint, changeable: Option<&str>) -> Result<bool> {
    let path = folder.join(SETTINGS);
    match files::read(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(BadInput::new(path.display(), "the settings of a run", error).into()),
        Ok(bytes) => {
            let text = std::str::from_utf8(&bytes)
                .map_err(|error| BadInput::new(path.display(), "the settings of a run", error))?;
            check_unchanged(&path.display().to_string(), checkpoint.settings_text(), text, changeable)?;
            Ok(true)
        }
    }
}

/// A run as its files describe it, whether or not it is being trained.
#[derive(Debug)]
pub struct Record {
    /// Folder of the run.
    pub folder: PathBuf,
    /// Settings of the run.
    pub settings: Settings,
    /// The epochs of its log, without those whose lines are missing or changed.
    pub epochs: Vec<Logged>,
    /// Number of epochs of training that are over.
    pub trained: u32,
    /// The best of these epochs.
    pub best: Option<Epoch>,
    /// Seconds of training so far.
    pub seconds: Option<f64>,
    /// Whether it has a best model.
    pub has_best: bool,
    /// Whether all epochs are over, and the model after the last one is there.
    pub is_finished: bool,
    /// What the log lacks, if anything.
    pub complaint: Option<String>,
}

impl Record {
    /// Reads the run in `folder`.
    ///
    /// # Errors
    /// Returns [`BadInput`] if there is none, it is damaged, or its settings file differs.
    pub fn read(folder: &Path) -> Result<Self> {
        // First the checkpoint: while a run goes on, its log only grows.
        let checkpoint = read_checkpoint(folder)?;
        check_settings(folder, &checkpoint, None)?;
        let settings = checkpoint.settings()?;
        let path = folder.join(LOG);
        let bytes = match files::read(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(BadInput::new(path.display(), "the log of a run", error).into()),
            Ok(bytes) => bytes,
        };
        let lines = Lines::read(&bytes, checkpoint.log);
        let is_whole = lines.reach(checkpoint.log);
        let complaint =
            (!is_whole).then(|| format!("{}: {}", path.display(), lines.complaint(checkpoint.log)));
        let known = if is_whole { checkpoint.log.lines() } else { lines.objects.len() };
        let epochs: Vec<Logged> = lines.objects.iter().map_while(|line| Logged::parse(line).ok()).collect();
        // Those after the checkpoint.
        let later: Vec<_> = epochs[known.min(epochs.len())..].iter().map(|line| line.epoch).collect();
        let seconds = later.last().copied().or(checkpoint.last()).map(|epoch| epoch.seconds);
        let later: Vec<_> = later.into_iter().filter(|epoch| !epoch.pretraining).collect();
        let trained = later.last().map_or(checkpoint.epochs().1, |epoch| epoch.epoch);
        let best = checkpoint.best().into_iter().chain(later).reduce(Epoch::better);
        let has = |name: &str| folder.join(name).exists();
        Ok(Self {
            folder: folder.to_path_buf(),
            is_finished: trained >= settings.optimiser.epochs && has(LAST),
            has_best: has(BEST),
            settings,
            epochs,
            trained,
            seconds,
            best,
            complaint,
        })
    }
}

/// Returns the epochs of a log's text, up to the first line that isn't one.
pub fn epochs(log: &str) -> Vec<Logged> {
    log.lines().map_while(|line| Logged::parse(line).ok()).collect()
}
