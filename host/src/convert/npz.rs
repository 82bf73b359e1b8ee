//! Reads and writes NPZ files of weights.

use std::io::{Cursor, Write};

use anyhow::Result;
use npyz::WriterBuilder;
use zip::{ZipWriter, write::SimpleFileOptions};

use super::Tensor;
use crate::npz;

/// Bytes to which any archive may inflate.
const ALWAYS: usize = 4 << 20;
/// Additional bytes to which an archive may inflate for each of its own bytes; weights hardly compress.
const RATIO: usize = 2;

/// Reads every array as f32; whole numbers beyond 2²⁴ are rounded.
///
/// # Errors
/// Returns [`crate::BadInput`] for anything but arrays of numbers in C order, and for an archive that
/// inflates to more than 4 MiB plus twice its size.
pub fn arrays(place: &str, file: &[u8]) -> Result<Vec<Tensor>> {
    let arrays = npz::read(place, file, ALWAYS + RATIO * file.len())?;
    let tensor = |array: npz::Array| {
        let values = array.floats();
        Tensor { name: array.name, shape: array.shape, values }
    };
    Ok(arrays.into_iter().map(tensor).collect())
}

/// Writes the tensors as an uncompressed archive of f32 arrays.
pub fn write(tensors: &[Tensor]) -> Result<Vec<u8>> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for tensor in tensors {
        let shape: Vec<u64> = tensor.shape.iter().map(|&d| d as u64).collect();
        let mut bytes = Vec::new();
        let options_npy = npyz::WriteOptions::new().default_dtype().shape(&shape).writer(&mut bytes);
        let mut writer = options_npy.begin_nd()?;
        writer.extend(tensor.values.iter())?;
        writer.finish()?;
        archive.start_file(format!("{}.npy", tensor.name), options)?;
        archive.write_all(&bytes)?;
    }
    Ok(archive.finish()?.into_inner())
}
