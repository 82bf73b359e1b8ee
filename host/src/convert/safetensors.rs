//! Reads and writes safetensors files.

use std::collections::HashMap;

use anyhow::Result;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use super::half::from_half;
use super::{Tensor, bad, count};
use crate::error::{printable, quoted, require};

/// Longest header in bytes that is parsed; it takes many times as much memory. A layer takes about 150
/// bytes.
const LONGEST_HEADER: u64 = 1 << 20;

/// Reads every tensor, widened or rounded to f32.
pub fn tensors(place: &str, file: &[u8]) -> Result<Vec<Tensor>> {
    let header = file.first_chunk().map_or(0, |&length| u64::from_le_bytes(length));
    require!(header <= LONGEST_HEADER, place, format!("a header of at most {LONGEST_HEADER} bytes"), header);
    let parsed = SafeTensors::deserialize(file);
    let parsed =
        parsed.map_err(|error| bad(place, "a whole safetensors file", printable(&error.to_string())))?;
    let mut tensors = Vec::new();
    for (name, view) in parsed.tensors() {
        let values = values(view.dtype(), view.data()).ok_or_else(|| {
            let here = format!("{place}, tensor {}", quoted(&name));
            bad(&here, "F32, F64, F16 or BF16", format!("{:?}", view.dtype()))
        })?;
        let shape = view.shape().to_vec();
        require!(
            count(&shape) == Some(values.len()),
            place,
            format!("values of shape {shape:?}"),
            values.len()
        );
        tensors.push(Tensor { name, shape, values });
    }
    Ok(tensors)
}

fn values(dtype: Dtype, data: &[u8]) -> Option<Vec<f32>> {
    Some(match dtype {
        Dtype::F32 => data.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect(),
        Dtype::F64 => data.as_chunks().0.iter().map(|&bytes| f64::from_le_bytes(bytes) as f32).collect(),
        Dtype::F16 => data.as_chunks().0.iter().map(|&bytes| from_half(u16::from_le_bytes(bytes))).collect(),
        Dtype::BF16 => {
            let widen = |&bytes| f32::from_bits(u32::from(u16::from_le_bytes(bytes)) << 16);
            data.as_chunks().0.iter().map(widen).collect()
        }
        _ => return None,
    })
}

/// Writes the tensors as a file of f32.
pub fn write(tensors: &[Tensor]) -> Result<Vec<u8>> {
    let bytes = |tensor: &Tensor| tensor.values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<_>>();
    let data: Vec<_> = tensors.iter().map(bytes).collect();
    let views = tensors.iter().zip(&data).map(|(tensor, data)| {
        Ok((tensor.name.as_str(), TensorView::new(Dtype::F32, tensor.shape.clone(), data)?))
    });
    let metadata = HashMap::from([("format".to_string(), "pt".to_string())]);
    Ok(safetensors::serialize(views.collect::<Result<Vec<_>>>()?, Some(metadata))?)
}
