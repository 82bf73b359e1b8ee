//! The weights of integer arithmetic: bytes in panels of 8 rows, used in place from flash.

use super::number::{NOTHING, Number};
use crate::file::{Arithmetic, Edge, Fields, Kind, Stored};
use crate::kernel::integer;
use crate::{Error, PANEL, Precision};

/// A (rows, columns) matrix of whole numbers from −128 to 127 with a scale for each row: `W[i][j] = scale[i] · w[i][j]`.
///
/// A byte holds w + 128, in the same panels of 8 rows as other weights.
#[derive(Clone, Copy, Debug)]
pub struct IntegerMatrix<'a> {
    rows: usize,
    columns: usize,
    scales: &'a [f32],
    bytes: &'a [u8],
    /// The largest Σ_j |w[i][j]| of a row.
    norm: u32,
    /// The least n with scale[i] · Σ_j |w[i][j]| ≤ 2ⁿ for every row.
    reach: i32,
}

impl<'a> IntegerMatrix<'a> {
    /// Returns the shape (fan-out, fan-in).
    pub fn shape(&self) -> (usize, usize) {
        (self.rows, self.columns)
    }

    /// Returns the scales of the rows, with zeros up to a multiple of [`PANEL`].
    pub fn scales(&self) -> &'a [f32] {
        self.scales
    }

    /// Returns w + 128 of every weight, in panels; 128 in rows that don't exist.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Returns the largest norm Σ_j |w[i][j]| of a row, which bounds |Σ_j w[i][j] q[j]| / max |q|.
    pub(crate) fn norm(&self) -> u32 {
        self.norm
    }

    pub(crate) fn reach(&self) -> i32 {
        self.reach
    }

    /// Sets `sums`, as many as there are [`scales`](Self::scales), to `Σ_j w[i][j] q[j]` of every row i, q (fan-in). The
    /// end must fit in 32 bits; on the way, sums wrap.
    pub fn product(&self, q: &[i16], sums: &mut [i32]) {
        integer::product(self.bytes.as_chunks().0, self.columns, q, sums);
    }

    /// Finds norm and reach; false if a row without a scale has weights.
    fn measure(&mut self) -> bool {
        let mut fits = true;
        let (columns, _) = self.bytes.as_chunks::<PANEL>();
        let (scales, _) = self.scales.as_chunks::<PANEL>();
        for (panel, scales) in columns.chunks_exact(self.columns.max(1)).zip(scales) {
            let mut norms = [0u32; PANEL];
            for column in panel {
                for (norm, &byte) in norms.iter_mut().zip(column) {
                    *norm += u32::from(byte.abs_diff(128));
                }
            }
            for (&norm, &scale) in norms.iter().zip(scales) {
                // What a scale of 0 multiplies is 0 too.
                fits &= norm == 0 || scale.to_bits() != 0;
                self.norm = self.norm.max(norm);
                let Number { mantissa, exponent } = Number::of(scale);
                // Below 2²⁴ · 2²⁰.
                let size = u64::from(norm) * u64::from(mantissa.unsigned_abs());
                if let Some(bits) = size.checked_ilog2() {
                    let bits = bits as i32 + i32::from(!size.is_power_of_two());
                    self.reach = self.reach.max(bits + exponent);
                }
            }
        }
        fits
    }
}

/// Whether a scale is 0, or normal and so small that 128 times it is finite.
fn is_scale(scale: f32) -> bool {
    let bits = scale.to_bits();
    bits == 0 || (0x0080_0000..0x7c00_0000).contains(&bits)
}

impl<'a> Stored<'a> for IntegerMatrix<'a> {
    const ARITHMETIC: Arithmetic = Arithmetic::Integer;

    fn read(fields: &mut Fields<'a>, edge: Edge, rows: usize, columns: usize) -> Result<Self, Error> {
        match edge.kind {
            Kind::Dense => {}
        }
        fields.require(edge.precision == Precision::Int8);
        let (scales, bytes) = fields.offset_bytes(rows, columns);
        fields.require(scales.iter().all(|&scale| is_scale(scale)));
        fields.check()?;
        let mut matrix = Self { rows, columns, scales, bytes, norm: 0, reach: NOTHING };
        let fits = matrix.measure();
        fields.require(fits);
        fields.check()?;
        Ok(matrix)
    }
}
