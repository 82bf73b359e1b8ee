//! Reads the rows of a table that are to be answered one at a time as they come, from a file or a pipe, in
//! constant memory.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use anyhow::{Context, Result};

use super::columns::{self, Columns, Found, numbered};
use super::encoding::Utf8;
use super::field::Field;
use super::header;
use super::rows::{Row, Rows, Whole};
use crate::data::{Missing, Reading, Target};
use crate::error::{BadInput, quoted, require};

/// Number of rows of a file that are inspected before the first is answered.
const LOOKAHEAD: usize = 20;

/// The samples that a model takes.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Number of values in a sample.
    pub features: usize,
    /// Names of the columns or channels, if the model knows them.
    pub names: Option<Vec<String>>,
}

/// One sample to be answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Number in the file of its row or window, from 0.
    pub index: usize,
    /// Raw values of the sample; NaN for a missing one.
    pub values: Vec<f32>,
}

/// The samples of a table in file order.
pub struct Stream {
    place: String,
    reading: Reading,
    rows: Rows<Whole<BufReader<Box<dyn Read>>>>,
    /// Rows that were inspected, but not answered yet.
    ahead: VecDeque<(u64, csv::StringRecord)>,
    names: Vec<String>,
    columns: Columns,
    window: Option<Window>,
    rows_seen: usize,
    samples: usize,
    /// What was assumed, one line each.
    pub notes: Vec<String>,
}

/// The last rows of a recording.
struct Window {
    rows: VecDeque<Vec<f32>>,
    length: usize,
    stride: usize,
    /// Number of rows until the next window is complete.
    left: usize,
    group: Option<String>,
}

impl Stream {
    /// Opens the file at `path`, or stdin if it is `-`, of which only the first row is awaited.
    ///
    /// # Errors
    /// Fails if the file can't be read, and as [`new`](Self::new) does.
    pub fn open(path: &str, reading: &Reading, wanted: &Wanted) -> Result<Self> {
        if path == "-" {
            let stdin = BufReader::new(std::io::stdin());
            return Self::new("stdin", Box::new(Utf8::new(stdin)), reading, wanted, 1);
        }
        let failed = || format!("reading {path}");
        let mut start = [0; 2];
        let read = File::open(Path::new(path))
            .with_context(failed)?
            .take(2)
            .read(&mut start)
            .with_context(failed)?;
        let file = BufReader::new(File::open(Path::new(path)).with_context(failed)?);
        let text: Box<dyn Read> = if start[..read] == [0x1f, 0x8b] {
            Box::new(Utf8::new(BufReader::new(flate2::bufread::MultiGzDecoder::new(file))))
        } else {
            Box::new(Utf8::new(file))
        };
        Self::new(path, text, reading, wanted, LOOKAHEAD)
    }

    /// Starts reading `text`, in UTF-8, whose first `lookahead` rows tell its form; errors name `place`.
    ///
    /// # Errors
    /// Returns [`BadInput`] if its columns aren't those that are `wanted`.
    pub fn new(
        place: &str,
        text: Box<dyn Read>,
        reading: &Reading,
        wanted: &Wanted,
        lookahead: usize,
    ) -> Result<Self> {
        let mut rows = Rows::open(place, BufReader::new(text), reading.delimiter.as_deref(), lookahead)?;
        let commented = rows.commented.take();
        let mut ahead = VecDeque::new();
        while ahead.len() < lookahead {
            let Some(row) = rows.read()? else { break };
            ahead.push_back((row.line, row.fields.clone()));
        }
        let texts: Vec<Vec<String>> =
            ahead.iter().map(|(_, row)| row.iter().map(String::from).collect()).collect();
        let mut names = commented.unwrap_or_default();
        if let Some((head, others)) = texts.split_first().filter(|_| names.is_empty()) {
            if header::is_header(head, others) {
                names.clone_from(head);
                ahead.pop_front();
            } else {
                names = numbered(head.len());
            }
        }
        require!(!names.is_empty(), place, "at least one row of values", "none");
        let mut notes = Vec::new();
        let columns = columns_of(place, &names, reading, wanted, &mut notes)?;
        let window = reading.window.map(|length| Window {
            rows: VecDeque::new(),
            length,
            stride: reading.stride.unwrap_or(length).max(1),
            left: length,
            group: None,
        });
        let (place, reading) = (place.to_string(), reading.clone());
        Ok(Self { place, reading, rows, ahead, names, columns, window, rows_seen: 0, samples: 0, notes })
    }

