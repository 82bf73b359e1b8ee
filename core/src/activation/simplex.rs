//! The projection on the probability simplex {z ≥ 0, Σ z = 1} of one row, without memory of its own.

use crate::kernel::units::zip;

/// The threshold τ with Σ max(a_i − τ, 0) = 1 (C. Michelot, 1986): the mean excess of the values
/// above it, raised until none drops out; at most one round more than there are values. Rounding may lower it
/// again, by so little that what comes back is about 0.
pub(crate) fn threshold(values: impl Iterator<Item = f32> + Clone) -> f32 {
    let mut threshold = f32::NEG_INFINITY;
    let mut before = u32::MAX;
    loop {
        let (mut sum, mut count) = (0.0, 0u32);
        for value in values.clone() {
            if value > threshold {
                sum += value;
                count += 1;
            }
        }
        if count == 0 || count >= before {
            return threshold;
        }
        threshold = (sum - 1.0) / count as f32;
        before = count;
    }
}

/// d = Π(a + e) − Π(a). Without cancellation as long as the same units stay above 0: d is then e
/// less its mean over them.
pub(crate) fn deviate(a: &[f32], e: &[f32], d: &mut [f32]) {
    let before = threshold(a.iter().copied());
    let (mut sum, mut count) = (0.0, 0u32);
    for (&a, &e) in a.iter().zip(e) {
        if a > before {
            sum += e;
            count += 1;
        }
    }
    let mean = sum / count.max(1) as f32;
    let stays = |(&a, &e): (&f32, &f32)| ((a - before) + (e - mean) > 0.0) == (a > before);
    if a.iter().zip(e).all(stays) {
        zip(a, e, d, |a, e| if a > before { e - mean } else { 0.0 });
    } else {
        let after = threshold(a.iter().zip(e).map(|(a, e)| a + e));
        zip(a, e, d, |a, e| excess(a + e, after) - excess(a, before));
    }
}

/// v = Jᵀv with the projection's Jacobian J at z = Π(a): less its mean over the units above 0.
pub(crate) fn backpropagate(z: &[f32], v: &mut [f32]) {
    let (mut sum, mut count) = (0.0, 0u32);
    for (&z, &v) in z.iter().zip(v.iter()) {
        if z > 0.0 {
            sum += v;
            count += 1;
        }
    }
    let mean = sum / count.max(1) as f32;
    for (v, &z) in v.iter_mut().zip(z) {
        *v = if z > 0.0 { *v - mean } else { 0.0 };
    }
}

#[inline(always)]
pub(crate) fn excess(a: f32, threshold: f32) -> f32 {
    if a > threshold { a - threshold } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::cell::Cell;

    /// Values whose threshold rounding lowers again: two almost exactly 1 apart, and large ones.
    #[test]
    fn the_threshold_is_found_in_as_many_rounds_as_values() {
        for values in [&[-0.997, 0.002_999_974_4][..], &[999_999.25, 999_999.94, 999_999.2], &[f32::NAN; 3]] {
            let looked_at = Cell::new(0);
            let counted = values.iter().map(|&value| {
                looked_at.set(looked_at.get() + 1);
                assert!(looked_at.get() <= values.len() * (values.len() + 1), "{values:?}");
                value
            });
            let threshold = threshold(counted);
            let sum: f32 = values.iter().map(|&a| excess(a, threshold)).sum();
            // A unit in the last place of the largest value.
            assert!(
                (sum - 1.0).abs() < 0.1 || values.iter().all(|value| value.is_nan()),
                "{values:?}: {sum}"
            );
        }
    }
}
