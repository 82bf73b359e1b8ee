//! Reconstruction: the target is the scaled input; samples that are reconstructed badly are anomalies.

use fenchel_core::Random;

use super::regression::{farthest, mended_goodness, others};
use super::{Kind, Score};
use crate::data::{Dataset, Split};

/// Reconstruction of the input.
#[derive(Clone, Debug)]
pub struct Reconstruction {
    features: usize,
}

impl Reconstruction {
    /// Builds the task for samples of `data`.
    pub(super) fn new(data: &Dataset) -> Self {
        Self { features: data.features }
    }
}

impl Kind for Reconstruction {
    fn outputs(&self) -> usize {
        self.features
    }

    fn append_target(&self, _: &Split, _: usize, input: &[f32], target: &mut Vec<f32>) {
        target.extend_from_slice(input);
    }

    fn draw_attack(&self, target: &[f32], random: &mut Random, attack: &mut Vec<f32>) {
        others(target, self.features, random, attack);
    }

    fn worst_attack(&self, target: &[f32], outputs: &[f32], attack: &mut Vec<f32>) {
        farthest(target, outputs, self.features, attack);
    }

    fn score(&self, outputs: &[f32], split: &Split, data: &Dataset) -> Score {
        let mut inputs = Vec::with_capacity(outputs.len());
        (0..split.len())
            .for_each(|index| split.append_input(index, data.features, data.scaling.view(), &mut inputs));
        mended_goodness(outputs, &inputs, self.features)
    }
}
