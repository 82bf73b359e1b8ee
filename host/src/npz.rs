//! Reads NPZ files, which are zip archives of numpy's arrays, for weights and samples.

use std::io::{Cursor, Read};

use anyhow::Result;
use npyz::{DType, Endianness, NpyFile, Order, TypeChar};
use zip::ZipArchive;

use crate::BadInput;
use crate::error::{printable, quoted, require};

/// Most arrays in a file.
const MOST: usize = 256;

/// Type of an array's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Float,
    Uint,
    Int,
    Bool,
    /// Text with four bytes for each character.
    Unicode,
    /// Text with one byte for each character.
    Bytes,
}

/// An array of numbers or texts, in C order.
#[derive(Debug)]
pub struct Array {
    /// Name in the file, without .npy.
    pub name: String,
    /// Length of each dimension.
    pub shape: Vec<usize>,
    kind: Kind,
    /// Bytes of one value.
    size: usize,
    little: bool,
    data: Vec<u8>,
}

/// One array of an archive, or the reason why it can't be used.
pub struct Entry {
    /// Name in the file, without .npy.
    pub name: String,
    /// The array, if it is one of numbers or texts.
    pub array: Result<Array>,
}

/// Reads every array of `file`, which may inflate to `most` bytes; all must hold numbers.
///
/// # Errors
/// Fails as [`entries`] does, and returns [`BadInput`] for an array of anything but numbers.
pub fn read(place: &str, file: &[u8], most: usize) -> Result<Vec<Array>> {
    let arrays: Result<Vec<Array>> =
        entries(place, file, most)?.into_iter().map(|entry| entry.array).collect();
    let arrays = arrays?;
    for array in &arrays {
        let place = format!("{place}, array {}", quoted(&array.name));
        require!(!array.is_text(), place, "numbers", "texts");
    }
    Ok(arrays)
}

/// Reads every array of `file`, which may inflate to `most` bytes; an array that can't be used becomes an
/// error of its own.
///
/// # Errors
/// Returns [`BadInput`] for a file that is no archive, or inflates to more.
pub fn entries(place: &str, file: &[u8], most: usize) -> Result<Vec<Entry>> {
    let failed = |error: &dyn std::error::Error| {
        BadInput::new(place, "a whole NPZ file", printable(&error.to_string()))
    };
    let mut archive = ZipArchive::new(Cursor::new(file)).map_err(|error| failed(&error))?;
    require!(archive.len() <= MOST, place, format!("at most {MOST} arrays"), archive.len());
    let mut left = most;
    let mut entries = Vec::new();
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
        let array = Array::new(&format!("{place}, array {}", quoted(&name)), name.clone(), &bytes);
        entries.push(Entry { name, array });
    }
    Ok(entries)
}

impl Array {
    fn new(place: &str, name: String, bytes: &[u8]) -> Result<Self> {
        let file = NpyFile::new(bytes)
            .map_err(|error| BadInput::new(place, "a numpy array", printable(&error.to_string())))?;
        let DType::Plain(plain) = file.dtype() else {
            return Err(BadInput::new(place, "an array of numbers or texts", "records").into());
        };
        let shape: Vec<usize> = file.shape().iter().map(|&d| d as usize).collect();
        let (code, size) = (plain.type_char(), plain.size_field() as usize);
        let (kind, size) = match (code, size) {
            (TypeChar::Float, 2 | 4 | 8) => (Kind::Float, size),
            (TypeChar::Uint, 1 | 2 | 4 | 8) => (Kind::Uint, size),
            (TypeChar::Int, 1 | 2 | 4 | 8) => (Kind::Int, size),
            (TypeChar::Bool, 1) => (Kind::Bool, size),
            (TypeChar::UnicodeStr, 1..=1024) => (Kind::Unicode, 4 * size),
            (TypeChar::ByteStr, 1..=4096) => (Kind::Bytes, size),
            (TypeChar::Object, _) => {
                let expected = "numbers or texts (array.astype(str) makes texts of objects)";
                return Err(BadInput::new(place, expected, "Python objects").into());
            }
            _ => {
                let expected = "float16 to float64, int8 to int64, uint8 to uint64, bool or texts";
                return Err(BadInput::new(place, expected, format!("{code:?} of {size} bytes")).into());
            }
        };
        let (little, order) = (plain.endianness() != Endianness::Big, file.order());
        let data = file.into_inner().to_vec();
        // A header may claim anything: nothing is allocated before the data is there.
        let needed = shape.iter().try_fold(size, |n, &d| n.checked_mul(d));
        let (expected, got) = (format!("the data of shape {shape:?}"), format!("{} bytes", data.len()));
        require!(needed == Some(data.len()), place, expected, got);
        let data =
            if order == Order::Fortran && shape.len() > 1 { c_order(&data, &shape, size) } else { data };
        Ok(Self { name, shape, kind, size, little, data })
    }

