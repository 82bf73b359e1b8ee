//! The UCI optical recognition of handwritten digits (CC BY 4.0), compiled in.

use std::fmt::Display;

use anyhow::Result;

use super::labels::numbered;
use super::{Dataset, InputScaling, Split, Values, contents, split};
use crate::BadInput;
use crate::error::quoted;

const SIDE: usize = 8;
const PIXELS: usize = SIDE * SIDE;
const CLASSES: usize = 10;
const FILE: &[u8] = include_bytes!("../../data/digits.csv.gz");

/// Loads the digits: 1,097 samples to train, 200 to validate and 500 to test; pixels 0–16 become 0–1.
pub fn load() -> Result<Dataset> {
    parse("digits", FILE)
}

/// Reads a file of that form: 64 pixels and a label on each line.
///
/// # Errors
/// Returns [`BadInput`] with the line.
pub fn parse(place: impl Display, file: &[u8]) -> Result<Dataset> {
    let bytes = contents::inflate(&place, file)?;
    let text = std::str::from_utf8(&bytes).map_err(|error| BadInput::new(&place, "text", error))?;
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    for (index, line) in text.lines().enumerate() {
        let numbers: Option<Vec<u8>> = line.split(',').map(|number| number.parse().ok()).collect();
        let sample = numbers.as_ref().and_then(|numbers| numbers.split_last());
        let whole = |(label, values): &(&u8, &[u8])| values.len() == PIXELS && usize::from(**label) < CLASSES;
        let (&label, values) = sample.filter(whole).ok_or_else(|| {
            let expected = format!("{PIXELS} pixels and a label below {CLASSES}");
            BadInput::new(format!("{place}, line {}", index + 1), expected, quoted(line))
        })?;
        pixels.extend_from_slice(values);
        labels.push(usize::from(label));
    }
    let all = Split::classes(Values::Bytes(pixels), labels);
    let parts = split::divide(&all, PIXELS, 200, 500);
    let scaling = InputScaling::one(0.0, 1.0 / 16.0);
    Ok(Dataset::new(place, vec![SIDE, SIDE], numbered(CLASSES), scaling, parts))
}
