//! Reads the log of a run. It ends at the first line that isn't an epoch, so nothing is refused.

use anyhow::{Result, ensure};
use fenchel::train;

pub fn read(bytes: &[u8]) -> Result<()> {
    let epochs = train::epochs(std::str::from_utf8(bytes)?);
    ensure!(!epochs.is_empty(), "expected epochs, got none");
    Ok(())
}
