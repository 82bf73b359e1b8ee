//! What `f32` values are, told from their bits, for the loader: cores without a floating-point unit then need no
//! software for floats to load a model.

/// The bits without the sign.
const MAGNITUDE: u32 = 0x7fff_ffff;
const INFINITY: u32 = 0x7f80_0000;

/// Returns whether `value` is neither infinite nor NaN.
#[inline(always)]
pub(crate) fn is_finite(value: f32) -> bool {
    value.to_bits() & MAGNITUDE < INFINITY
}

/// Returns whether `value` is finite and above 0.
#[inline(always)]
pub(crate) fn is_above_zero(value: f32) -> bool {
    (1..INFINITY).contains(&value.to_bits())
}

/// Returns whether low ≤ high; of numbers that aren't NaN.
#[inline(always)]
pub(crate) fn is_ascending(low: f32, high: f32) -> bool {
    order(low) <= order(high)
}

/// Returns a number that is ordered as the value is, the same for 0 of both signs; of NaN, one beyond infinity's.
#[inline(always)]
pub(crate) const fn order(value: f32) -> i32 {
    let bits = value.to_bits();
    let magnitude = (bits & MAGNITUDE) as i32;
    if bits > MAGNITUDE { -magnitude } else { magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_tell_what_floats_do() {
        let values = [0.0, f32::MIN_POSITIVE, 1e-40, 1.0, 1.5, f32::MAX, f32::INFINITY];
        for value in values.into_iter().flat_map(|value| [value, -value]).chain([f32::NAN]) {
            assert_eq!(is_finite(value), value.is_finite(), "{value}");
            assert_eq!(is_above_zero(value), 0.0 < value && value <= f32::MAX, "{value}");
            for other in values.into_iter().flat_map(|value| [value, -value]).filter(|_| !value.is_nan()) {
                assert_eq!(is_ascending(value, other), value <= other, "{value} {other}");
            }
        }
    }
}
