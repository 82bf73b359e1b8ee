//! Files with changed, missing or further bytes are refused, each with the reason.

use fenchel_core::{Arithmetic, Error, FORMAT_VERSION, Model, PARAMETER_ALIGNMENT};

use crate::parts::{Memory, with_checksum};
use crate::{refused, sample};

/// Bytes of mark, version, arithmetic, zeros and length.
const PRELUDE: usize = 12;

#[test]
fn every_change_of_a_byte_is_refused() {
    let bytes = sample().write();
    let mut memory = Memory::new(&bytes, 0);
    for place in 0..bytes.len() {
        for change in 1..=255 {
            memory.bytes_mut()[place] ^= change;
            let error = Model::load(memory.bytes()).expect_err("refused");
            memory.bytes_mut()[place] ^= change;
            let fits = match place {
                0..4 => error == Error::NotAModel,
                4 => error == Error::Version { expected: FORMAT_VERSION, got: FORMAT_VERSION ^ change },
                8..PRELUDE => matches!(error, Error::Truncated { .. }),
                _ => error == Error::Checksum,
            };
            assert!(fits, "byte {place} ^ {change}: {error:?}");
        }
    }
    assert!(Model::load(memory.bytes()).is_ok());
}

#[test]
fn a_file_cut_short_is_refused_at_every_length() {
    let bytes = sample().write();
    for got in 0..bytes.len() {
        let error = match got {
            0..4 => Error::NotAModel,
            4..PRELUDE => Error::Truncated { expected: PRELUDE, got },
            _ => Error::Truncated { expected: bytes.len(), got },
        };
        assert_eq!(refused(&bytes[..got]), error, "{got} bytes");
    }
}

#[test]
fn bytes_after_the_file_are_refused() {
    let mut bytes = sample().write();
    let expected = bytes.len();
    for extra in [0, 1, 255] {
        bytes.push(extra);
        let got = bytes.len();
        assert_eq!(refused(&bytes), Error::Truncated { expected, got });
    }
    // Even if the file says that they are its own.
    let got = bytes.len();
    bytes[8..PRELUDE].copy_from_slice(&(got as u32).to_le_bytes());
    assert_eq!(refused(&with_checksum(&bytes)), Error::Field { end: expected - 4 });
}

#[test]
fn another_version_is_refused_before_anything_else() {
    for got in [0, 2, FORMAT_VERSION + 1, 100] {
        let mut bytes = sample().write();
        bytes[4] = got;
        let expected = Error::Version { expected: FORMAT_VERSION, got };
        assert_eq!(refused(&with_checksum(&bytes)), expected);
        // Another file may be anything after its version.
        assert_eq!(refused(&bytes[..5]), expected);
    }
    let text = Error::Version { expected: 3, got: 2 }.to_string();
    assert_eq!(
        text,
        "model file: expected format version 3, got 2: train it again, or import the original again"
    );
}

#[test]
fn bytes_without_a_meaning_must_be_zero() {
    for place in 5..8 {
        let mut bytes = sample().write();
        bytes[place] = 2;
        assert_eq!(refused(&with_checksum(&bytes)), Error::Field { end: 8 });
    }
    let mut bytes = sample().write();
    bytes[5] = 1;
    let error = Error::Arithmetic { expected: Arithmetic::F32, got: Arithmetic::Integer };
    assert_eq!(refused(&with_checksum(&bytes)), error);
    // The gap after 14 biases.
    let bytes = sample().write();
    let memory = Memory::new(&bytes, 0);
    let model = Model::load(memory.bytes()).expect("loads");
    let network = model.network();
    let biases = network.bias(1).as_ptr().addr() - memory.bytes().as_ptr().addr();
    let end = biases + 4 * network.units();
    assert_ne!(end % PARAMETER_ALIGNMENT, 0);
    for place in end..end.next_multiple_of(PARAMETER_ALIGNMENT) {
        let mut bytes = bytes.clone();
        bytes[place] = 1;
        let error = Error::Field { end: end.next_multiple_of(PARAMETER_ALIGNMENT) };
        assert_eq!(refused(&with_checksum(&bytes)), error);
    }
}
