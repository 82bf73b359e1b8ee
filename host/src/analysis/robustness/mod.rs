//! Robustness of a trained network against adversaries at the input and inside it. (For flaws of its
//! hardware, see [`crate::hardware`].)

pub mod attacks;
pub mod lipschitz;

use fenchel_core::Scaling;

use crate::data::Split;

/// Scaled samples with labels, ready to be attacked.
#[derive(Clone, Debug)]
pub struct Samples {
    /// Scaled inputs x, shape (samples, n_0).
    pub input: Vec<f32>,
    /// Class of each sample.
    pub labels: Vec<usize>,
}

impl Samples {
    /// Scales the first `count` samples of `split`, or all if it has fewer.
    pub fn new(split: &Split, features: usize, scaling: Scaling, count: usize) -> Self {
        let count = count.min(split.len());
        let mut input = Vec::with_capacity(count * features);
        (0..count).for_each(|i| split.append_input(i, features, scaling, &mut input));
        Self { input, labels: split.labels[..count].to_vec() }
    }

    /// Splits the samples into pieces of some hundred, to work on in parallel.
    pub(crate) fn pieces(&self, features: usize) -> Vec<(&[f32], &[usize])> {
        const PIECE: usize = 250;
        self.input.chunks(PIECE * features).zip(self.labels.chunks(PIECE)).collect()
    }
}
