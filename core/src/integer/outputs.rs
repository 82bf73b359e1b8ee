//! The outputs of an inference in integer arithmetic.

/// The outputs z_L of one sample, each the whole number in `values` times 2^−`fraction_bits`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IntegerOutputs<'a> {
    /// Whole numbers of at most 2²⁴ in size, (n_L).
    pub values: &'a [i32],
    /// How many bits of them come after the point; below 0 for outputs that are larger.
    pub fraction_bits: i32,
}

impl IntegerOutputs<'_> {
    /// Returns the label: the index of the largest output, the first of equals. No floating-point operation.
    #[must_use]
    pub fn label(&self) -> usize {
        let mut best = (0, i32::MIN);
        for (i, &value) in self.values.iter().enumerate() {
            if value > best.1 {
                best = (i, value);
            }
        }
        best.0
    }

    /// Sets `outputs`, (n_L), to the outputs in `f32`, which are exact: for [`crate::softmax`], [`crate::margin`]
    /// or a regression's [`crate::Scaling::restore`].
    pub fn in_f32(&self, outputs: &mut [f32]) {
        // Two steps, because one power of two may be out of range where the product isn't.
        let half = self.fraction_bits / 2;
        let (first, second) = (power(-half), power(half - self.fraction_bits));
        for (output, &value) in outputs.iter_mut().zip(self.values) {
            *output = value as f32 * first * second;
        }
    }
}

/// 2ⁿ, for n within ±126.
fn power(n: i32) -> f32 {
    f32::from_bits(((n.clamp(-126, 126) + 127) as u32) << 23)
}
