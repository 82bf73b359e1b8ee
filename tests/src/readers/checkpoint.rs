//! Reads checkpoints of a run, with correct and with wrong checksums.

use anyhow::Result;
use fenchel::train::Checkpoint;

use super::model::with_checksum;

pub fn read(bytes: &[u8]) -> Result<()> {
    let read = |bytes: &[u8]| -> Result<()> {
        Checkpoint::from_bytes(bytes)?.settings()?;
        Ok(())
    };
    // Past the checksum too, which chance doesn't come by.
    let _ = read(&with_checksum(bytes));
    read(bytes)
}
