//! Every reader of files from outside. `cargo xtask fuzz` fuzzes them, and the ordinary tests replay their
//! corpora.
//!
//! To add a reader, add a file here, a row in [`READERS`], its target in `tests/fuzz/Cargo.toml`, and a
//! folder of seeds in `tests/fuzz/corpus`: files whose names begin with `valid` must be read, those with
//! `refused` must be refused.

mod checkpoint;
mod csv;
mod digits;
mod idx;
mod labels;
mod log;
mod model;
mod network;
mod samples;
mod settings;

use std::alloc::System;

use anyhow::Result;
use cap::Cap;

/// A reader of one kind of file.
pub struct Reader {
    /// Name of the reader, its fuzz target and its corpus.
    pub name: &'static str,
    read: fn(&[u8]) -> Result<()>,
}

/// Every reader.
pub const READERS: &[Reader] = &[
    Reader { name: "model", read: model::read },
    Reader { name: "idx", read: idx::read },
    Reader { name: "csv", read: csv::read },
    Reader { name: "digits", read: digits::read },
    Reader { name: "checkpoint", read: checkpoint::read },
    Reader { name: "settings", read: settings::read },
    Reader { name: "log", read: log::read },
    Reader { name: "npz", read: network::read },
    Reader { name: "safetensors", read: network::read },
    Reader { name: "onnx", read: network::read },
    Reader { name: "samples", read: samples::read },
    Reader { name: "labels", read: labels::read },
];

/// Returns the most bytes that reading a file of `size` bytes may have allocated at any time.
pub const fn most_memory(size: usize) -> usize {
    (64 << 20) + 4 * size
}

/// Returns the reader of this name.
///
/// # Panics
/// Panics if there is none.
pub fn named(name: &str) -> &'static Reader {
    READERS.iter().find(|reader| reader.name == name).expect("a reader of that name")
}

impl Reader {
    /// Reads `bytes` as a file. The process aborts as soon as that takes more than [`most_memory`], which
    /// `allocator`, the process's own, ensures.
    ///
    /// # Errors
    /// Returns the reader's error for a file that it refuses.
    pub fn read(&self, bytes: &[u8], allocator: &Cap<System>) -> Result<()> {
        self.read_within(most_memory(bytes.len()), bytes, allocator)
    }

    /// Reads a file as [`read`](Self::read) does, with at most `memory` bytes of memory.
    ///
    /// # Errors
    /// Returns the same errors.
    pub fn read_within(&self, memory: usize, bytes: &[u8], allocator: &Cap<System>) -> Result<()> {
        let limit = allocator.allocated() + memory;
        allocator.set_limit(limit).expect("a limit above what is allocated");
        let result = (self.read)(bytes);
        allocator.set_limit(usize::MAX).expect("no limit");
        result
    }
}
