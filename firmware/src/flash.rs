//! The model and the samples in flash, used in place.

use fenchel_core::{Error, IntegerModel, IntegerOutputs, IntegerView, Scaling};

#[repr(C, align(16))]
struct Aligned<T: ?Sized>(T);

/// Places a file of the build in the memory that the board has for it.
macro_rules! file {
    ($name:ident, $path:literal) => {
        #[unsafe(link_section = ".model")]
        static $name: Aligned<[u8; include_bytes!(concat!(env!("OUT_DIR"), $path)).len()]> =
            Aligned(*include_bytes!(concat!(env!("OUT_DIR"), $path)));
    };
}
file!(MODEL_FILE, "/fenchel_model");
file!(SAMPLES_FILE, "/fenchel_samples");

/// The model file.
pub static MODEL: &[u8] = &MODEL_FILE.0;

/// The raw values of a sample.
#[derive(Clone, Copy)]
pub enum Raw {
    /// Pixels, or a converter's counts.
    Bytes(&'static [u8]),
    /// Values in the user's unit.
    Floats(&'static [f32]),
}

/// A sample with what it should give.
#[derive(Clone, Copy)]
pub struct Sample {
    raw: Raw,
    /// Class of the sample; 0 if it has none.
    pub label: u8,
    /// Scaled targets of the sample; empty if it has a class.
    targets: &'static [f32],
}

impl Sample {
    /// Returns the number of raw values.
    pub fn len(&self) -> usize {
        match self.raw {
            Raw::Bytes(raw) => raw.len(),
            Raw::Floats(raw) => raw.len(),
        }
    }

    /// Returns whether it has no value.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Sets `input`, which has as many values, to the scaled sample.
    pub fn scale(&self, scaling: Scaling, input: &mut [f32]) -> Result<(), Error> {
        match self.raw {
            Raw::Bytes(raw) => scaling.apply(raw, input),
            Raw::Floats(raw) => scaling.apply(raw, input),
        }
    }

    /// Returns the answer of a model of integer arithmetic to the raw sample.
    pub fn infer<'s>(
        &self,
        model: &IntegerModel,
        view: &'s mut IntegerView,
    ) -> Result<IntegerOutputs<'s>, Error> {
        match self.raw {
            Raw::Bytes(raw) => model.infer(raw, view),
            Raw::Floats(raw) => model.infer(raw, view),
        }
    }

    /// Sets both to what a relaxation is nudged by: the sample's class and the next one, one-hot, or its
    /// targets and their negatives.
    pub fn nudge(&self, target: &mut [f32], attack: &mut [f32]) {
        if self.targets.is_empty() {
            crate::one_hot(target, usize::from(self.label));
            crate::one_hot(attack, (usize::from(self.label) + 1) % target.len().max(1));
            return;
        }
        for ((target, attack), value) in target.iter_mut().zip(attack).zip(self.targets) {
            (*target, *attack) = (*value, -value);
        }
    }
}

/// Returns the samples one after the other.
///
/// The file holds the number of samples, of values in each, of bytes in a value (1 or 4) and of targets in
/// each, as little-endian u32; then all samples, all targets as f32, and one byte for each label.
pub fn samples() -> impl Iterator<Item = Sample> {
    let mut rest: &'static [u8] = &SAMPLES_FILE.0;
    let mut word = || match rest.split_first_chunk::<4>() {
        Some((word, after)) => {
            rest = after;
            u32::from_le_bytes(*word) as usize
        }
        None => crate::fail("the samples file is too short"),
    };
    let (count, size, bytes, width) = (word(), word(), word(), word());
    let (values, after) = rest.split_at_checked(count * size * bytes).unwrap_or_default();
    let (targets, labels) = after.split_at_checked(4 * count * width).unwrap_or_default();
    if labels.len() != count || size == 0 {
        crate::fail("the samples file has another length than its header says");
    }
    let raw = move |index: usize| match bytes {
        1 => Raw::Bytes(row(values, index, size)),
        _ => Raw::Floats(row(floats(values), index, size)),
    };
    let sample =
        move |(index, &label)| Sample { raw: raw(index), label, targets: row(floats(targets), index, width) };
    labels.iter().enumerate().map(sample)
}

fn row<T>(values: &'static [T], index: usize, width: usize) -> &'static [T] {
    values.get(index * width..(index + 1) * width).unwrap_or_default()
}

fn floats(bytes: &'static [u8]) -> &'static [f32] {
    // SAFETY: any bits are a float. Where they aren't aligned, as whole floats after the header are, nothing is left.
    match unsafe { bytes.align_to() } {
        ([], floats, []) => floats,
        _ => crate::fail("the samples file's floats aren't aligned"),
    }
}
