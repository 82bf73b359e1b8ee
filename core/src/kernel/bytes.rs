//! Bytes of a model file as the values that they are.
#![allow(unsafe_code)]

/// The bytes as `f32` in place; None if they aren't aligned, or not a whole number of values.
pub fn values(bytes: &[u8]) -> Option<&[f32]> {
    const { assert!(cfg!(target_endian = "little"), "model files are little-endian") };
    // SAFETY: every bit pattern is a valid f32, and `align_to` itself keeps to alignment and length.
    let (before, values, after) = unsafe { bytes.align_to::<f32>() };
    (before.is_empty() && after.is_empty()).then_some(values)
}

/// The bytes as half-precision bits in place; None as for [`values`].
#[cfg(feature = "narrow")]
pub fn halves(bytes: &[u8]) -> Option<&[u16]> {
    // SAFETY: every bit pattern is a valid u16, and `align_to` itself keeps to alignment and length.
    let (before, values, after) = unsafe { bytes.align_to::<u16>() };
    (before.is_empty() && after.is_empty()).then_some(values)
}

/// The bytes with a sign.
#[cfg(feature = "narrow")]
pub fn bytes_as_signed(bytes: &[u8]) -> &[i8] {
    // SAFETY: every bit pattern is a valid i8, of the same size and alignment as a u8.
    let (_, values, _) = unsafe { bytes.align_to::<i8>() };
    values
}
