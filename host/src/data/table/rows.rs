//! Reads the rows of a text table one by one; the delimiter is found, comments and blank lines are left
//! out.

use std::io::{BufRead, Cursor, Read};

use anyhow::{Context, Result};

use super::delimiter::Delimiter;
use crate::error::{BadInput, printable, require};

/// Most columns; the library that finds them keeps 8 bytes for each.
pub const MOST_COLUMNS: usize = 1 << 20;
/// Longest line, in bytes, that is searched for the delimiter.
const LONGEST: u64 = 1 << 24;

/// A table's rows in file order.
pub struct Rows<R: Read> {
    place: String,
    reader: csv::Reader<R>,
    record: csv::StringRecord,
    /// Names in a comment just above the first row, as numpy writes them.
    pub commented: Option<Vec<String>>,
    /// Number of rows read so far.
    count: usize,
}

/// One row.
pub struct Row<'a> {
    /// Number of its line, from 1.
    pub line: u64,
    /// Its fields, trimmed.
    pub fields: &'a csv::StringRecord,
}

/// The first lines of a reader, and the rest after them.
pub type Whole<R> = std::io::Chain<Cursor<Vec<u8>>, Runs<R>>;

impl<R: BufRead> Rows<Whole<R>> {
    /// Starts reading `text`, in UTF-8. The first `lookahead` rows are read at once to find the delimiter,
    /// unless it is given; errors name `place`.
    ///
    /// # Errors
    /// Returns [`BadInput`] for another encoding, and for errors of the reader.
    pub fn open(place: &str, mut text: R, delimiter: Option<&str>, lookahead: usize) -> Result<Self> {
        let mut start = Vec::new();
        let (mut lines, mut comment) = (Vec::new(), None);
        let mut given = delimiter.map(Delimiter::parse).transpose()?;
        while lines.len() < lookahead.max(1) {
            let mut line = Vec::new();
            text.by_ref().take(LONGEST).read_until(b'\n', &mut line).context(place.to_string())?;
            if line.is_empty() {
                break;
            }
            // A file of old line ends comes as one line; what is a row of it is enough here.
            for part in line.split(|&byte| byte == b'\r' || byte == b'\n') {
                let Ok(part) = std::str::from_utf8(part) else { continue };
                if let Some(separator) = part.strip_prefix("sep=") {
                    given = given.or(Delimiter::parse(separator).ok());
                } else if let Some(rest) = part.strip_prefix('#') {
                    if lines.is_empty() {
                        comment = Some(rest.to_string());
                    }
                } else if !part.trim().is_empty() {
                    lines.push(part.to_string());
                }
            }
            start.extend(line);
        }
        lines.truncate(lookahead.max(1));
        let views: Vec<_> = lines.iter().map(String::as_str).collect();
        let delimiter = given.unwrap_or_else(|| Delimiter::find(&views));
        let columns = lines.first().map_or(0, |line| delimiter.count(line) + 1);
        let names = |text: &String| -> Vec<String> {
            let text = text.trim();
            let separator = char::from(delimiter.0);
            match separator {
                ' ' => text.split_whitespace().map(String::from).collect(),
                _ => text.split(separator).map(|name| name.trim().to_string()).collect(),
            }
        };
        let commented = comment.as_ref().map(names).filter(|names| columns > 1 && names.len() == columns);
        let mut builder = csv::ReaderBuilder::new();
        builder.has_headers(false).flexible(true).trim(csv::Trim::All).comment(Some(b'#'));
        let runs = delimiter.0 == b' ';
        let mut first = Vec::new();
        Runs::new(&start[..], runs).read_to_end(&mut first).context(place.to_string())?;
        let whole = Cursor::new(first).chain(Runs::new(text, runs));
        let reader = builder.delimiter(delimiter.0).from_reader(whole);
        let record = csv::StringRecord::new();
        Ok(Self { place: place.to_string(), reader, record, commented, count: 0 })
    }
}

impl<R: Read> Rows<R> {
    /// Returns the next row; `None` at the end.
    ///
    /// # Errors
    /// Returns [`BadInput`] with the line for text that isn't UTF-8, or has too many columns.
    pub fn read(&mut self) -> Result<Option<Row<'_>>> {
        loop {
            let more = self.reader.read_record(&mut self.record).map_err(|error| match error.kind() {
                csv::ErrorKind::Utf8 { pos, .. } => {
                    let line = pos.as_ref().map_or(0, csv::Position::line);
                    let expected =
                        "text in UTF-8 or UTF-16 (iconv -f latin1 -t utf-8 converts most other files)";
                    anyhow::Error::from(BadInput::new(
                        format!("{}, line {line}", self.place),
                        expected,
                        "other bytes",
                    ))
                }
                csv::ErrorKind::Io(_) => anyhow::Error::from(error).context(self.place.clone()),
                _ => BadInput::new(&self.place, "CSV text", printable(&error.to_string())).into(),
            })?;
            if !more {
                return Ok(None);
            }
            self.count += 1;
            let blank = self.record.iter().all(str::is_empty);
            let separator = self.count == 1 && self.record.get(0).is_some_and(|s| s.starts_with("sep="));
            if blank || separator {
                continue;
            }
            let line = self.record.position().map_or(0, csv::Position::line);
            let columns = self.record.len();
            let place = || format!("{}, line {line}", self.place);
            require!(columns <= MOST_COLUMNS, place(), format!("at most {MOST_COLUMNS} columns"), columns);
            return Ok(Some(Row { line, fields: &self.record }));
        }
    }
}

/// Reads `R`; if asked to, it replaces each run of spaces and tabs by one space and drops those at a line's
/// ends.
pub struct Runs<R> {
    inner: R,
    on: bool,
    /// Whether a space is held back until the next character.
    space: bool,
    /// Whether a line is beginning.
    start: bool,
    ready: Vec<u8>,
    taken: usize,
}

impl<R: BufRead> Runs<R> {
    fn new(inner: R, on: bool) -> Self {
        Self { inner, on, space: false, start: true, ready: Vec::new(), taken: 0 }
    }
}

impl<R: BufRead> Read for Runs<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if !self.on {
            return self.inner.read(buffer);
        }
        while self.taken == self.ready.len() {
            self.ready.clear();
            self.taken = 0;
            let available = self.inner.fill_buf()?;
            if available.is_empty() {
                return Ok(0);
            }
            let count = available.len();
            for &byte in available {
                match byte {
                    b' ' | b'\t' => self.space = true,
                    b'\n' | b'\r' => {
                        (self.space, self.start) = (false, true);
                        self.ready.push(byte);
                    }
                    _ => {
                        if self.space && !self.start {
                            self.ready.push(b' ');
                        }
                        (self.space, self.start) = (false, false);
                        self.ready.push(byte);
                    }
                }
            }
            self.inner.consume(count);
        }
        let count = buffer.len().min(self.ready.len() - self.taken);
        buffer[..count].copy_from_slice(&self.ready[self.taken..self.taken + count]);
        self.taken += count;
        Ok(count)
    }
}
