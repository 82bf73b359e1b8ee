//! Reads tables in text: CSV files of any usual form, with one sample in each row.

pub mod columns;
pub mod delimiter;
pub mod encoding;
pub mod field;
pub mod header;
pub mod labels;
mod order;
pub mod rows;
pub mod stream;

use std::fmt::Display;
use std::io::{BufReader, Read};
use std::path::Path;

use anyhow::{Context, Result};

use self::columns::{Columns, numbered};
use self::encoding::Utf8;
use self::field::Field;
use self::labels::Labels;
use self::order::Order;
use self::rows::{MOST_COLUMNS, Row, Rows};
use super::labels::beside;
use super::partition::Key;
use super::samples::{Form, Samples, assemble};
use super::{Dataset, Missing, Reading, Target, Values, contents, window};
use crate::error::{BadInput, quoted, require};

/// Number of rows from which delimiter and header are found.
const LOOKAHEAD: usize = 20;

/// Loads the file at `path`, see [`parse`]. Names of the classes are read from the file beside it that ends
/// in `.labels.txt` instead of `.csv`, if there is one.
///
/// # Errors
/// Fails if the file can't be read, and as [`parse`] does.
pub fn load(path: &Path, reading: &Reading) -> Result<Dataset> {
    let names = beside(&path.with_extension("labels.txt"), 0)?;
    dataset(&path.display().to_string(), &contents::read(path)?, names, reading)
}

/// Reads the data set in `file`, gzipped or not, in UTF-8 or UTF-16; errors name `place`.
///
/// # Errors
/// Returns [`BadInput`] with line and column for text that isn't such a table.
pub fn parse(place: impl Display, file: &[u8], reading: &Reading) -> Result<Dataset> {
    dataset(&place.to_string(), file, None, reading)
}

fn dataset(place: &str, file: &[u8], names: Option<Vec<String>>, reading: &Reading) -> Result<Dataset> {
    let bytes = contents::inflate(place, file)?;
    let mut text = Vec::new();
    Utf8::new(&*bytes).read_to_end(&mut text).with_context(|| place.to_string())?;
    drop(bytes);
    for (line, bytes) in text.split(|&byte| byte == b'\n').enumerate() {
        let delimiters = bytes.iter().filter(|byte| !byte.is_ascii_alphanumeric() && **byte != b'.').count();
        let place = || format!("{place}, line {}", line + 1);
        require!(delimiters < 4 * MOST_COLUMNS, place(), format!("at most {MOST_COLUMNS} columns"), "more");
    }
    let (form, samples) = read(place, &text, reading)?;
    let class_names = names.or(form.class_names.clone());
    assemble(place, Form { class_names, ..form }, samples, None, None, reading)
}

/// Reads every row of `text`.
fn read(place: &str, text: &[u8], reading: &Reading) -> Result<(Form, Samples)> {
    let mut rows = Rows::open(place, BufReader::new(text), reading.delimiter.as_deref(), LOOKAHEAD)?;
    let (mut first, commented) = (Vec::new(), rows.commented.take());
    while first.len() < LOOKAHEAD {
        let Some(row) = rows.read()? else { break };
        first.push((row.line, row.fields.clone()));
    }
    let texts: Vec<Vec<String>> =
        first.iter().map(|(_, row)| row.iter().map(String::from).collect()).collect();
    let Some((head, others)) = texts.split_first() else {
        return Err(BadInput::new(place, "at least one row of values", "none").into());
    };
    let bundle = header::bundle(head, others);
    let headed = commented.is_none() && (bundle.is_some() || header::is_header(head, others));
    let names = match commented {
        Some(names) => names,
        None if bundle.is_some() => numbered(others[0].len()),
        None if headed => head.clone(),
        None => numbered(head.len()),
    };
    let header = names != numbered(names.len());
    // A delimiter at the end of each line makes a column of nothing.
    let trailing = names.len() > 2
        && texts.iter().all(|row| row.len() == names.len() && row.last().is_some_and(String::is_empty));
    let used = names.len() - usize::from(trailing);
    let columns = columns::choose(place, &names[..used], header, reading)?;
    let one = reading.target != Target::Values;
    require!(!one || columns.labels.len() <= 1, "--label", "one column", columns.labels.len());
    let mut table = Table::new(place, names, columns, reading);
    for (line, fields) in first.iter().skip(usize::from(headed)) {
        table.push(&Row { line: *line, fields })?;
    }
    while let Some(row) = rows.read()? {
        table.push(&row)?;
    }
    let (form, samples) = table.finish()?;
    Ok((Form { class_names: bundle, ..form }, samples))
}

/// A table that grows row by row.
struct Table<'a> {
    place: &'a str,
    reading: &'a Reading,
    names: Vec<String>,
    columns: Columns,
    values: Vec<f32>,
    labels: Labels,
    targets: Vec<f32>,
    groups: Vec<Key>,
    order: Order,
    dropped: usize,
    commas: bool,
}

impl<'a> Table<'a> {
    fn new(place: &'a str, names: Vec<String>, columns: Columns, reading: &'a Reading) -> Self {
        let order = Order::new(columns.features.len());
        let (labels, values, targets, groups) = Default::default();
        Self {
            place,
            reading,
            names,
            columns,
            values,
            labels,
            targets,
            groups,
            order,
            dropped: 0,
            commas: false,
        }
    }

