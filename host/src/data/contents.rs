//! Reads a data file and inflates it if it is gzipped, within bounds.

use std::borrow::Cow;
use std::fmt::Display;
use std::fs;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result};

use crate::BadInput;
use crate::error::require;

/// Bytes to which any gzipped file may inflate.
const ALWAYS: usize = 4 << 20;
/// Additional bytes to which a gzipped file may inflate for each of its own bytes: real data sets need 3 to
/// 8, a bomb has 1,000.
const RATIO: usize = 16;

/// Reads the file as it is.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("reading {}", path.display()))
}

/// Returns `file` itself, or what it inflates to if it begins like a gzip file: at most 4 MiB plus 16 times
/// its size.
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
