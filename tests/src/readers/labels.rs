//! Reads names of classes, for a data set of three.

use anyhow::Result;
use fenchel::data;

pub fn read(bytes: &[u8]) -> Result<()> {
    data::labels::parse("file", bytes, 3).map(drop)
}