    /// Returns the values if they are unsigned bytes.
    pub fn bytes(&self) -> Option<&[u8]> {
        (self.kind == Kind::Uint && self.size == 1).then_some(&self.data)
    }

    /// Returns whether the array holds texts.
    pub fn is_text(&self) -> bool {
        matches!(self.kind, Kind::Unicode | Kind::Bytes)
    }

    /// Returns the texts; numbers are returned as they are written.
    pub fn texts(&self) -> Vec<String> {
        let text = |value: &[u8]| match self.kind {
            Kind::Unicode => {
                let units = value.chunks_exact(4).map(|unit| self.unsigned(unit) as u32);
                let text: String = units.filter_map(char::from_u32).collect();
                text.trim_end_matches('\0').to_string()
            }
            Kind::Bytes => String::from_utf8_lossy(value).trim_end_matches('\0').to_string(),
            Kind::Uint => self.unsigned(value).to_string(),
            Kind::Int => self.signed(value).to_string(),
            Kind::Float | Kind::Bool => self.number(value).to_string(),
        };
        self.data.chunks_exact(self.size).map(text).collect()
    }

    /// Returns the numbers rounded to f32; texts become 0.
    pub fn floats(&self) -> Vec<f32> {
        self.data.chunks_exact(self.size).map(|value| self.number(value) as f32).collect()
    }

    fn unsigned(&self, value: &[u8]) -> u64 {
        let shift = |n: u64, &byte: &u8| n << 8 | u64::from(byte);
        if self.little { value.iter().rev().fold(0, shift) } else { value.iter().fold(0, shift) }
    }

    fn signed(&self, value: &[u8]) -> i64 {
        let unused = 64 - 8 * value.len().min(8) as u32;
        (self.unsigned(value) << unused) as i64 >> unused
    }

    fn number(&self, value: &[u8]) -> f64 {
        match (self.kind, self.size) {
            (Kind::Float, 2) => half(self.unsigned(value) as u16),
            (Kind::Float, 4) => f64::from(f32::from_bits(self.unsigned(value) as u32)),
            (Kind::Float, _) => f64::from_bits(self.unsigned(value)),
            (Kind::Uint | Kind::Bool, _) => self.unsigned(value) as f64,
            (Kind::Int, _) => self.signed(value) as f64,
            (Kind::Unicode | Kind::Bytes, _) => 0.0,
        }
    }
}

/// Returns the value of a half-precision number.
fn half(bits: u16) -> f64 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023));
    sign * match exponent {
        0 => fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1024.0 + fraction) * 2f64.powi(exponent - 25),
    }
}

/// Reorders values of `size` bytes from Fortran order, whose first index changes fastest, to C order.
fn c_order(data: &[u8], shape: &[usize], size: usize) -> Vec<u8> {
    let mut ordered = Vec::with_capacity(data.len());
    let mut index = vec![0; shape.len()];
    for _ in 0..data.len() / size {
        let place = index.iter().zip(shape).rev().fold(0, |place, (&i, &d)| place * d + i);
        ordered.extend(&data[place * size..(place + 1) * size]);
        for (i, &d) in index.iter_mut().zip(shape).rev() {
            *i += 1;
            if *i < d {
                break;
            }
            *i = 0;
        }
    }
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fortran_order_and_half_precision_are_read() {
        assert_eq!(c_order(&[0, 3, 1, 4, 2, 5], &[2, 3], 1), [0, 1, 2, 3, 4, 5]);
        let values = [(0x3c00, 1.0), (0xc000, -2.0), (0x0001, 2f64.powi(-24)), (0x7bff, 65504.0), (0, 0.0)];
        assert!(values.iter().all(|&(bits, value)| half(bits) == value));
        assert!(half(0x7c00).is_infinite() && half(0x7e00).is_nan());
    }
}
