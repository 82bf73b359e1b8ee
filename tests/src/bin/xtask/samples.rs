//! The samples file that the firmware takes.

use std::path::Path;

use anyhow::{Context, Result, bail};
use fenchel::data::{Split, Values};

/// Samples as the device gets them.
pub struct Samples {
    /// Bytes a sample.
    pub size: usize,
    /// Sample after sample.
    pub bytes: Vec<u8>,
    /// A class each.
    pub labels: Vec<u8>,
}

impl Samples {
    /// The first `count` samples of `split`.
    pub fn of(split: &Split, size: usize, count: usize) -> Result<Self> {
        let Values::Bytes(bytes) = &split.values else { bail!("expected samples of bytes, got floats") };
        let count = count.min(split.len());
        let bytes = bytes.get(..count * size).context("samples of that size")?.to_vec();
        let labels =
            split.labels.iter().take(count).map(|&label| u8::try_from(label)).collect::<Result<_, _>>()?;
        Ok(Self { size, bytes, labels })
    }

    /// Each sample with its label.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], u8)> {
        self.bytes.chunks_exact(self.size).zip(self.labels.iter().copied())
    }

    /// Write the file: number and size, little-endian u32, all samples, all labels.
    pub fn write(&self, path: &Path) -> Result<()> {
        let header = [self.labels.len(), self.size].map(|n| (n as u32).to_le_bytes()).concat();
        let file = [header.as_slice(), &self.bytes, &self.labels].concat();
        std::fs::write(path, file).with_context(|| format!("writing {}", path.display()))
    }
}
