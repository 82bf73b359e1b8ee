//! Original samples that a model file holds against forgetting.

use rand_core::Rng;

use super::ring::below;
use crate::error::same;
use crate::{Error, Quantity, Scaling};

/// Raw values of samples, in the type that the data have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RawValues<'a> {
    /// Pixels, or a converter's counts.
    Bytes(&'a [u8]),
    /// Values in the user's unit.
    Floats(&'a [f32]),
}

impl RawValues<'_> {
    /// Returns the number of values.
    pub fn len(&self) -> usize {
        match self {
            Self::Bytes(values) => values.len(),
            Self::Floats(values) => values.len(),
        }
    }

    /// Returns whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Scales them into `input` as [`Scaling::apply`] does.
    ///
    /// # Errors
    /// As [`Scaling::apply`].
    pub fn scale(&self, scaling: Scaling, input: &mut [f32]) -> Result<(), Error> {
        match self {
            Self::Bytes(values) => scaling.apply(values, input),
            Self::Floats(values) => scaling.apply(values, input),
        }
    }

    /// The values from `start` on, `n` of them.
    fn part(&self, start: usize, n: usize) -> Option<Self> {
        let range = start..start.checked_add(n)?;
        Some(match self {
            Self::Bytes(values) => Self::Bytes(values.get(range)?),
            Self::Floats(values) => Self::Floats(values.get(range)?),
        })
    }
}

/// Original training samples and their classes, in flash with the model: one of them learned after each new
/// sample keeps what the model knew. `fenchel export --replay` puts them into the file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Originals<'a> {
    values: RawValues<'a>,
    labels: &'a [u8],
}

impl<'a> Originals<'a> {
    /// Takes `labels` and the raw `values` of as many samples, one after the other.
    ///
    /// # Errors
    /// [`Error::Size`] if the values don't divide evenly among the samples.
    pub fn new(values: RawValues<'a>, labels: &'a [u8]) -> Result<Self, Error> {
        let features = values.len().checked_div(labels.len()).unwrap_or(0);
        same(Quantity::InputValues, features * labels.len(), values.len())?;
        Ok(Self { values, labels })
    }

    /// Returns the number of samples.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Returns whether there is none.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Returns the raw values of all samples.
    pub fn values(&self) -> RawValues<'a> {
        self.values
    }

    /// Returns the class of each sample.
    pub fn labels(&self) -> &'a [u8] {
        self.labels
    }

    /// Returns raw values and class of the sample with this index.
    pub fn get(&self, index: usize) -> Option<(RawValues<'a>, u8)> {
        let features = self.values.len().checked_div(self.labels.len())?;
        Some((self.values.part(index.checked_mul(features)?, features)?, *self.labels.get(index)?))
    }

    /// Returns any of the samples.
    pub fn draw(&self, random: &mut impl Rng) -> Option<(RawValues<'a>, u8)> {
        self.get(below(random, self.len()))
    }
}
