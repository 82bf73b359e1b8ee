//! Converts between f32 and the bits of half-precision numbers.

use anyhow::{Result, anyhow};

/// Returns the bits of the half-precision number nearest to `value`; of two equally near ones, the even
/// one.
pub fn to_half(value: f32) -> Result<u16> {
    let sign = ((value.to_bits() >> 16) & 0x8000) as u16;
    // Rounded to a multiple of the spacing there: 2⁻²⁴ below 2⁻¹⁴, 2⁻¹¹ of the power of two above.
    let magnitude = f64::from(value.abs());
    let exponent = magnitude.log2().floor().max(-14.0) as i32;
    let spacing = 2.0_f64.powi(exponent - 10);
    let steps = (magnitude / spacing).round_ties_even() as u32;
    let bits = if magnitude == 0.0 { 0 } else { ((exponent + 14) as u32) * 1024 + steps };
    if bits >= 0x7c00 {
        return Err(anyhow!("weight {value}: too large for half precision, 65,504 at most"));
    }
    Ok(sign | bits as u16)
}

/// Returns the half-precision number with these bits.
pub fn from_half(bits: u16) -> f32 {
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f32::from(bits & 1023));
    let magnitude = match exponent {
        0 => fraction * 2.0f32.powi(-24),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (1024.0 + fraction) * 2.0f32.powi(exponent - 25),
    };
    if bits >> 15 == 1 { -magnitude } else { magnitude }
}

#[cfg(test)]
mod tests {
    use super::{from_half, to_half};

    #[test]
    fn halves() {
        for (value, bits) in [
            (0.0, 0),
            (-0.0, 0x8000),
            (1.0, 0x3c00),
            (-2.0, 0xc000),
            (65504.0, 0x7bff),
            (0.1, 0x2e66),
            (6.103_515_6e-5, 0x0400),
            (5.960_464_5e-8, 0x0001),
            (2.9e-8, 0x0000),
            (1.000_488_3, 0x3c00),
            (1.001_464_8, 0x3c02),
            (0.999_99, 0x3c00),
        ] {
            assert_eq!(to_half(value).expect("in range"), bits, "{value}");
            assert!((from_half(bits) - value).abs() <= value.abs() / 2048.0 + 3e-8, "{value}");
        }
        assert!(to_half(65520.0).is_err());
    }
}
