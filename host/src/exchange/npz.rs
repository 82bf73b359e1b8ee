//! NPZ files: zip archives of numpy's arrays.

use std::io::{Cursor, Read, Write};

use anyhow::Result;
use npyz::{DType, NpyFile, Order, TypeChar, WriterBuilder};
use zip::{ZipArchive, ZipWriter, write::SimpleFileOptions};

use super::{Tensor, bad, count};
use crate::error::{printable, quoted, require};

/// Bytes that any archive may hold.
const ALWAYS: usize = 4 << 20;
/// Bytes that it may hold beyond for each of its own, as in gzipped files.
const RATIO: usize = 2;
/// Most arrays.
const MOST: usize = 256;

/// Every array as f32, whole numbers rounded beyond 2²⁴.
///
/// # Errors
/// [`crate::BadInput`] for anything but arrays of numbers in C order, and for an archive that inflates to
/// more than 4 MiB and twice its size.
pub fn arrays(place: &str, file: &[u8]) -> Result<Vec<Tensor>> {
    let failed =
        |error: &dyn std::error::Error| bad(place, "a whole NPZ file", printable(&error.to_string()));
    let mut archive = ZipArchive::new(Cursor::new(file)).map_err(|error| failed(&error))?;
    require!(archive.len() <= MOST, place, format!("at most {MOST} arrays"), archive.len());
    let mut left = ALWAYS + RATIO * file.len();
    let mut tensors = Vec::new();
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(|error| failed(&error))?;
        let name = entry.name().map_err(|error| failed(&error))?.trim_end_matches(".npy").to_string();
        let mut bytes = Vec::new();
        entry.take(left as u64 + 1).read_to_end(&mut bytes).map_err(|error| failed(&error))?;
        require!(
            bytes.len() <= left,
            place,
            "an archive that isn't compressed so far (numpy.savez writes one that isn't)",
            "more data than its size allows"
        );
        left -= bytes.len();
        tensors.push(array(&format!("{place}, array {}", quoted(&name)), name, &bytes)?);
    }
    Ok(tensors)
}

fn array(place: &str, name: String, bytes: &[u8]) -> Result<Tensor> {
    let failed = |error: std::io::Error| bad(place, "a numpy array", printable(&error.to_string()));
    let file = NpyFile::new(bytes).map_err(failed)?;
    let expected = "numbers in C order (numpy.ascontiguousarray)";
    let DType::Plain(kind) = file.dtype() else {
        return Err(bad(place, expected, "records"));
    };
    let shape: Vec<usize> = file.shape().iter().map(|&d| d as usize).collect();
    require!(file.order() == Order::C || shape.len() < 2, place, expected, "Fortran order");
    let size = kind.size_field() as usize;
    let (header, length) = (file.header().clone(), count(&shape));
    let data = file.into_inner();
    let needed = length.and_then(|length| length.checked_mul(size.max(1)));
    // A header may claim anything: nothing is allocated before the data is there.
    require!(
        needed == Some(data.len()),
        place,
        format!("the data of shape {shape:?}"),
        format!("{} bytes", data.len())
    );
    let file = NpyFile::with_header(header, data);
    let values = match (kind.type_char(), size) {
        (TypeChar::Float, 4) => file.into_vec::<f32>().map_err(failed)?,
        (TypeChar::Float, 8) => narrowed(file.into_vec::<f64>().map_err(failed)?),
        (TypeChar::Uint, 1) => file.into_vec::<u8>().map_err(failed)?.into_iter().map(f32::from).collect(),
        (TypeChar::Int, 4) => file.into_vec::<i32>().map_err(failed)?.into_iter().map(|v| v as f32).collect(),
        (TypeChar::Int, 8) => file.into_vec::<i64>().map_err(failed)?.into_iter().map(|v| v as f32).collect(),
        _ => return Err(bad(place, "float32, float64, uint8, int32 or int64", kind)),
    };
    Ok(Tensor { name, shape, values })
}

fn narrowed(values: Vec<f64>) -> Vec<f32> {
    values.into_iter().map(|value| value as f32).collect()
}

/// The tensors as an archive, not compressed, f32.
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
