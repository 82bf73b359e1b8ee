//! Bytes of a model file as the values that they are.
#![allow(unsafe_code)]

/// The bytes as `f32` in place; None if they aren't aligned, or not a whole number of values.
pub fn values(bytes: &[u8]) -> Option<&[f32]> {
    const { assert!(cfg!(target_endian = "little"), "model files are little-endian") };
    // SAFETY: every bit pattern is a valid f32, and `align_to` itself keeps to alignment and length.
    let (before, values, after) = unsafe { bytes.align_to::<f32>() };
    (before.is_empty() && after.is_empty()).then_some(values)
}