    /// Returns the next sample; `None` at the end.
    ///
    /// # Errors
    /// Returns [`BadInput`] with line and column for text that is no number.
    pub fn read(&mut self) -> Result<Option<Sample>> {
        loop {
            let (values, group) = if let Some((line, fields)) = self.ahead.pop_front() {
                self.values(&Row { line, fields: &fields })?
            } else {
                let Some(row) = self.rows.read()? else { return Ok(None) };
                let (line, fields) = (row.line, row.fields.clone());
                self.values(&Row { line, fields: &fields })?
            };
            let index = self.rows_seen;
            self.rows_seen += 1;
            if values.iter().any(|value| value.is_nan()) && self.reading.missing == Missing::Drop {
                continue;
            }
            let Some(window) = &mut self.window else { return Ok(Some(Sample { index, values })) };
            if let Some(values) = window.push(values, group) {
                self.samples += 1;
                return Ok(Some(Sample { index: self.samples - 1, values }));
            }
        }
    }

    /// Returns the values of a row, NaN for one that is missing and may be, and its group.
    fn values(&self, row: &Row) -> Result<(Vec<f32>, Option<String>)> {
        let (expected, got) = (format!("{} columns", self.names.len()), row.fields.len());
        require!(got == self.names.len(), format!("{}, line {}", self.place, row.line), expected, got);
        let value = |&column: &usize| -> Result<f32> {
            let text = row.fields.get(column).unwrap_or_default();
            let place =
                || format!("{}, line {}, column {}", self.place, row.line, quoted(&self.names[column]));
            match Field::read(text) {
                Field::Number(value) | Field::Comma(value) => Ok(value),
                Field::Missing => {
                    let expected = "a number (--missing mean takes the mean of training, --missing drop leaves the row out)";
                    require!(self.reading.missing != Missing::Error, place(), expected, quoted(text));
                    Ok(f32::NAN)
                }
                Field::Text(text) => Err(BadInput::new(place(), "a finite number", quoted(text)).into()),
            }
        };
        let values = self.columns.features.iter().map(value).collect::<Result<Vec<_>>>()?;
        let group = self.columns.group.and_then(|column| row.fields.get(column)).map(String::from);
        Ok((values, group))
    }
}

impl Window {
    /// Returns the window that `row` completes, if it does, channel after channel.
    fn push(&mut self, row: Vec<f32>, group: Option<String>) -> Option<Vec<f32>> {
        if group != self.group {
            self.rows.clear();
            self.left = self.length;
            self.group = group;
        }
        self.rows.push_back(row);
        if self.rows.len() > self.length {
            self.rows.pop_front();
        }
        self.left -= 1;
        if self.left > 0 {
            return None;
        }
        self.left = self.stride;
        let channels = self.rows.front().map_or(0, Vec::len);
        Some((0..channels).flat_map(|channel| self.rows.iter().map(move |row| row[channel])).collect())
    }
}

