//! The file's arrays, used in place; each begins at a multiple of [`PARAMETER_ALIGNMENT`] bytes, after zeros.

use super::fields::Fields;
use super::header::Bounds;
use super::layout::PARAMETER_ALIGNMENT;
use crate::{Error, PANEL, Packed, Precision, Scaling, bits, kernel, packed_len};
#[cfg(feature = "replay")]
use crate::{Originals, RawValues};

impl<'a> Fields<'a> {
    fn bytes(&mut self, n: usize) -> &'a [u8] {
        let gap = self.at.wrapping_neg() % PARAMETER_ALIGNMENT;
        let zeros = self.take(gap).iter().all(|&byte| byte == 0);
        self.require(zeros);
        self.take(n)
    }

    /// The next `n` values, all finite.
    #[inline(never)]
    pub fn floats(&mut self, n: usize) -> &'a [f32] {
        let values = kernel::values(self.bytes(4 * n)).unwrap_or_default();
        self.require(values.iter().all(|&value| bits::is_finite(value)));
        values
    }

    pub fn scaling(&mut self, n: usize) -> Scaling<'a> {
        Scaling::trusted(self.floats(n), self.floats(n))
    }

    pub fn bounds(&mut self, n: usize) -> Bounds<'a> {
        let (low, high) = (self.floats(n), self.floats(n));
        self.require(low.iter().zip(high).all(|(&low, &high)| bits::is_ascending(low, high)));
        Bounds { low, high }
    }

    /// The original samples of a classifier of so many inputs and outputs.
    #[cfg(feature = "replay")]
    pub fn originals(&mut self, inputs: usize, outputs: usize) -> Result<Originals<'a>, Error> {
        // Aligned as an array is.
        self.bytes(0);
        let (count, form) = (self.number() as usize, self.number());
        self.require(count > 0 && count <= self.left() / inputs.max(1) && form <= 1);
        self.check()?;
        let values = match form {
            0 => RawValues::Bytes(self.bytes(count * inputs)),
            _ => RawValues::Floats(self.floats(count * inputs)),
        };
        let labels = self.bytes(count);
        self.require(labels.iter().all(|&label| usize::from(label) < outputs));
        self.check()?;
        Originals::new(values, labels)
    }

    /// Require that rows which don't exist are 0 in the matrix just read, its values `size` bytes each, a power
    /// of two: only the last panel has them, and its columns are 8 values each.
    fn padding(&mut self, rows: usize, columns: usize, size: usize) {
        self.padding_of(rows, columns, size, 0);
    }

    /// The same of bytes that are `zero` where a value is 0.
    #[inline(never)]
    fn padding_of(&mut self, rows: usize, columns: usize, size: usize, zero: u8) {
        let (column, used) = (PANEL * size, rows % PANEL * size);
        let read = self.read();
        let last = read.get(read.len().wrapping_sub(column * columns)..).unwrap_or_default();
        let is_row = |place: usize| used == 0 || place & (column - 1) < used;
        let fits = last.iter().enumerate().all(|(place, &byte)| byte == zero || is_row(place));
        self.require(fits);
    }

    /// The next matrix of integer arithmetic: the scales of its rows, and its panels, whose bytes are 128 above
    /// the values.
    pub fn offset_bytes(&mut self, rows: usize, columns: usize) -> (&'a [f32], &'a [u8]) {
        let scales = self.floats(rows.next_multiple_of(PANEL));
        self.padding_of(rows, 1, 4, 0);
        let bytes = self.bytes(packed_len(rows, columns));
        self.padding_of(rows, columns, 1, 128);
        (scales, bytes)
    }

    /// The next matrix.
    pub fn weights(&mut self, form: Precision, rows: usize, columns: usize) -> Result<Packed<'a>, Error> {
        let values = packed_len(rows, columns);
        let packed = match form {
            Precision::F32 => {
                let panels = self.floats(values);
                self.padding(rows, columns, 4);
                Packed::new(rows, columns, panels)
            }
            #[cfg(feature = "narrow")]
            Precision::F16 => {
                let halves = kernel::halves(self.bytes(2 * values)).unwrap_or_default();
                self.padding(rows, columns, 2);
                Packed::from_halves(rows, columns, halves)
            }
            #[cfg(feature = "narrow")]
            Precision::Int8 => {
                let scales = self.floats(rows.next_multiple_of(PANEL));
                self.padding(rows, 1, 4);
                let values = kernel::bytes_as_signed(self.bytes(values));
                self.padding(rows, columns, 1);
                Packed::from_bytes(rows, columns, scales, values)
            }
            #[cfg(not(feature = "narrow"))]
            Precision::F16 | Precision::Int8 => {
                return Err(Error::Narrow);
            }
        };
        // What is missing is said first.
        self.check()?;
        packed
    }
}
