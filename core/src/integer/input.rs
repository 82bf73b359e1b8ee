//! From raw values to the whole numbers of the input block.

use super::ACTIVITY_BITS;
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
        /// The smallest and largest value, if its type holds whole numbers only.
        const RANGE: Option<(i32, i32)>;
        /// The value of such a type.
        fn whole(self) -> i32;
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
            const RANGE: Option<(i32, i32)> = Some((Self::MIN as i32, Self::MAX as i32));

            #[inline(always)]
            fn whole(self) -> i32 {
                self.into()
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
    const RANGE: Option<(i32, i32)> = None;

    fn whole(self) -> i32 {
        0
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
    let run = q.len().checked_div(factors.len()).unwrap_or(0).max(1);
    let runs = q.chunks_exact_mut(run).zip(raw.chunks_exact(run)).zip(offsets.iter().zip(factors));
    for (number, ((q, raw), (&offset, &factor))) in (0..).zip(runs) {
        let pair = Pair::new(offset, factor);
        match pair.shift.zip(T::RANGE) {
            Some((shift, range)) => pair.convert_whole(raw, range, shift, largest, q),
            None => {
                if let Some(index) = raw.iter().position(|value| !value.is_finite()) {
                    return Err(Error::NotFinite {
                        what: Quantity::InputValues,
                        index: number * run + index,
                    });
                }
                pair.convert(raw, largest, q);
            }
        }
    }
    Ok(())
}

/// Offset and factor of some inputs.
struct Pair {
    /// Mantissa of the factor.
    mantissa: i32,
    /// Fraction bits of raw values and offset.
    fraction_bits: i32,
    /// The offset.
    zero: i64,
    /// How far to shift raw - offset if the factor is a power of two from 1 on, and the offset times the factor whole.
    shift: Option<u32>,
}

impl Pair {
    fn new(offset: f32, factor: f32) -> Self {
        let (offset, Number { mantissa, exponent }) = (Number::of(offset), Number::of(factor));
        let fraction_bits = exponent + BITS;
        let zero = offset.in_units(fraction_bits);
        let is_whole = zero & ((1 << (BITS - 23)) - 1) == 0 && zero.unsigned_abs() < 1 << 40;
        let shift = exponent + 23;
        let is_power = mantissa == 1 << 23 && (0..=ACTIVITY_BITS).contains(&shift);
        let shift = (is_power && is_whole).then_some(shift as u32);
        Self { mantissa, fraction_bits, zero, shift }
    }

    /// x of any values.
    fn convert<T: Raw>(&self, raw: &[T], largest: i32, q: &mut [i16]) {
        let most = 1i64 << DIFFERENCE_BITS;
        for (q, &raw) in q.iter_mut().zip(raw) {
            let difference = (raw.in_units(self.fraction_bits) - self.zero).clamp(-most, most);
            let x = rounded(difference * i64::from(self.mantissa), BITS).clamp(-0x1_0000, 0x1_0000) as i32;
            *q = x.max(-largest).min(largest) as i16;
        }
    }

    /// The same of whole numbers in this range, by shifts alone: exactly raw · 2^shift - offset · 2^shift, as with
    /// pixels, which stay the bytes that they are.
    fn convert_whole<T: Raw>(
        &self,
        raw: &[T],
        (least, most): (i32, i32),
        shift: u32,
        largest: i32,
        q: &mut [i16],
    ) {
        // Below 2²⁴, and raw · 2^shift at most 2³⁰.
        let zero = (self.zero >> (BITS - 23)) as i32;
        if (least << shift) - zero >= -largest && (most << shift) - zero <= largest {
            for (q, &raw) in q.iter_mut().zip(raw) {
                *q = ((raw.whole() << shift) - zero) as i16;
            }
        } else {
            for (q, &raw) in q.iter_mut().zip(raw) {
                *q = ((raw.whole() << shift) - zero).max(-largest).min(largest) as i16;
            }
        }
    }
}
