//! The identity of a data set: a hash of its content, wherever it lies.

use std::fmt::{self, Display, Formatter};

use anyhow::Result;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Dataset, Split, Values};
use crate::error::require;

/// SHA-256 of a data set's values, labels, names and split. The path and the scaling don't count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity(pub [u8; 32]);

impl Display for Identity {
    /// Writes 64 hexadecimal digits, or the first 12 of them with `{:#}`.
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let bytes = if formatter.alternate() { &self.0[..6] } else { &self.0[..] };
        bytes.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

/// Computes the identity of `data`.
pub fn of(data: &Dataset) -> Identity {
    let mut digest = Sha256::new();
    let mut numbers = |values: &[usize]| {
        let counted = std::iter::once(values.len()).chain(values.iter().copied());
        let bytes: Vec<u8> = counted.flat_map(|value| (value as u64).to_le_bytes()).collect();
        digest.update(bytes);
    };
    numbers(&data.shape);
    for split in [&data.train, &data.validation, &data.test] {
        numbers(&split.labels);
    }
    for names in [&data.class_names, &data.feature_names, &data.target_names] {
        digest.update((names.len() as u64).to_le_bytes());
        for name in names {
            digest.update((name.len() as u64).to_le_bytes());
            digest.update(name);
        }
    }
    for split in [&data.train, &data.validation, &data.test] {
        hash_values(&mut digest, split);
    }
    Identity(digest.finalize().into())
}

impl Dataset {
    /// Returns an error unless the identity is `wanted`, if one is.
    ///
    /// # Errors
    /// Returns [`crate::BadInput`] with both identities.
    pub fn require(&self, wanted: Option<&[u8; 32]>) -> Result<()> {
        let Some(wanted) = wanted.map(|bytes| Identity(*bytes)) else { return Ok(()) };
        let got = self.identity();
        let expected = format!(
            "the data that the model was trained on, of SHA-256 {wanted:#}… (eval and infer take other data by --data)"
        );
        require!(wanted == got, &self.name, expected, format!("other data, of {got:#}…"));
        Ok(())
    }
}

/// Hashes values and targets, each kind with its count.
fn hash_values(digest: &mut Sha256, split: &Split) {
    match &split.values {
        Values::Bytes(bytes) => {
            digest.update([1]);
            digest.update((bytes.len() as u64).to_le_bytes());
            digest.update(bytes);
        }
        Values::Floats(floats) => {
            digest.update([4]);
            hash_floats(digest, floats);
        }
    }
    hash_floats(digest, &split.targets);
}

fn hash_floats(digest: &mut Sha256, floats: &[f32]) {
    digest.update((floats.len() as u64).to_le_bytes());
    for chunk in floats.chunks(1024) {
        let bytes: Vec<u8> = chunk.iter().flat_map(|value| value.to_le_bytes()).collect();
        digest.update(bytes);
    }
}
