//! The fuzzing corpus of model files, compiled in because Miri reads no files.

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_bytes!(concat!("../../fuzz/corpus/model/", $name)))),*]
    };
}

/// Names and bytes of files that load.
pub const VALID: &[(&str, &[u8])] = files!["valid-f32", "valid-f16", "valid-int8", "valid-clip"];

/// Names and bytes of files that are refused.
pub const REFUSED: &[(&str, &[u8])] = files![
    "refused-blocks",
    "refused-changed",
    "refused-empty",
    "refused-long",
    "refused-not-finite",
    "refused-truncated",
    "refused-units",
    "refused-version",
];
