//! The model file "model.fenchel", by `fenchel export --format rust`.

/// Raw values of a sample.
#[allow(dead_code)]
pub const INPUTS: usize = 64;

/// Units above the input, the size of `fenchel_core::State`.
#[allow(dead_code)]
pub const UNITS: usize = 26;

/// Values of an answer.
#[allow(dead_code)]
pub const OUTPUTS: usize = 10;

/// Classes, one an output.
#[allow(dead_code)]
pub const CLASSES: usize = 10;

/// Names of the classes, in the order of the outputs.
#[allow(dead_code)]
#[rustfmt::skip]
pub const CLASS_NAMES: [&str; CLASSES] = [
    "0",
    "1",
    "2",
    "3",
    "4",
    "5",
    "6",
    "7",
    "8",
    "9",
];

/// Weights are used where they lie, so the file must be aligned.
#[repr(C, align(16))]
struct Aligned<T: ?Sized>(T);

static ALIGNED: &Aligned<[u8]> = &Aligned(*include_bytes!("model.fenchel"));

/// The model file, for `fenchel_core::Model::load`.
#[allow(dead_code)]
pub static FILE: &[u8] = &ALIGNED.0;
