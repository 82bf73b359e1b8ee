//! The model file, written and read.

use std::ops::Deref;
use std::path::Path;

use anyhow::{Context, Result};
use fenchel_core::{
    Edge, Model, ModelFields, PARAMETER_ALIGNMENT, Precision, Scaling, Training, Weights, pack, packed_len,
};

use crate::{BadInput, Parameters};

/// A model file in memory, aligned as a device's flash would hold it. Not `Clone`: a copy of the
/// storage would lie elsewhere.
///
/// ```
/// use fenchel::store::model_file::ModelBytes;
/// let error = ModelBytes::new(b"something else").model("file").unwrap_err();
/// assert_eq!(format!("{error:#}"), "file: not a Fenchel model: expected it to begin with FNCL");
/// ```
#[derive(Debug)]
pub struct ModelBytes {
    storage: Vec<u8>,
    start: usize,
}

impl ModelBytes {
    /// Copy `bytes` to an aligned place.
    pub fn new(bytes: &[u8]) -> Self {
        let mut storage: Vec<u8> = Vec::with_capacity(bytes.len() + PARAMETER_ALIGNMENT);
        let start = storage.as_ptr().align_offset(PARAMETER_ALIGNMENT);
        storage.resize(start, 0);
        storage.extend_from_slice(bytes);
        Self { storage, start }
    }

    /// The file of `fields`, loaded once to check it; `what` names it in the error.
    ///
    /// # Errors
    /// If there are more blocks or connections than a file holds, or the result wouldn't load.
    pub fn of(fields: &ModelFields, what: &str) -> Result<Self> {
        let mut bytes = vec![0; fields.file_len()?];
        let file = Self::new(fields.write(&mut bytes)?);
        file.model(what)?;
        Ok(file)
    }

    /// Read a model file, or a run folder's best model.
    ///
    /// # Errors
    /// If it can't be read.
    pub fn read(path: &Path) -> Result<Self> {
        let file = if path.is_dir() { path.join(crate::store::run::BEST) } else { path.to_path_buf() };
        let bytes = std::fs::read(&file).map_err(|error| {
            BadInput::new(path.display(), "a model file, or a run folder that holds one", error)
        })?;
        Ok(Self::new(&bytes))
    }

    /// The validated model.
    ///
    /// # Errors
    /// Whatever [`Model::load`] refuses, with `place` before it.
    pub fn model(&self, place: impl std::fmt::Display) -> Result<Model<'_>> {
        Model::load(self).with_context(|| place.to_string())
    }
}

impl Deref for ModelBytes {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.storage[self.start..]
    }
}

/// Pack `parameters` into a model file.
///
/// # Errors
/// If there are more blocks or connections than a file holds, or the result wouldn't load.
pub fn export(
    parameters: &Parameters,
    training: Training<'_>,
    scaling: Scaling,
    class_names: &[String],
) -> Result<ModelBytes> {
    let mut values = Vec::new();
    let mut edges = Vec::new();
    for c in &parameters.connections {
        let (rows, columns) = c.weights.shape();
        let start = values.len();
        values.resize(start + packed_len(rows, columns), 0.0);
        pack(rows, columns, c.weights.row_major(), &mut values[start..]);
        edges.push(Edge { from: c.from as u8, to: c.to as u8 });
    }
    values.extend_from_slice(&parameters.biases);
    values.extend_from_slice(&parameters.gammas);
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    let names: Vec<_> = class_names.iter().map(|name| name.replace('\n', " ")).collect();
    let fields = ModelFields {
        training,
        scaling,
        class_names: &names.join("\n"),
        blocks: &parameters.blocks,
        connections: &edges,
        precision: Precision::F32,
        parameters: &bytes,
    };
    ModelBytes::of(&fields, "the exported model")
}
