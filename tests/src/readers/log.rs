//! The log of a run. Lines that aren't epochs end it: nothing is refused.

use anyhow::{Result, ensure};
use fenchel::train;

pub fn read(bytes: &[u8]) -> Result<()> {
    let epochs = train::epochs(std::str::from_utf8(bytes)?);
    ensure!(!epochs.is_empty(), "expected epochs, got none");
    Ok(())
}
