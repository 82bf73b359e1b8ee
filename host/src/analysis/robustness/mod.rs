//! What a trained network withstands: adversaries at the input and inside. (Flaws of its hardware:
//! [`crate::hardware`].)

pub mod attacks;
pub mod lipschitz;

use fenchel_core::Scaling;

use crate::data::Split;

/// Scaled samples with labels, ready to be attacked.
#[derive(Clone, Debug)]
pub struct Samples {
    /// x, (samples, n_0).
    pub input: Vec<f32>,
    /// A class each.
    pub labels: Vec<usize>,
}

impl Samples {
    /// The first `count` of `split`, or all if it has fewer.
    pub fn new(split: &Split, features: usize, scaling: Scaling, count: usize) -> Self {
        let count = count.min(split.len());
        let mut input = Vec::with_capacity(count * features);
        (0..count).for_each(|i| split.append_input(i, features, scaling, &mut input));
        Self { input, labels: split.labels[..count].to_vec() }
    }

    /// In pieces of some hundred, to work on in parallel.
    pub(crate) fn pieces(&self, features: usize) -> Vec<(&[f32], &[usize])> {
        const PIECE: usize = 250;
        self.input.chunks(PIECE * features).zip(self.labels.chunks(PIECE)).collect()
    }
}
