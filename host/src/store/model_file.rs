//! Writes and reads the model file.

use std::ops::Deref;
use std::path::Path;

use anyhow::{Context, Result};
use fenchel_core::{
    Arithmetic, Block, Confidence, Error, Header, Input, Model, ModelFields, Names, PARAMETER_ALIGNMENT,
    Packed, Scaling, Task, Training, TrainingData, Weights, pack, packed_len,
};

use crate::error::require;
use crate::store::files;
use crate::{BadInput, Parameters};

/// A model file in memory, aligned as a device's flash would hold it. It is not `Clone`, since a copy of
/// the storage might be aligned differently.
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
    /// Copies `bytes` to an aligned place.
    pub fn new(bytes: &[u8]) -> Self {
        let mut storage: Vec<u8> = Vec::with_capacity(bytes.len() + PARAMETER_ALIGNMENT);
        let start = storage.as_ptr().align_offset(PARAMETER_ALIGNMENT);
        storage.resize(start, 0);
        storage.extend_from_slice(bytes);
        Self { storage, start }
    }

    /// Reads a model file, or the best model of a run folder.
    ///
    /// # Errors
    /// Fails if it can't be read.
    pub fn read(path: &Path) -> Result<Self> {
        let read = match path.is_dir() {
            true => files::read(&path.join(crate::store::run::BEST)),
            false => std::fs::read(path),
        };
        let bytes = read.map_err(|error| {
            BadInput::new(path.display(), "a model file, or a run folder that holds one", error)
        })?;
        Ok(Self::new(&bytes))
    }

    /// Returns the validated model of f32 arithmetic; `analysis::any_model` takes either.
    ///
    /// # Errors
    /// Returns whatever [`Model::load`] refuses, with `place` before it.
    pub fn model(&self, place: impl std::fmt::Display) -> Result<Model<'_>> {
        match Model::load(self) {
            Err(Error::Arithmetic { got: Arithmetic::Integer, .. }) => {
                let expected = "a model of f32 arithmetic here, such as the one that this was exported from";
                Err(BadInput::new(place, expected, "one of integer arithmetic, which only infers").into())
            }
            loaded => loaded.with_context(|| place.to_string()),
        }
    }
}

impl Deref for ModelBytes {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.storage[self.start..]
    }
}

/// Writes the model file of a classifier that was trained on unknown data.
///
/// # Errors
/// Fails as [`export`] does.
pub fn export_classifier(
    parameters: &Parameters,
    training: Training,
    scaling: Scaling,
    class_names: &[String],
) -> Result<ModelBytes> {
    let classes = joined(class_names);
    let task = Task::Classification { classes: Names(&classes), confidence: Confidence::default() };
    let input = Input { names: None, scaling, bounds: None };
    let data = TrainingData { name: "unknown", samples: 0, sha256: None };
    export(parameters, &[], Header { training, data, task, input })
}

/// Packs `parameters` into a model file whose input has that `shape`: its features alone; height and width;
/// or channels, height and width.
///
/// # Errors
/// Fails if there are more blocks or connections than a file holds, or the result wouldn't load.
pub fn export(parameters: &Parameters, shape: &[usize], header: Header) -> Result<ModelBytes> {
    if let Task::Classification { classes: names, .. } | Task::Regression { targets: names, .. } =
        &header.task
    {
        let outputs = parameters.blocks.last().map_or(0, Block::size);
        require!(names.count() == outputs, "names of the outputs", outputs, names.count());
    }
    let panels = parameters.weights.iter().map(|weights| {
        let (rows, columns) = weights.shape();
        let mut panels = vec![0.0; packed_len(rows, columns)];
        pack(rows, columns, weights.row_major(), &mut panels);
        panels
    });
    let panels: Vec<_> = panels.collect();
    let weights = parameters.weights.iter().zip(&panels).map(|(weights, panels)| {
        let (rows, columns) = weights.shape();
        Ok(Packed::new(rows, columns, panels)?.into())
    });
    let weights = weights.collect::<Result<Vec<_>>>()?;
    let mut blocks = parameters.blocks.clone();
    if let ([height, width] | [_, height, width], [input, ..]) = (shape, blocks.as_mut_slice()) {
        (input.height, input.width) = (*height as u32, *width as u32);
    }
    let Parameters { connections, biases, gammas, .. } = parameters;
    let (blocks, weights) = (&blocks, &weights);
    write(&ModelFields { header, blocks, connections, weights, biases, gammas, originals: None })
}

/// Writes the file of these fields and checks it by loading it.
///
/// # Errors
/// Returns whatever the writer or [`Model::load`] refuses.
pub fn write(fields: &ModelFields) -> Result<ModelBytes> {
    let bytes = write_for(fields, Arithmetic::F32)?;
    bytes.model("the written model")?;
    Ok(bytes)
}

/// Writes the file of these fields for `arithmetic`; whoever calls it loads it.
///
/// # Errors
/// Returns whatever the writer refuses.
pub fn write_for(fields: &ModelFields, arithmetic: Arithmetic) -> Result<ModelBytes> {
    let mut bytes = Vec::with_capacity(fields.file_len()?);
    fields.write_for(arithmetic, |piece: &[u8]| {
        bytes.extend_from_slice(piece);
        Ok::<(), fenchel_core::Error>(())
    })?;
    Ok(ModelBytes::new(&bytes))
}

/// Joins names as the file stores them: a line feed in a name becomes a space.
pub fn joined(names: &[String]) -> String {
    names.iter().map(|name| name.replace('\n', " ")).collect::<Vec<_>>().join("\n")
}