    /// Returns the place of the field in `row` and `column`, for errors.
    fn at(&self, row: &Row, column: usize) -> String {
        format!("{}, line {}, column {}", self.place, row.line, quoted(&self.names[column]))
    }

    fn push(&mut self, row: &Row) -> Result<()> {
        let (expected, got) = (format!("{} columns", self.names.len()), row.fields.len());
        require!(got == self.names.len(), format!("{}, line {}", self.place, row.line), expected, got);
        let (values, targets) = (self.values.len(), self.targets.len());
        let (real, told) = match self.reading.target {
            Target::Classes => (false, true),
            Target::Values => (true, false),
            Target::Nothing => (false, !self.reading.normal.is_empty()),
        };
        let mut whole = true;
        for index in 0..self.columns.features.len() {
            let value = self.number(row, self.columns.features[index])?;
            whole &= value.is_some();
            self.values.push(value.unwrap_or(f32::NAN));
        }
        for index in 0..self.columns.labels.len() {
            let column = self.columns.labels[index];
            let text = row.fields.get(column).unwrap_or_default();
            if (real || told)
                && Field::read(text) == Field::Missing
                && (real || text.is_empty() || text == "?" || text.eq_ignore_ascii_case("nan"))
            {
                let expected = "a label in every row (--missing drop leaves such rows out)";
                require!(self.reading.missing == Missing::Drop, self.at(row, column), expected, quoted(text));
                self.values.truncate(values);
                self.targets.truncate(targets);
                self.dropped += 1;
                return Ok(());
            }
            if real {
                let value = self.number(row, column)?;
                self.targets.push(value.unwrap_or(f32::NAN));
            }
        }
        if !whole && self.reading.missing == Missing::Drop {
            self.values.truncate(values);
            self.targets.truncate(targets);
            self.dropped += 1;
            return Ok(());
        }
        if let (Some(&column), true) = (self.columns.labels.first(), told) {
            let text = row.fields.get(column).unwrap_or_default();
            let pushed = self.labels.push(text);
            pushed.map_err(|expected| BadInput::new(self.at(row, column), expected, quoted(text)))?;
        }
        if let Some(column) = self.columns.group {
            self.groups.push(Key::of(row.fields.get(column).unwrap_or_default().as_bytes()));
        }
        self.order.see(&self.values[values..]);
        Ok(())
    }

    /// Returns the number in `column`; `None` if it is missing and may be.
    fn number(&mut self, row: &Row, column: usize) -> Result<Option<f32>> {
        let text = row.fields.get(column).unwrap_or_default();
        match Field::read(text) {
            Field::Number(value) => Ok(Some(value)),
            Field::Comma(value) => {
                self.commas = true;
                Ok(Some(value))
            }
            Field::Missing => {
                let expected = "a number (--missing mean puts the column's mean there, --missing drop leaves the row out)";
                let may = self.reading.missing != Missing::Error;
                require!(may, self.at(row, column), expected, quoted(text));
                Ok(None)
            }
            Field::Text(text) => {
                let name = &self.names[column];
                let expected = if self.columns.labels.contains(&column) {
                    "a finite number as a target (--task classify takes texts as names of classes)".into()
                } else {
                    format!(
                        "a finite number (--ignore {name:?} leaves the column out, --label {name:?} makes it the label)"
                    )
                };
                Err(BadInput::new(self.at(row, column), expected, quoted(text)).into())
            }
        }
    }

    fn finish(self) -> Result<(Form, Samples)> {
        let Self { place, reading, names, columns, .. } = self;
        let name = |&column: &usize| names[column].clone();
        let mut warnings = columns.notes;
        for feature in self.order.counting() {
            let column = columns.features[feature];
            let shown =
                if names[column].is_empty() { (column + 1).to_string() } else { names[column].clone() };
            warnings.push(format!(
                "column {} counts the rows: as an index it is no measurement (--ignore {shown:?} leaves it out)",
                quoted(&shown)
            ));
        }
        if reading.target == Target::Nothing && reading.normal.is_empty() {
            warnings.push(match columns.labels.first() {
                Some(&label) => format!(
                    "the column {} says nothing to training: --normal CLASS trains on the rows of that class alone and calls the others anomalies",
                    quoted(&names[label])
                ),
                None => format!("all {} columns are values: none is taken for a label (--label)", columns.features.len()),
            });
        }
        if self.commas {
            warnings.push("commas within numbers are read as decimal points".into());
        }
        if self.dropped > 0 {
            warnings.push(format!("{} rows lack a value and are left out", self.dropped));
        }
        let features: Vec<String> = columns.features.iter().map(name).collect();
        let header = names != numbered(names.len());
        let labelled = !self.labels.codes.is_empty();
        let label_place = columns
            .labels
            .first()
            .map_or(String::new(), |column| format!("{place}, column {}", quoted(&names[*column])));
        let form = Form {
            shape: vec![features.len()],
            feature_names: if header { features } else { Vec::new() },
            target_names: match reading.target {
                Target::Values => columns.labels.iter().map(name).collect(),
                Target::Classes | Target::Nothing => Vec::new(),
            },
            class_names: None,
            found: columns.found,
            label_place,
            warnings,
            ..Form::default()
        };
        let samples = Samples {
            values: Values::Floats(self.values),
            labels: labelled.then_some(self.labels),
            targets: self.targets,
            groups: columns.group.is_some().then_some(self.groups),
        };
        window::cut(place, form, samples, reading)
    }
}
