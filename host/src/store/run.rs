//! A run's folder: the names of its files, and the right to write to it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::BadInput;
use crate::error::require;
use crate::store::files;
use crate::store::lock::Lock;

/// Name of the file of the best model.
pub const BEST: &str = "best.fenchel";
/// Name of the file of the model after the last epoch.
pub const LAST: &str = "last.fenchel";
/// Name of the file with the whole state of the training, from which an interrupted run continues. It is
/// authoritative about the run.
pub const CHECKPOINT: &str = "checkpoint";
/// Name of the file with the resolved settings, for reading and for `--config`.
pub const SETTINGS: &str = "settings.toml";
/// Name of the file with figures of the best model on a device, one JSON object, if `cargo xtask device`
/// measured them.
pub const DEVICE: &str = "device.json";
/// Name of the file with one JSON object for each epoch.
pub const LOG: &str = "log.jsonl";

/// A run's folder, to which this process alone writes.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    lock: Lock,
}

impl Folder {
    /// Makes the folder `path` with these files at once: it appears with all of them, or not at all. An
    /// empty folder may be there already, and so may one with a run that `is_untouched`.
    ///
    /// # Errors
    /// Returns [`BadInput`] if it holds something else or another process writes to it, and errors of the
    /// file system.
    pub fn create(
        path: &Path,
        contents: &[(&str, &[u8])],
        is_untouched: impl FnOnce(&Path) -> bool,
    ) -> Result<Self> {
        if path.is_dir() {
            let folder = Self::open(path)?;
            let others = names(path)?.into_iter().filter(|name| contents.iter().all(|file| file.0 != *name));
            let is_free = names(path)?.is_empty() || others.count() == 0 && is_untouched(path);
            require!(is_free, path.display(), "a new or empty folder for the run", "one that holds files");
            contents.iter().try_for_each(|(name, bytes)| folder.save(name, bytes).map(drop))?;
            return Ok(folder);
        }
        let place = || format!("making {}", path.display());
        let (parent, unfinished) = (files::parent(path), files::unfinished(path));
        require!(!path.exists(), path.display(), "a new or empty folder for the run", "a file");
        files::make_folder(parent)?;
        clear_unfinished(path)?;
        let own = tempfile::Builder::new()
            .prefix(&unfinished)
            .permissions(files::permissions(0o777))
            .tempdir_in(parent)
            .with_context(place)?;
        let lock = Lock::take(own.path())?;
        for (name, bytes) in contents {
            files::write(&own.path().join(name), bytes)?;
        }
        std::fs::rename(own.path(), path).map_err(|error| match error.kind() {
            std::io::ErrorKind::DirectoryNotEmpty | std::io::ErrorKind::AlreadyExists => {
                let expected = "a new or empty folder for the run";
                BadInput::new(path.display(), expected, "one that another training has just begun in").into()
            }
            _ => anyhow::Error::from(error).context(place()),
        })?;
        let _ = own.keep();
        files::sync_folder(parent);
        Ok(Self { path: path.to_path_buf(), lock: lock.renamed(path) })
    }

    /// Locks the folder at `path`, and removes what a killed process left unfinished there.
    ///
    /// # Errors
    /// Returns [`BadInput`] if there is none, or another process writes to it.
    pub fn open(path: &Path) -> Result<Self> {
        let folder = Self { path: path.to_path_buf(), lock: Lock::take(path)? };
        clear(path)?;
        clear_unfinished(path)?;
        Ok(folder)
    }

    /// Returns the path of the folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes one of its files, and returns the file's path.
    ///
    /// # Errors
    /// Returns [`BadInput`] if another folder is in its place, and errors of the file system.
    pub fn save(&self, name: &str, bytes: &[u8]) -> Result<PathBuf> {
        self.lock.check()?;
        let path = self.path.join(name);
        files::write(&path, bytes)?;
        Ok(path)
    }
}

/// Returns a name that isn't taken: `stem`, or `stem-2` and so on.
pub fn free_folder(stem: &str) -> PathBuf {
    let numbered = (2..).map(|n| PathBuf::from(format!("{stem}-{n}")));
    let mut names = std::iter::once(PathBuf::from(stem)).chain(numbered);
    names.find(|folder| !folder.exists()).unwrap_or_default()
}

/// Removes the files that a killed process left unfinished from `folder`. The caller must hold its lock.
///
/// # Errors
/// Returns errors of the file system.
pub fn clear(folder: &Path) -> Result<()> {
    let entries = folder.read_dir().with_context(|| format!("reading {}", folder.display()))?;
    for entry in entries.flatten() {
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if is_file && entry.file_name().to_str().is_some_and(files::is_leftover) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
    Ok(())
}

/// Removes the folders that killed processes left unfinished beside `path`, on the way to it.
fn clear_unfinished(path: &Path) -> Result<()> {
    let (parent, beginning) = (files::parent(path), files::unfinished(path));
    for name in names(parent)?.iter().filter(|name| is_unfinished(name, &beginning)) {
        // That of a running process is locked.
        if parent.join(name).is_dir() && Lock::take(&parent.join(name)).is_ok() {
            let _ = std::fs::remove_dir_all(parent.join(name));
        }
    }
    Ok(())
}

fn names(folder: &Path) -> Result<Vec<std::ffi::OsString>> {
    let entries = folder.read_dir().with_context(|| format!("reading {}", folder.display()))?;
    Ok(entries.flatten().map(|entry| entry.file_name()).collect())
}

fn is_unfinished(name: &OsStr, beginning: &str) -> bool {
    name.to_str().is_some_and(|name| name.starts_with(beginning) && files::is_leftover(name))
}