/// Returns the columns of the values: those with the model's names if the header has them all, otherwise
/// all that are no label.
fn columns_of(
    place: &str,
    names: &[String],
    reading: &Reading,
    wanted: &Wanted,
    notes: &mut Vec<String>,
) -> Result<Columns> {
    let columns_wanted = wanted.features / reading.window.unwrap_or(1).max(1);
    let headed = names != numbered(names.len());
    let reading = Reading { target: Target::Nothing, ..reading.clone() };
    if let Some(own) = wanted.names.as_ref().filter(|_| headed && reading.columns.is_empty()) {
        let found: Option<Vec<usize>> =
            own.iter().map(|own| names.iter().position(|name| name == own)).collect();
        if let Some(features) = found {
            let group =
                reading.group.as_deref().and_then(|group| columns::find("--group", group, names).ok());
            return Ok(Columns {
                features,
                labels: Vec::new(),
                group,
                found: Found::Named,
                notes: Vec::new(),
            });
        }
        let lacking: Vec<_> =
            own.iter().filter(|own| !names.contains(own)).map(|name| quoted(name)).collect();
        notes.push(format!("the header lacks {}: columns are taken in their order", lacking.join(", ")));
    }
    // What a run was trained by may name columns that a file to be answered lacks.
    let there = |text: &String| columns::find("", text, names).is_ok();
    let reading = if !headed && names.len() == columns_wanted {
        let ignore = reading.ignore.iter().filter(|text| there(text)).cloned().collect();
        Reading { ignore, ..reading }
    } else {
        reading
    };
    let label = reading.label.iter().filter(|text| there(text)).cloned().collect();
    let mut label = if names.len() == columns_wanted { Vec::new() } else { label };
    if label.is_empty()
        && !headed
        && names.len() == columns_wanted + 1
        && reading.columns.is_empty()
        && reading.ignore.is_empty()
    {
        notes.push(format!("{} columns for a model that takes {columns_wanted} values: the last one is taken for the label (--label names another)", names.len()));
        label = vec!["last".into()];
    }
    let columns = columns::choose(place, names, headed, &Reading { label, ..reading.clone() })?;
    let got = columns.features.len();
    let expected = format!(
        "{columns_wanted} values a row, as the model takes (--ignore leaves columns out, --label names the column of the label)"
    );
    require!(got == columns_wanted, place, expected, format!("{got} of {} columns", names.len()));
    Ok(columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(text: &str, features: usize, names: Option<&str>, reading: &Reading) -> Result<Vec<Vec<f32>>> {
        let names = names.map(|names| names.split(' ').map(String::from).collect());
        let text = Box::new(std::io::Cursor::new(text.to_string().into_bytes()));
        let mut stream = Stream::new("file", text, reading, &Wanted { features, names }, 1)?;
        let mut all = Vec::new();
        while let Some(sample) = stream.read()? {
            all.push(sample.values);
        }
        Ok(all)
    }

    #[test]
    fn rows_come_with_and_without_header_and_label() {
        let plain = Reading::default();
        let rows = vec![vec![1.0, 2.0], vec![3.0, 4.0]];
        for (text, names) in [
            ("1,2\n3,4\n", None),
            ("a;b\n1;2\n3;4", Some("a b")),
            ("b,a,note\n2,1,x\n4,3,y", Some("a b")),
            ("a,b,label\n1,2,x\n3,4,y", None),
            ("1,2,0\n3,4,1", None),
        ] {
            assert_eq!(stream(text, 2, names, &plain).expect(text), rows, "{text}");
        }
        let last = Reading { label: vec!["last".into()], ..Reading::default() };
        assert_eq!(stream("1,2,0\n3,4,1", 2, None, &last).expect("read"), rows);
        for (text, words) in
            [("1,2,0,0", "--label"), ("1", "2 values a row"), ("1,2\n3,x", "line 2"), ("1,\n", "--missing")]
        {
            let error = format!("{:#}", stream(text, 2, None, &plain).expect_err(text));
            assert!(error.contains(words), "{text}: {error}");
        }
        assert!(stream("", 2, None, &plain).is_err());
    }

    #[test]
    fn windows_come_when_they_are_whole() {
        let reading = Reading { window: Some(2), stride: Some(1), ..Reading::default() };
        let windows = stream("1,10\n2,20\n3,30", 4, None, &reading).expect("read");
        assert_eq!(windows, [[1.0, 2.0, 10.0, 20.0], [2.0, 3.0, 20.0, 30.0]]);
        let reading = Reading { window: Some(2), group: Some("g".into()), ..Reading::default() };
        let windows = stream("g,x\na,1\nb,2\nb,3", 2, None, &reading).expect("read");
        assert_eq!(windows, [[2.0, 3.0]]);
    }
}
