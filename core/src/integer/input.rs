//! From raw values to the whole numbers of the input block.

use super::number::{Number, rounded};
use crate::error::same;
use crate::{Error, Quantity, Scaling, bits};

/// Bits after the point to which x is computed before it is rounded; those of a mantissa included.
const BITS: i32 = 39;
/// Differences to the offset saturate at 2 to this power of their unit, far beyond any input that counts.
const DIFFERENCE_BITS: u32 = 38;

mod sealed {
    /// How a raw value is read.
    pub trait Raw: Copy {
        /// The value, if its type holds whole numbers only.
        fn whole(self) -> Option<i32>;
        /// The value in units of 2^−`fraction_bits`, rounded.
        fn in_units(self, fraction_bits: i32) -> i64;
        fn is_finite(self) -> bool;
    }
}
pub(crate) use sealed::Raw;

/// The types of raw values that a model takes: `u8`, `i8`, `i16` and `f32`.
pub trait RawValue: Raw {}

macro_rules! whole {
    ($($type:ty),*) => {$(
        impl RawValue for $type {}
        impl Raw for $type {
            #[inline(always)]
            fn whole(self) -> Option<i32> {
                Some(self.into())
            }

            fn in_units(self, fraction_bits: i32) -> i64 {
                Number { mantissa: self.into(), exponent: 0 }.in_units(fraction_bits)
            }

            #[inline(always)]
            fn is_finite(self) -> bool {
                true
            }
        }
    )*};
}
whole!(u8, i8, i16);

impl RawValue for f32 {}
impl Raw for f32 {
    #[inline(always)]
    fn whole(self) -> Option<i32> {
        None
    }

    fn in_units(self, fraction_bits: i32) -> i64 {
        Number::of(self).in_units(fraction_bits)
    }

    fn is_finite(self) -> bool {
        bits::is_finite(self)
    }
}

/// Sets q to x = (raw − offset) · factor, rounded to whole numbers and saturated at ±`largest`.
///
/// With factor = m·2ᵉ the difference raw − offset is computed in units of 2^−(e + 39), each of the two rounded,
/// and then multiplied by m exactly: x is right to 2⁻¹⁵ before it is rounded.
pub(super) fn convert<T: Raw>(raw: &[T], scaling: Scaling, largest: i32, q: &mut [i16]) -> Result<(), Error> {
    same(Quantity::InputValues, q.len(), raw.len())?;
    let (offsets, factors) = (scaling.offsets(), scaling.factors());
    let run = q.len().checked_div(factors.len()).unwrap_or(0);
    let mut values = q.iter_mut().zip(raw.iter().zip(0..));
    for (&offset, &factor) in offsets.iter().zip(factors) {
        let (offset, factor) = (Number::of(offset), Number::of(factor));
        let fraction_bits = factor.exponent + BITS;
        let zero = offset.in_units(fraction_bits);
        let whole_zero = whole_offset(zero, factor);
        for (q, (&raw, index)) in values.by_ref().take(run) {
            let x = if let (Some(zero), Some(raw)) = (whole_zero, raw.whole()) {
                raw - zero
            } else {
                if !raw.is_finite() {
                    return Err(Error::NotFinite { what: Quantity::InputValues, index });
                }
                let most = 1i64 << DIFFERENCE_BITS;
                let difference = (raw.in_units(fraction_bits) - zero).clamp(-most, most);
                let x = rounded(difference * i64::from(factor.mantissa), BITS);
                x.clamp(-0x1_0000, 0x1_0000) as i32
            };
            *q = x.max(-largest).min(largest) as i16;
        }
    }
    Ok(())
}

/// The offset as a whole number, if it is one of at most 16 bits and the factor is 1: then x = raw − offset exactly,
/// as with pixels, which stay the bytes that they are.
fn whole_offset(zero: i64, factor: Number) -> Option<i32> {
    let is_one = factor.mantissa == 1 << 23 && factor.exponent == -23;
    let whole = zero >> (BITS - 23);
    (is_one && zero == whole << (BITS - 23) && whole.unsigned_abs() < 1 << 16).then_some(whole as i32)
}
