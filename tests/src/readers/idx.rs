//! Reads IDX files of images or of labels, plain and gzipped.

use anyhow::Result;
use fenchel::data;

pub fn read(bytes: &[u8]) -> Result<()> {
    data::idx::parse("file", bytes, 1).or_else(|_| data::idx::parse("file", bytes, 3)).map(drop)
}
