//! From a data set's raw values to a network's inputs.

use anyhow::Result;
use fenchel_core::Scaling;

/// Offsets and factors, kept where [`Scaling`] borrows them: one pair for all values of a sample, one a
/// channel, or one a feature.
#[derive(Clone, Debug, PartialEq)]
pub struct InputScaling {
    offsets: Vec<f32>,
    factors: Vec<f32>,
}

impl InputScaling {
    /// x = (raw − offset)·factor for all values; both are finite.
    pub fn one(offset: f32, factor: f32) -> Self {
        Self { offsets: vec![offset], factors: vec![factor] }
    }

    /// One pair for each channel or feature.
    ///
    /// # Errors
    /// As [`Scaling::new`].
    pub fn new(offsets: Vec<f32>, factors: Vec<f32>) -> Result<Self> {
        Scaling::new(&offsets, &factors)?;
        Ok(Self { offsets, factors })
    }

    /// What applies it.
    pub fn view(&self) -> Scaling<'_> {
        Scaling::new(&self.offsets, &self.factors).expect("as many finite offsets as factors")
    }
}
