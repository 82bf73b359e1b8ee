//! CSV files: one sample a line, its values and then its label, with or without a header line.

use std::fmt::Display;
use std::path::Path;

use anyhow::Result;

use super::labels::{MOST_CLASSES, named, numbered};
use super::{Dataset, Split, Values, contents, split};
use crate::error::{BadInput, quoted, require};

/// Most columns, of which the library that finds them keeps 8 bytes each.
const MOST_COLUMNS: usize = 1 << 20;

/// Load `path`; see [`parse`]. Names of the classes are in the file beside it that ends in
/// `.labels.txt` instead of `.csv`, if there is one.
///
/// # Errors
/// If it can't be read, and as [`parse`].
pub fn load(path: &Path) -> Result<Dataset> {
    let dataset = parse(path.display(), &contents::read(path)?)?;
    let class_names = named(&path.with_extension("labels.txt"), dataset.classes())?;
    Ok(Dataset { class_names, ..dataset })
}

/// The data set in `file`, gzipped or not; `place` is where errors say that it is. A fifth of the
/// samples tests, a tenth validates; the range of the training samples' values is scaled to \[0, 1\].
///
/// # Errors
/// [`BadInput`] with line and column for text that isn't such a table.
pub fn parse(place: impl Display, file: &[u8]) -> Result<Dataset> {
    let text = contents::inflate(&place, file)?;
    for (line, text) in text.split(|&byte| byte == b'\n').enumerate() {
        let columns = text.iter().filter(|&&byte| byte == b',').count();
        let place = || format!("{place}, line {}", line + 1);
        require!(columns < MOST_COLUMNS, place(), format!("at most {MOST_COLUMNS} columns"), columns + 1);
    }
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
    let all = Split::classes(Values::Floats(values), labels);
    let parts = split::divide(&all, features, count / 10, count / 5);
    let scaling = parts.0.values.scaling();
    Ok(Dataset::new(place, vec![features], numbered(classes), scaling, parts))
}
