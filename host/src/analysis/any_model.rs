//! A model of either arithmetic, for the commands that take both.

use std::path::Path;

use anyhow::{Context, Result};
use fenchel_core::{Arithmetic, Error, IntegerModel, IntegerView, Model};
use rayon::prelude::*;

use super::evaluate::outputs;
use crate::convert::integer::in_f32;
use crate::data::{Split, Values};
use crate::store::model_file::ModelBytes;

/// A model file of either arithmetic in memory.
#[derive(Debug)]
pub struct AnyBytes {
    file: ModelBytes,
    /// An integer model's weights and parameters as an f32 model.
    in_f32: Option<ModelBytes>,
}

/// A model of either arithmetic.
pub struct AnyModel<'a> {
    /// The model; of an integer one its header, blocks and weights, which f32 arithmetic would compute with.
    pub model: Model<'a>,
    /// What answers, if the arithmetic is integer.
    pub integer: Option<IntegerModel<'a>>,
}

impl AnyBytes {
    /// Reads a model file, or the best model of a run folder.
    ///
    /// # Errors
    /// Fails if it can't be read, or isn't a model.
    pub fn read(path: &Path) -> Result<Self> {
        Self::new(ModelBytes::read(path)?).with_context(|| path.display().to_string())
    }

    /// Takes a model file.
    ///
    /// # Errors
    /// Fails if it isn't a model.
    pub fn new(file: ModelBytes) -> Result<Self> {
        let in_f32 = match IntegerModel::load(&file) {
            Ok(model) => Some(in_f32(&model)?),
            // The other loader says what is wrong with it.
            Err(Error::Arithmetic { .. }) => None,
            Err(error) => match Model::load(&file) {
                Err(Error::Arithmetic { got: Arithmetic::Integer, .. }) => return Err(error.into()),
                Ok(_) | Err(_) => None,
            },
        };
        Ok(Self { file, in_f32 })
    }

    /// Returns the file.
    pub fn file(&self) -> &ModelBytes {
        &self.file
    }

    /// Returns the validated model.
    ///
    /// # Errors
    /// Returns whatever loading refuses, with `place` before it.
    pub fn model(&self, place: impl std::fmt::Display) -> Result<AnyModel<'_>> {
        Ok(match &self.in_f32 {
            None => AnyModel { model: self.file.model(place)?, integer: None },
            Some(twin) => {
                let integer = IntegerModel::load(&self.file).with_context(|| place.to_string())?;
                AnyModel { model: twin.model(place)?, integer: Some(integer) }
            }
        })
    }
}

impl AnyModel<'_> {
    /// Returns the answers z_L to every sample, shape (samples, n_L), with the same bits as on a device.
    ///
    /// # Errors
    /// Fails if the samples don't fit the network.
    pub fn outputs(&self, split: &Split) -> Result<Vec<f32>> {
        match &self.integer {
            None => outputs(&self.model.network(), split, self.model.scaling()),
            Some(model) => integer_outputs(model, split),
        }
    }

    /// Returns the answer z_L to one sample of raw values. A missing one, NaN, becomes the offset of its scaling, as if
    /// it were the mean.
    ///
    /// # Errors
    /// Fails if the sample doesn't fit the network, or isn't finite.
    pub fn integer_answer(model: &IntegerModel, raw: &[f32]) -> Result<Vec<f32>> {
        let offsets = model.scaling().offsets();
        let run = (raw.len() / offsets.len().max(1)).max(1);
        let present = |(index, &value): (usize, &f32)| {
            if value.is_nan() { offsets.get(index / run).copied().unwrap_or(0.0) } else { value }
        };
        let raw: Vec<f32> = raw.iter().enumerate().map(present).collect();
        let mut memory = Memory::new(model);
        memory.answer(model, |view, answer| {
            model.infer(&raw, view)?.in_f32(answer);
            Ok(())
        })
    }
}

/// Memory of an inference.
struct Memory {
    activities: Vec<i16>,
    sums: Vec<i32>,
}

impl Memory {
    fn new(model: &IntegerModel) -> Self {
        Self { activities: vec![0; model.values()], sums: vec![0; 2 * model.widest()] }
    }

    fn answer(
        &mut self,
        model: &IntegerModel,
        infer: impl FnOnce(&mut IntegerView, &mut [f32]) -> Result<()>,
    ) -> Result<Vec<f32>> {
        let mut answer = vec![0.0; model.graph().output_units()];
        infer(&mut IntegerView::new(model, &mut self.activities, &mut self.sums)?, &mut answer)?;
        Ok(answer)
    }
}

fn integer_outputs(model: &IntegerModel, split: &Split) -> Result<Vec<f32>> {
    let features = model.graph().input_units();
    let answers: Result<Vec<Vec<f32>>> = (0..split.len())
        .into_par_iter()
        .map_init(
            || Memory::new(model),
            |memory, index| {
                let range = index * features..(index + 1) * features;
                memory.answer(model, |view, answer| {
                    match &split.values {
                        Values::Bytes(raw) => model.infer(&raw[range], view)?,
                        Values::Floats(raw) => model.infer(&raw[range], view)?,
                    }
                    .in_f32(answer);
                    Ok(())
                })
            },
        )
        .collect();
    Ok(answers?.concat())
}
