//! What a network's outputs mean.

use crate::{Confidence, Scaling};

/// What a network was trained to do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Task<'a> {
    /// The largest output names the class.
    Classification {
        /// One an output.
        classes: Names<'a>,
        /// Of the answers.
        confidence: Confidence,
    },
    /// Each output is a quantity.
    Regression {
        /// One an output.
        targets: Names<'a>,
        /// From the user's unit to an output: [`Scaling::restore`] is the way back. One pair an output.
        scaling: Scaling<'a>,
    },
    /// The outputs are the input again; what it fails at is an anomaly.
    Reconstruction {
        /// From which [`reconstruction_error`] on a sample is one; none if it wasn't chosen.
        threshold: Option<Threshold>,
    },
}

/// A threshold on an anomaly score.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Threshold {
    /// Largest score of a normal sample, at least 0.
    pub score: f32,
    /// Share of the training data at or below it, in \[0, 1\].
    pub quantile: f32,
}

/// Names, one after the other, each ended by a line feed except the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Names<'a>(pub &'a str);

impl<'a> Names<'a> {
    /// How many: one at least, since no line feed makes one name.
    pub fn count(&self) -> usize {
        self.0.bytes().filter(|&byte| byte == b'\n').count() + 1
    }

    /// One after the other.
    pub fn iter(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        // Not `str::split`, whose slicing the compiler doesn't always prove to be free of panics.
        let mut rest = Some(self.0);
        core::iter::from_fn(move || {
            let names = rest?;
            let end = names.bytes().position(|byte| byte == b'\n').unwrap_or(names.len());
            rest = names.get(end + 1..);
            names.get(..end)
        })
    }
}

/// The anomaly score (1/n) Σ (zᵢ − xᵢ)² of `outputs` z for `input` x, both scaled, of length n: summed in
/// ascending order, each operation rounded.
pub fn reconstruction_error(input: &[f32], outputs: &[f32]) -> f32 {
    let mut sum = 0.0;
    for (x, z) in input.iter().zip(outputs) {
        sum += (z - x) * (z - x);
    }
    sum / input.len().min(outputs.len()).max(1) as f32
}
