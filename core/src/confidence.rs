//! How sure a classifier's answer is, and when to withhold it.

use micromath::F32;

/// What a classifier says about its answers beside their class.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Confidence {
    /// When to answer "unknown"; none for never.
    pub rejection: Option<Rejection>,
    /// T of [`softmax`], above 0; none if probabilities weren't calibrated.
    pub temperature: Option<f32>,
}

/// A threshold on the [`margin`], and what it was chosen for.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Rejection {
    /// Smallest margin of an answer that is given, at least 0.
    pub margin: f32,
    /// Share of the samples that were answered, in \[0, 1\].
    pub coverage: f32,
    /// Share of right answers among them, in \[0, 1\].
    pub accuracy: f32,
}

impl Confidence {
    /// Whether an answer with these outputs is to be given.
    pub fn accepts(&self, outputs: &[f32]) -> bool {
        self.rejection.is_none_or(|rejection| margin(outputs) >= rejection.margin)
    }
}

/// The largest output less the second largest; infinite if there is only one.
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

/// pᵢ = exp((zᵢ − max z)/T) / Σⱼ exp((zⱼ − max z)/T), to about three digits: micromath's exponential,
/// which gives the same bits on every machine. `outputs` become the probabilities; `temperature` is
/// above 0, 1 for the plain softmax.
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
