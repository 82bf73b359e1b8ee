//! Scales a data set's raw values to a network's inputs.

use anyhow::Result;
use fenchel_core::Scaling;

/// Owned offsets and factors of a [`Scaling`]: one pair for all values of a sample, one for each channel,
/// or one for each feature.
#[derive(Clone, Debug, PartialEq)]
pub struct InputScaling {
    offsets: Vec<f32>,
    factors: Vec<f32>,
}

impl InputScaling {
    /// Builds x = (raw − offset)·factor for all values; both must be finite.
    pub fn one(offset: f32, factor: f32) -> Self {
        Self { offsets: vec![offset], factors: vec![factor] }
    }

    /// Builds a scaling with one pair for each channel or feature.
    ///
    /// # Errors
    /// Fails as [`Scaling::new`] does.
    pub fn new(offsets: Vec<f32>, factors: Vec<f32>) -> Result<Self> {
        Scaling::new(&offsets, &factors)?;
        Ok(Self { offsets, factors })
    }

    /// Returns the scaling that can be applied.
    pub fn view(&self) -> Scaling<'_> {
        Scaling::new(&self.offsets, &self.factors).expect("as many finite offsets as factors")
    }
}
