//! NPZ files: zip archives of numpy's arrays, of weights and of samples.

use std::io::{Cursor, Read};

use anyhow::Result;
use npyz::{DType, Deserialize, NpyFile, NpyHeader, Order, TypeChar};
use zip::ZipArchive;

use crate::BadInput;
use crate::error::{printable, quoted, require};

/// Most arrays.
const MOST: usize = 256;

/// An array of numbers in C order, as the file has them.
pub struct Array {
    /// As in the file, without .npy.
    pub name: String,
    /// Length of each dimension.
    pub shape: Vec<usize>,
    kind: (TypeChar, usize),
    header: NpyHeader,
    data: Vec<u8>,
}

/// Every array of `file`, which may inflate to `most` bytes.
///
/// # Errors
/// [`BadInput`] for anything but arrays of numbers in C order, and for an archive that inflates to more.
pub fn read(place: &str, file: &[u8], most: usize) -> Result<Vec<Array>> {
    let failed = |error: &dyn std::error::Error| {
        BadInput::new(place, "a whole NPZ file", printable(&error.to_string()))
    };
    let mut archive = ZipArchive::new(Cursor::new(file)).map_err(|error| failed(&error))?;
    require!(archive.len() <= MOST, place, format!("at most {MOST} arrays"), archive.len());
    let mut left = most;
    let mut arrays = Vec::new();
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
        arrays.push(Array::new(&format!("{place}, array {}", quoted(&name)), name, &bytes)?);
    }
    Ok(arrays)
}

impl Array {
    fn new(place: &str, name: String, bytes: &[u8]) -> Result<Self> {
        let file = NpyFile::new(bytes)
            .map_err(|error| BadInput::new(place, "a numpy array", printable(&error.to_string())))?;
        let expected = "numbers in C order (numpy.ascontiguousarray)";
        let DType::Plain(kind) = file.dtype() else {
            return Err(BadInput::new(place, expected, "records").into());
        };
        let shape: Vec<usize> = file.shape().iter().map(|&d| d as usize).collect();
        require!(file.order() == Order::C || shape.len() < 2, place, expected, "Fortran order");
        let kind = (kind.type_char(), kind.size_field() as usize);
        let known = matches!(
            kind,
            (TypeChar::Float, 4 | 8) | (TypeChar::Uint, 1 | 2 | 4) | (TypeChar::Int, 1 | 2 | 4 | 8)
        );
        let expected = "float32, float64, uint8 to uint32 or int8 to int64";
        require!(known, place, expected, format!("{:?} of {} bytes", kind.0, kind.1));
        let (header, data) = (file.header().clone(), file.into_inner().to_vec());
        // A header may claim anything: nothing is allocated before the data is there.
        let needed = shape.iter().try_fold(kind.1, |n, &d| n.checked_mul(d));
        let (expected, got) = (format!("the data of shape {shape:?}"), format!("{} bytes", data.len()));
        require!(needed == Some(data.len()), place, expected, got);
        Ok(Self { name, shape, kind, header, data })
    }

    fn values<T: Deserialize, U>(&self, convert: impl Fn(T) -> U) -> Vec<U> {
        let values = NpyFile::with_header(self.header.clone(), self.data.as_slice()).data::<T>();
        values.into_iter().flatten().map_while(Result::ok).map(convert).collect()
    }

    /// The values if they are unsigned bytes.
    pub fn bytes(&self) -> Option<&[u8]> {
        (self.kind == (TypeChar::Uint, 1)).then_some(&self.data)
    }

    /// The values if they are whole numbers that a class may have; others become [`usize::MAX`].
    pub fn labels(&self) -> Option<Vec<usize>> {
        let label = |value: i64| usize::try_from(value).unwrap_or(usize::MAX);
        Some(match self.kind {
            (TypeChar::Uint, 1) => self.values(|value: u8| value.into()),
            (TypeChar::Uint, 2) => self.values(|value: u16| value.into()),
            (TypeChar::Uint, 4) => self.values(|value: u32| label(value.into())),
            (TypeChar::Int, 1) => self.values(|value: i8| label(value.into())),
            (TypeChar::Int, 2) => self.values(|value: i16| label(value.into())),
            (TypeChar::Int, 4) => self.values(|value: i32| label(value.into())),
            (TypeChar::Int, 8) => self.values(label),
            _ => return None,
        })
    }

    /// The values rounded to f32.
    pub fn floats(&self) -> Vec<f32> {
        match self.kind {
            (TypeChar::Float, 4) => self.values(|value: f32| value),
            (TypeChar::Float, 8) => self.values(|value: f64| value as f32),
            (TypeChar::Uint, 1) => self.values(|value: u8| value.into()),
            (TypeChar::Uint, 2) => self.values(|value: u16| value.into()),
            (TypeChar::Uint, _) => self.values(|value: u32| value as f32),
            (TypeChar::Int, 1) => self.values(|value: i8| value.into()),
            (TypeChar::Int, 2) => self.values(|value: i16| value.into()),
            (TypeChar::Int, 4) => self.values(|value: i32| value as f32),
            (_, _) => self.values(|value: i64| value as f32),
        }
    }
}
