//! Reads tables of samples, plain and gzipped.

use anyhow::Result;
use fenchel::data;

pub fn read(bytes: &[u8]) -> Result<()> {
    data::table::parse("file", bytes, &Default::default()).map(drop)
}
