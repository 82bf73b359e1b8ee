//! The range of the output converters that a network needs.

use anyhow::Result;

use super::Profile;
use crate::Parameters;
use crate::analysis::robustness::Samples;

/// The largest magnitude among the outputs of each sample.
#[derive(Clone, Debug)]
pub struct Outputs(Vec<f32>);

impl Outputs {
    /// Computes the outputs of the exact network, without flaws.
    ///
    /// # Errors
    /// Fails if a size doesn't fit.
    pub fn new(parameters: &Parameters, samples: &Samples) -> Result<Self> {
        let network = parameters.network();
        let mut largest = Vec::new();
        for (input, labels) in samples.pieces(network.input_units()) {
            let mut activities = vec![0.0; labels.len() * network.units()];
            let rows = network.infer(input, &mut activities)?.chunks_exact(network.output_units());
            largest.extend(rows.map(magnitude));
        }
        Ok(Self(largest))
    }

    /// Returns the largest magnitude over all samples.
    pub fn largest(&self) -> f32 {
        magnitude(&self.0)
    }

    /// Returns the share of the samples with an output beyond ±`range`.
    pub fn share_beyond(&self, range: f32) -> f64 {
        let beyond = self.0.iter().filter(|&&largest| largest > range).count();
        beyond as f64 / self.0.len().max(1) as f64
    }
}

fn magnitude(values: &[f32]) -> f32 {
    values.iter().fold(0.0, |largest: f32, value| largest.max(value.abs()))
}

impl Profile {
    /// Returns the profile with its output converters' range set to the network's largest output on
    /// `samples`, if it has output converters and leaves their range open.
    ///
    /// # Errors
    /// Fails if a size doesn't fit.
    pub fn with_range_of(&self, parameters: &Parameters, samples: &Samples) -> Result<Self> {
        let mut profile = self.clone();
        if profile.output_bits.is_some() && profile.output_range.is_none() {
            let largest = Outputs::new(parameters, samples)?.largest();
            profile.output_range = Some(if largest > 0.0 { largest.into() } else { 1.0 });
        }
        Ok(profile)
    }
}
