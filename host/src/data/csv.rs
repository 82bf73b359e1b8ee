//! CSV files: one sample a line, its values and then its label, with or without a header line.

use std::fmt::Display;
use std::path::Path;

use anyhow::Result;
use fenchel_core::Scaling;

use super::{Dataset, Split, Values, contents, numbered, split};
use crate::error::{BadInput, quoted, require};

/// Most classes: labels beyond it are more likely a column mistaken for labels.
const MOST_CLASSES: usize = 1000;

/// Load `path`; see [`parse`].
///
/// # Errors
/// If it can't be read, and as [`parse`].
pub fn load(path: &Path) -> Result<Dataset> {
    parse(path.display(), &contents::read(path)?)
}

/// The data set in `file`, gzipped or not; `place` is where errors say that it is. A fifth of the
/// samples tests, a tenth validates; the range of the training samples' values is scaled to \[0, 1\].
///
/// # Errors
/// [`BadInput`] with line and column for text that isn't such a table.
pub fn parse(place: impl Display, file: &[u8]) -> Result<Dataset> {
    let text = contents::inflate(&place, file)?;
    let mut rows =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).trim(csv::Trim::All).from_reader(&*text);
    let (mut values, mut labels, mut columns) = (Vec::new(), Vec::new(), 0);
    for (index, record) in rows.records().enumerate() {
        let record = record.map_err(|e| BadInput::new(place.to_string(), "CSV text", e))?;
        let place = format!("{place}, line {}", record.position().map_or(0, |p| p.line()));
        if index == 0 {
            columns = record.len();
            require!(columns >= 2, place, "at least a value and a label", format!("{columns} column"));
            if record.iter().all(|field| field.parse::<f32>().is_err()) {
                continue;
            }
        }
        require!(record.len() == columns, place, format!("{columns} columns"), record.len());
        for (column, field) in record.iter().enumerate() {
            let bad = |expected: &str| {
                BadInput::new(format!("{place}, column {}", column + 1), expected, quoted(field))
            };
            if column + 1 == columns {
                let label: Option<usize> = field.parse().ok().filter(|&label| label < MOST_CLASSES);
                let expected = || format!("a label from 0 to {}", MOST_CLASSES - 1);
                labels.push(label.ok_or_else(|| bad(&expected()))?);
            } else {
                let value: Option<f32> = field.parse().ok().filter(|value: &f32| value.is_finite());
                values.push(value.ok_or_else(|| bad("a finite number"))?);
            }
        }
    }
    let count = labels.len();
    require!(count >= 10, place, "at least 10 samples", count);
    let classes = labels.iter().max().map_or(0, |&most| most + 1);
    let features = columns - 1;
    let all = Split { values: Values::Floats(values), labels };
    let (train, validation, test) = split::divide(&all, features, count / 10, count / 5);
    let scaling = scaling_of(&train.values);
    Ok(Dataset {
        name: place.to_string(),
        features,
        class_names: numbered(classes),
        scaling,
        train,
        validation,
        test,
    })
}

fn scaling_of(values: &Values) -> Scaling {
    let (mut low, mut high) = (f32::INFINITY, f32::NEG_INFINITY);
    if let Values::Floats(values) = values {
        for &value in values {
            low = low.min(value);
            high = high.max(value);
        }
    }
    let range = high - low;
    let factor = if range > 0.0 && range.is_finite() { 1.0 / range } else { 1.0 };
    Scaling { offset: low, factor }
}
