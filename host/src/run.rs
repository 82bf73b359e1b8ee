//! A run's folder: resolved settings, log, best model.

use std::fs::File;
use std::io::{LineWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Serialize;

use crate::error::require;
use crate::files;

/// The best model, a model file.
pub const BEST: &str = "best.fenchel";
/// The resolved settings.
pub const SETTINGS: &str = "settings.toml";
/// One JSON object an epoch.
pub const LOG: &str = "log.jsonl";

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
        let used = folder.exists() && folder.read_dir().with_context(place)?.next().is_some();
        require!(!used, folder.display(), "a new or empty folder for the run", "one that holds files");
        std::fs::create_dir_all(folder).with_context(place)?;
        files::write(&folder.join(SETTINGS), toml::to_string(settings)?.as_bytes())?;
        let log = LineWriter::new(File::create(folder.join(LOG)).with_context(place)?);
        Ok(Self { folder: folder.to_path_buf(), log })
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

    /// Write the best model; its path.
    ///
    /// # Errors
    /// Of the file system.
    pub fn save_best(&self, model: &[u8]) -> Result<PathBuf> {
        let path = self.folder.join(BEST);
        files::write(&path, model)?;
        Ok(path)
    }
}
