//! Locks a folder, so that one process at a time writes to it.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::error::{BadInput, require};
use crate::output::say;

/// The right to write to a folder. The system releases it when the process ends, however it ends; reading
/// needs no lock.
#[derive(Debug)]
pub struct Lock {
    folder: File,
    path: PathBuf,
}

impl Lock {
    /// Locks the folder at `path`.
    ///
    /// # Errors
    /// Returns [`BadInput`] if there is none, or another process has locked it.
    pub fn take(path: &Path) -> Result<Self> {
        let folder = File::open(path).map_err(|error| BadInput::new(path.display(), "a folder", error))?;
        match folder.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let expected = "a folder that no other process writes to";
                return Err(
                    BadInput::new(path.display(), expected, "one that a running fenchel writes to").into()
                );
            }
            Err(TryLockError::Error(error)) => say(format_args!(
                "warning: {}: this file system has no locks ({error}): start nothing else there",
                path.display()
            )),
        }
        Ok(Self { folder, path: path.to_path_buf() })
    }

    /// Returns the same lock after its folder was renamed to `path`.
    pub fn renamed(self, path: &Path) -> Self {
        Self { path: path.to_path_buf(), ..self }
    }

    /// Checks that no other folder was put in this one's place.
    ///
    /// # Errors
    /// Returns [`BadInput`] if the path is no longer that of the folder.
    pub fn check(&self) -> Result<()> {
        use std::os::unix::fs::MetadataExt;
        let place = || format!("looking for {}", self.path.display());
        let own = self.folder.metadata().with_context(place)?;
        let same = self.path.metadata().is_ok_and(|now| (now.dev(), now.ino()) == (own.dev(), own.ino()));
        require!(same, self.path.display(), "the folder that was there", "another one, or none");
        Ok(())
    }
}
