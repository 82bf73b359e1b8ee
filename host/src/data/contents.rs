//! A data file's bytes, inflated if they are gzipped, within bounds.

use std::borrow::Cow;
use std::fmt::Display;
use std::fs;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result};

use crate::BadInput;
use crate::error::require;

/// Bytes that any gzipped file may hold.
const ALWAYS: usize = 4 << 20;
/// Bytes that it may hold beyond for each of its own: real data sets come to 3–8, a bomb to 1,000.
const RATIO: usize = 16;

/// The file as it is.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("reading {}", path.display()))
}

/// What `file` holds: itself, or what it inflates to if it begins as gzip does. At most 4 MiB and
/// 16 times its size come of it.
pub fn inflate(place: impl Display, file: &[u8]) -> Result<Cow<'_, [u8]>> {
    if !file.starts_with(&[0x1f, 0x8b]) {
        return Ok(file.into());
    }
    let most = ALWAYS + RATIO * file.len();
    let mut bytes = Vec::new();
    let mut reader = flate2::read::MultiGzDecoder::new(file).take(most as u64 + 1);
    reader.read_to_end(&mut bytes).map_err(|error| BadInput::new(&place, "a whole gzip file", error))?;
    let expected = format!("at most {most} bytes in a gzip file of {} (decompress it to use it)", file.len());
    require!(bytes.len() <= most, place, expected, "more");
    Ok(bytes.into())
}
