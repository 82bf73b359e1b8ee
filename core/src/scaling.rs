//! From a sensor's raw values to the network's inputs.

use serde::{Deserialize, Serialize};

/// x = (raw − offset)·factor, rounded after each operation; brings the input to about \[0, 1\].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Scaling {
    /// Raw value that becomes 0.
    pub offset: f32,
    /// Inverse of the raw range.
    pub factor: f32,
}

impl Scaling {
    /// The input of one raw value.
    #[inline(always)]
    pub fn apply(self, raw: f32) -> f32 {
        (raw - self.offset) * self.factor
    }

    /// Scale a sample of bytes, such as pixels, into `input`; the shorter length counts.
    pub fn apply_to_bytes(self, raw: &[u8], input: &mut [f32]) {
        for (x, &raw) in input.iter_mut().zip(raw) {
            *x = self.apply(f32::from(raw));
        }
    }
}
