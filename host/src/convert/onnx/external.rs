//! Weights that an ONNX model keeps in files beside it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};

use anyhow::Result;

use super::proto::TensorProto;
use crate::convert::bad;
use crate::error::{quoted, require};

/// Most times a file's size that is read from it, since a model's tensors may share weights.
const MOST_READS: u64 = 4;

/// The folder of a model, and how much was read from each file in it.
pub struct Beside<'a> {
    folder: Option<&'a Path>,
    taken: RefCell<HashMap<PathBuf, u64>>,
}

impl<'a> Beside<'a> {
    /// Starts with a model in `folder`; `None` for a model that isn't a file.
    pub fn new(folder: Option<&'a Path>) -> Self {
        Self { folder, taken: RefCell::default() }
    }

    /// Returns the bytes that `tensor` names.
    ///
    /// # Errors
    /// Returns [`crate::BadInput`] if they aren't in a file in or below the model's folder.
    pub fn read(&self, here: &str, tensor: &TensorProto) -> Result<Vec<u8>> {
        let entry = |key: &str| {
            tensor.external_data.iter().find(|entry| entry.key == key).map(|entry| entry.value.as_str())
        };
        let number = |key: &str| match entry(key) {
            None => Ok(None),
            Some(text) => text
                .parse::<u64>()
                .map(Some)
                .map_err(|_| bad(here, format!("{key} as a number"), quoted(text))),
        };
        let location = entry("location").unwrap_or_default();
        let here = format!("{here}, data in {}", quoted(location));
        let expected = "a file beside the model, or in a folder below it";
        let inside = Path::new(location).components().all(|part| matches!(part, Component::Normal(_)));
        let Some(folder) = self.folder.filter(|_| inside && !location.is_empty()) else {
            return Err(bad(&here, expected, "another place"));
        };
        let missing = |error: std::io::Error| bad(&here, expected, error);
        let path = folder.join(location).canonicalize().map_err(missing)?;
        let within = path.starts_with(folder.canonicalize().map_err(missing)?) && path.is_file();
        require!(within, here, expected, "another place");
        let mut file = File::open(&path).map_err(missing)?;
        let size = file.metadata().map_err(missing)?.len();
        let offset = number("offset")?.unwrap_or(0);
        let length = number("length")?.unwrap_or(size.saturating_sub(offset));
        let end = offset.checked_add(length);
        let got = format!("a file of {size}");
        require!(end.is_some_and(|end| end <= size), here, format!("{length} bytes from {offset}"), got);
        let mut taken = self.taken.borrow_mut();
        let taken = taken.entry(path).or_default();
        *taken += length;
        let most = format!("at most {MOST_READS} times the file's size in all");
        require!(*taken <= MOST_READS * size, here, most, format!("{taken} bytes"));
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(offset)).map_err(missing)?;
        file.take(length).read_to_end(&mut bytes).map_err(missing)?;
        require!(bytes.len() as u64 == length, here, format!("{length} bytes"), bytes.len());
        Ok(bytes)
    }
}
