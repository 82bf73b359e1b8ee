//! Data sets that are published as IDX files, and where they are looked for.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::{Dataset, idx};
use crate::error::{BadInput, require};

/// Folder where Debian's packages of data sets put them.
const SYSTEM: &str = "/usr/share/datasets";
/// Folder where `fenchel data fetch` puts them, below the working directory.
pub const FOLDER: &str = "data";

/// A published data set.
#[derive(Debug)]
pub struct Published {
    /// Name that `--data` and `fenchel data fetch` take.
    pub name: &'static str,
    /// Name of each class.
    pub classes: [&'static str; 10],
    /// Names of its gzipped files and their published SHA-256.
    pub files: [(&'static str, &'static str); 4],
    /// Addresses of the files, tried in this order.
    pub mirrors: &'static [&'static str],
}

impl Published {
    /// Returns the folders in which it is looked for, in this order.
    pub fn places(&self) -> [PathBuf; 3] {
        [Path::new(FOLDER).join(self.name), PathBuf::from(self.name), Path::new(SYSTEM).join(self.name)]
    }

    /// Returns the first of these folders that exists.
    pub fn find(&self) -> Option<PathBuf> {
        self.places().into_iter().find(|folder| folder.is_dir())
    }

    /// Loads the data set, with the classes' names.
    ///
    /// # Errors
    /// Returns [`BadInput`] if it isn't there, and fails as [`idx::load_folder`] does.
    pub fn load(&self) -> Result<Dataset> {
        let places = self.places().map(|folder| folder.display().to_string());
        let folder = self.find().ok_or_else(|| {
            let expected =
                format!("one of the folders {} (`fenchel data fetch {}`)", places.join(", "), self.name);
            BadInput::new(self.name, expected, "none of them")
        })?;
        let dataset = idx::load_folder(&folder)?;
        require!(
            dataset.classes() <= self.classes.len(),
            folder.display(),
            "at most 10 classes",
            dataset.classes()
        );
        Ok(Dataset { class_names: self.classes.map(String::from).to_vec(), ..dataset })
    }
}
