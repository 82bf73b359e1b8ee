//! How sure a classifier's answer is, and when to withhold it.

use micromath::F32;

/// When a classifier withholds an answer, and how it turns outputs into probabilities.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Confidence {
    /// The threshold below which the answer is "unknown"; `None` if every answer is given.
    pub rejection: Option<Rejection>,
    /// The temperature T of [`softmax`], above 0; `None` if probabilities weren't calibrated.
    pub temperature: Option<f32>,
}

/// A threshold on the [`margin`], with the coverage and accuracy that it had when it was chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Rejection {
    /// The smallest margin of an answer that is given, at least 0.
    pub margin: f32,
    /// The share of the samples that were answered, in \[0, 1\].
    pub coverage: f32,
    /// The share of right answers among those, in \[0, 1\].
    pub accuracy: f32,
}

impl Confidence {
    /// Returns whether an answer with these outputs, (n_L), is given.
    pub fn accepts(&self, outputs: &[f32]) -> bool {
        self.rejection.is_none_or(|rejection| margin(outputs) >= rejection.margin)
    }
}

/// Returns the largest output minus the second largest, or infinity if there is only one.
pub fn margin(outputs: &[f32]) -> f32 {
    let (mut first, mut second) = (f32::NEG_INFINITY, f32::NEG_INFINITY);
    for &output in outputs {
        if output > first {
            (first, second) = (output, first);
        } else if output > second {
            second = output;
        }
    }
    first - second
}

/// Turns `outputs` into probabilities, pᵢ = exp((zᵢ − max z)/T) / Σⱼ exp((zⱼ − max z)/T). The
/// exponential is micromath's: about three digits, and the same bits on every machine. `temperature` T is
/// above 0; 1 is the plain softmax.
///
/// ```
/// let mut outputs = [0.2, 0.9, 0.2];
/// fenchel_core::softmax(&mut outputs, 0.25);
/// assert!(outputs[1] > 0.88 && (outputs.iter().sum::<f32>() - 1.0).abs() < 1e-6);
/// ```
pub fn softmax(outputs: &mut [f32], temperature: f32) {
    let largest = outputs.iter().fold(f32::NEG_INFINITY, |largest, &z| if z > largest { z } else { largest });
    let mut sum = 0.0;
    for z in outputs.iter_mut() {
        // By its own type: with the standard library about, `exp` of an f32 would be that one's.
        *z = F32((*z - largest) / temperature).exp().0;
        sum += *z;
    }
    outputs.iter_mut().for_each(|p| *p /= sum);
}
