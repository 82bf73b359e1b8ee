//! Reads a scaling of raw values from arrays of their own.

use std::path::Path;

use anyhow::Result;

use super::{Affine, Tensor, arrays, bad};
use crate::BadInput;
use crate::error::require;

/// Reads the scaling in the NPZ file `name`: arrays offset and factor for (raw − offset)·factor, or mean
/// and std for (raw − mean)/std, with one value or one for each feature. `None` if it isn't such a file.
///
/// # Errors
/// Returns [`BadInput`] if one of a pair is missing, or a value isn't finite.
pub fn read(name: &str) -> Result<Option<Affine>> {
    let path = Path::new(name);
    if !path.is_file() {
        return Ok(None);
    }
    let file = std::fs::read(path).map_err(|error| BadInput::new(name, "a readable file", error))?;
    if !file.starts_with(b"PK") {
        return Ok(None);
    }
    // A data set in this form may hold arrays that aren't numbers; whoever loads it says so.
    let Ok(arrays) = arrays(name, &file) else { return Ok(None) };
    let find = |wanted: &str| arrays.iter().find(|array| array.name == wanted);
    let (offset, factor) = match (find("offset"), find("factor"), find("mean"), find("std")) {
        (None, None, None, None) => return Ok(None),
        (Some(offset), Some(factor), None, None) => (wide(offset), wide(factor)),
        (None, None, Some(mean), Some(std)) => {
            (wide(mean), wide(std).into_iter().map(|std| 1.0 / std).collect())
        }
        _ => return Err(bad(name, "arrays offset and factor, or mean and std", "others of them")),
    };
    let (m, n) = (offset.len(), factor.len());
    let fits = m > 0 && n > 0 && (m == n || m == 1 || n == 1);
    require!(fits, name, "one value, or as many in both arrays", format!("{m} and {n}"));
    let scaling = Affine::scaling(&offset, &factor);
    require!(scaling.is_finite(), name, "finite offsets and factors", "others");
    Ok(Some(scaling))
}

fn wide(array: &Tensor) -> Vec<f64> {
    array.values.iter().map(|&value| value.into()).collect()
}
