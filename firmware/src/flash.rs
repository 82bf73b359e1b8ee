//! The model and the samples in flash, used in place.

#[repr(C, align(16))]
struct Aligned<T: ?Sized>(T);

/// Places a file of the build in the memory that the board has for it.
macro_rules! file {
    ($name:ident, $path:literal) => {
        #[unsafe(link_section = ".model")]
        static $name: Aligned<[u8; include_bytes!(concat!(env!("OUT_DIR"), $path)).len()]> =
            Aligned(*include_bytes!(concat!(env!("OUT_DIR"), $path)));
    };
}
file!(MODEL_FILE, "/fenchel_model");
file!(SAMPLES_FILE, "/fenchel_samples");

/// The model file.
pub static MODEL: &[u8] = &MODEL_FILE.0;

/// Returns the labelled samples: raw bytes and label of each.
///
/// The file holds the number of samples and of bytes in each, as little-endian u32, then all samples, then
/// one byte for each label.
pub fn samples() -> impl Iterator<Item = (&'static [u8], u8)> {
    let mut rest: &'static [u8] = &SAMPLES_FILE.0;
    let mut word = || match rest.split_first_chunk::<4>() {
        Some((word, after)) => {
            rest = after;
            u32::from_le_bytes(*word) as usize
        }
        None => crate::fail("the samples file is too short"),
    };
    let (count, size) = (word(), word());
    match rest.split_at_checked(count * size) {
        Some((values, labels)) if labels.len() == count && size > 0 => {
            values.chunks_exact(size).zip(labels.iter().copied())
        }
        _ => crate::fail("the samples file has another length than its header says"),
    }
}
