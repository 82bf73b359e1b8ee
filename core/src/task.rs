//! What a network's outputs mean.

use core::cmp::Ordering;

use crate::{Confidence, Scaling};

/// The task that a network was trained for, which says what its outputs mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Task<'a> {
    /// The index of the largest output is the class.
    Classification {
        /// The classes' names, one for each output.
        classes: Names<'a>,
        /// When to answer "unknown", and how outputs become probabilities.
        confidence: Confidence,
    },
    /// Each output is a quantity.
    Regression {
        /// The targets' names, one for each output.
        targets: Names<'a>,
        /// The scaling from the user's unit to an output, one pair for each; [`Scaling::restore`] is its
        /// inverse.
        scaling: Scaling<'a>,
    },
    /// The outputs reproduce the input; a sample with a large error is an anomaly.
    Reconstruction {
        /// The [`reconstruction_error`] above which a sample is an anomaly, if one was chosen.
        threshold: Option<Threshold>,
    },
}

/// A threshold on an anomaly score.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Threshold {
    /// The largest score of a normal sample, at least 0.
    pub score: f32,
    /// The share of the training data at or below it, in \[0, 1\].
    pub quantile: f32,
}

impl Threshold {
    /// Returns whether `score` is an anomaly's: above the threshold, or no number, as from inputs that overflow.
    pub fn is_exceeded(&self, score: f32) -> bool {
        // Not `>`, which is false for NaN.
        !matches!(score.partial_cmp(&self.score), Some(Ordering::Less | Ordering::Equal))
    }
}

/// A list of names as one text, with a line feed between neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Names<'a>(pub &'a str);

impl<'a> Names<'a> {
    /// Returns the number of names, at least one: an empty text is one empty name.
    pub fn count(&self) -> usize {
        self.0.bytes().filter(|&byte| byte == b'\n').count() + 1
    }

    /// Returns the names in order.
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

/// Returns the anomaly score (1/n) Σ (zᵢ − xᵢ)² of `outputs` z for `input` x, both scaled, of length n: summed in
/// ascending order, each operation rounded.
pub fn reconstruction_error(input: &[f32], outputs: &[f32]) -> f32 {
    let mut sum = 0.0;
    for (x, z) in input.iter().zip(outputs) {
        sum += (z - x) * (z - x);
    }
    sum / input.len().min(outputs.len()).max(1) as f32
}
