//! A run's folder: resolved settings, log, checkpoint, best and last model.

use std::fs::File;
use std::io::{LineWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Serialize;

use crate::BadInput;
use crate::error::require;
use crate::store::files;
use crate::train::{Checkpoint, Logged, Settings};

/// The best model, a model file.
pub const BEST: &str = "best.fenchel";
/// The model after the last epoch, a model file.
pub const LAST: &str = "last.fenchel";
/// What a run that was interrupted goes on from.
pub const CHECKPOINT: &str = "checkpoint";
/// The resolved settings.
pub const SETTINGS: &str = "settings.toml";
/// Figures of the best model on a device, one JSON object, if `cargo xtask device` measured them.
pub const DEVICE: &str = "device.json";
/// One JSON object an epoch.
pub const LOG: &str = "log.jsonl";

/// The epochs of a log's text, up to the first line that isn't one: the last may be cut off, if the
/// run was killed while it was written.
pub fn epochs(log: &str) -> Vec<Logged> {
    log.lines().map_while(|line| Logged::parse(line).ok()).collect()
}

/// The folder of a run in progress.
#[derive(Debug)]
pub struct Run {
    folder: PathBuf,
    log: LineWriter<File>,
}

impl Run {
    /// Make `folder`, which must be new or empty, and record the settings there.
    ///
    /// # Errors
    /// [`crate::BadInput`] if it holds something, or an error of the file system.
    pub fn create(folder: &Path, settings: &impl Serialize) -> Result<Self> {
        let place = || format!("making {}", folder.display());
        let used = folder.is_dir() && folder.read_dir().with_context(place)?.next().is_some();
        require!(!used, folder.display(), "a new or empty folder for the run", "one that holds files");
        files::make_folder(folder)?;
        files::write(&folder.join(SETTINGS), toml::to_string(settings)?.as_bytes())?;
        let log = LineWriter::new(File::create(folder.join(LOG)).with_context(place)?);
        Ok(Self { folder: folder.to_path_buf(), log })
    }

    /// Go on with the run in `folder`: the checkpoint, if it came as far, and the folder with a log
    /// that ends where the checkpoint does.
    ///
    /// # Errors
    /// [`crate::BadInput`] if there is no run or nothing is left to do, or an error of the file system.
    pub fn resume(folder: &Path) -> Result<(Self, Settings, Option<Checkpoint>)> {
        let path = folder.join(SETTINGS);
        let text = std::fs::read_to_string(&path).map_err(|error| {
            BadInput::new(folder.display(), "the folder of a run, with settings.toml", error)
        })?;
        let settings = Settings::from_toml(&text).with_context(|| path.display().to_string())?;
        let path = folder.join(CHECKPOINT);
        let checkpoint = match std::fs::read(&path) {
            Ok(bytes) => Some(Checkpoint::from_bytes(&bytes).with_context(|| path.display().to_string())?),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(error).with_context(|| format!("reading {}", path.display())),
        };
        let (pretrained, trained) = checkpoint.as_ref().map_or((0, 0), Checkpoint::epochs);
        let left = format!("a run with epochs left of {}", settings.optimiser.epochs);
        let finished = trained >= settings.optimiser.epochs && folder.join(LAST).exists();
        require!(!finished, folder.display(), left, "a finished one");
        let path = folder.join(LOG);
        let log = match std::fs::read_to_string(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            log => log.with_context(|| format!("reading {}", path.display()))?,
        };
        let kept: String = log.split_inclusive('\n').take((pretrained + trained) as usize).collect();
        files::write(&path, kept.as_bytes())?;
        let log = File::options()
            .append(true)
            .open(&path)
            .with_context(|| format!("opening {}", path.display()))?;
        Ok((Self { folder: folder.to_path_buf(), log: LineWriter::new(log) }, settings, checkpoint))
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A name that isn't taken: `stem`, or `stem-2` and so on.
    pub fn free_folder(stem: &str) -> PathBuf {
        let numbered = (2..).map(|n| PathBuf::from(format!("{stem}-{n}")));
        let mut names = std::iter::once(PathBuf::from(stem)).chain(numbered);
        names.find(|folder| !folder.exists()).unwrap_or_default()
    }

    /// Append an epoch to the log.
    ///
    /// # Errors
    /// Of the file system.
    pub fn log(&mut self, epoch: &impl Serialize) -> Result<()> {
        writeln!(self.log, "{}", serde_json::to_string(epoch)?).context("writing the log")
    }

    /// Write a file of the run, such as [`BEST`]; its path.
    ///
    /// # Errors
    /// Of the file system.
    pub fn save(&self, name: &str, bytes: &[u8]) -> Result<PathBuf> {
        let path = self.folder.join(name);
        files::write(&path, bytes)?;
        Ok(path)
    }
}
