//! Reads and writes a seed in TOML: a whole number or, from 2⁶³ on, where TOML's numbers end, a string.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serializer};

/// Serialises the seed as a number, or a string.
///
/// # Errors
/// Returns errors of the serialiser.
pub fn serialize<S: Serializer>(seed: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    match i64::try_from(*seed) {
        Ok(seed) => serializer.serialize_i64(seed),
        Err(_) => serializer.serialize_str(&seed.to_string()),
    }
}

/// Deserialises the seed from either.
///
/// # Errors
/// Returns what was expected.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Seed {
        Number(i64),
        Text(String),
    }
    let seed = match Seed::deserialize(deserializer)? {
        Seed::Number(seed) => u64::try_from(seed).ok(),
        Seed::Text(seed) => seed.parse().ok(),
    };
    seed.ok_or_else(|| D::Error::custom("expected a seed of 0 to 2⁶⁴ − 1"))
}

#[cfg(test)]
mod tests {
    use crate::train::{ObjectiveName, Settings};

    #[test]
    fn every_seed_is_read_back() {
        for seed in [0, 7, i64::MAX as u64, 1 << 63, u64::MAX] {
            let settings = Settings::new("digits", ObjectiveName::Rovr).with(|settings| settings.seed = seed);
            let text = toml::to_string(&settings).expect("text");
            assert_eq!(Settings::from_toml(&text).expect("read back").seed, seed, "{text}");
        }
        assert!(Settings::from_toml("seed = -1").is_err() && Settings::from_toml("seed = \"x\"").is_err());
    }
}
