//! Numbers of the model file, which are `f32`, as whole numbers times powers of two: by their bits alone, so that
//! cores without a floating-point unit need no software for floats.

/// Numbers of this size and above are as good as infinite.
const LARGEST_BITS: i32 = 61;

/// The exponent of what is always 0.
pub(crate) const NOTHING: i32 = -1000;

/// A finite `f32`: mantissa · 2^exponent, the mantissa below 2²⁴ in size.
#[derive(Clone, Copy)]
pub(crate) struct Number {
    pub mantissa: i32,
    pub exponent: i32,
}

impl Number {
    #[inline(always)]
    pub fn of(value: f32) -> Self {
        let bits = value.to_bits();
        let (field, fraction) = ((bits >> 23 & 0xff) as i32, (bits & 0x7f_ffff) as i32);
        let mantissa = if field == 0 { fraction } else { fraction | 0x80_0000 };
        let exponent = field.max(1) - 150;
        Self { mantissa: if bits >> 31 == 0 { mantissa } else { -mantissa }, exponent }
    }

    /// Returns the value in units of 2^−`fraction_bits`, rounded, and saturated at ±2⁶¹.
    pub fn in_units(self, fraction_bits: i32) -> i64 {
        let mantissa = i64::from(self.mantissa);
        let left = self.exponent + fraction_bits;
        if left <= 0 {
            rounded(mantissa, -left)
        } else if left <= LARGEST_BITS - 24 {
            mantissa << left
        } else {
            mantissa.signum() << LARGEST_BITS
        }
    }

    /// As [`in_units`](Self::in_units), of a value that is known to be at most 2³⁰ of the units.
    #[inline(always)]
    pub fn in_small_units(self, fraction_bits: i32) -> i32 {
        let left = self.exponent + fraction_bits;
        if left > 0 {
            self.mantissa.wrapping_shl(left as u32)
        } else {
            // With one bit after the point; 31 bits leave nothing of a mantissa but its sign.
            let doubled = self.mantissa.wrapping_shl(1);
            ((doubled >> (-left).min(31)) + 1) >> 1
        }
    }
}

/// Returns v/2^`bits` rounded to the nearest whole number, upwards from halfway: ⌊v/2^bits + ½⌋.
pub(crate) fn rounded(v: i64, bits: i32) -> i64 {
    match bits {
        ..=0 => v,
        1..=63 => ((v >> (bits - 1)) + 1) >> 1,
        _ => 0,
    }
}

/// Returns an exponent n with |value| < 2ⁿ, and |value| ≥ 2ⁿ⁻¹ unless it is subnormal; [`NOTHING`] for 0.
pub(crate) fn bound(value: f32) -> i32 {
    let bits = value.to_bits() << 1;
    if bits == 0 { NOTHING } else { (bits >> 24) as i32 - 126 }
}
