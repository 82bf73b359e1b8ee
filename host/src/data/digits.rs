//! The UCI optical recognition of handwritten digits (CC BY 4.0), compiled in.

use std::io::Read;

use anyhow::Result;
use fenchel_core::Scaling;

use super::{Dataset, Split, Values, numbered, split};

const FILE: &[u8] = include_bytes!("../../data/digits.csv.gz");

/// 1,097 samples to train, 200 to validate, 500 to test; pixels 0–16 become 0–1.
pub fn load() -> Result<Dataset> {
    let mut text = String::new();
    flate2::read::GzDecoder::new(FILE).read_to_string(&mut text)?;
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    for line in text.lines() {
        let numbers = line.split(',').map(str::parse::<u8>).collect::<Result<Vec<_>, _>>()?;
        if let Some((&label, values)) = numbers.split_last() {
            pixels.extend_from_slice(values);
            labels.push(usize::from(label));
        }
    }
    let all = Split { values: Values::Bytes(pixels), labels };
    let (train, validation, test) = split::divide(&all, 64, 200, 500);
    Ok(Dataset {
        name: "digits".into(),
        features: 64,
        class_names: numbered(10),
        scaling: Scaling { offset: 0.0, factor: 1.0 / 16.0 },
        train,
        validation,
        test,
    })
}
