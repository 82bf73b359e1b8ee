//! Matrix products for training, c += a·b. Every element of c is one chain of fused multiply-adds in
//! ascending order of the inner index, so the bits are the same on every processor. They differ from core's
//! bits, which are never fused.

mod dense;
mod sparse;

use aligned_vec::{AVec, ConstAlign};

/// Values whose first one begins a cache line, so that vector registers of sixteen values don't straddle
/// two lines.
pub type Aligned = AVec<f32, ConstAlign<64>>;

/// Returns `n` zeros.
pub fn zeros(n: usize) -> Aligned {
    let mut values = Aligned::new(0);
    values.resize(n, 0.0);
    values
}

/// The left factor of a product: its values, and the strides from row to row and from column to column.
#[derive(Clone, Copy)]
pub struct Left<'a> {
    values: &'a [f32],
    row: usize,
    column: usize,
}

impl<'a> Left<'a> {
    /// Views row-major values as a matrix with `columns` columns.
    pub fn row_major(values: &'a [f32], columns: usize) -> Self {
        Self { values, row: columns, column: 1 }
    }

    /// Views row-major values with `columns` columns as the transposed matrix.
    pub fn transposed(values: &'a [f32], columns: usize) -> Self {
        Self { values, row: 1, column: columns }
    }
}

/// Computes c = a·b, or c += a·b if `add`, with a of shape (m, k), b (k, n) and c (m, n); b and c are
/// row-major, and `shape` is (m, k, n).
///
/// # Panics
/// Panics if a length doesn't fit the shape.
pub fn multiply(shape: (usize, usize, usize), a: Left, b: &[f32], add: bool, c: &mut [f32]) {
    let (m, k, n) = shape;
    assert_eq!((a.values.len(), b.len(), c.len()), (m * k, k * n, m * n));
    if m * k > 0 {
        assert_eq!((m - 1) * a.row + (k - 1) * a.column + 1, m * k);
    }
    if !sparse::multiply(shape, a, b, add, c) {
        dense::multiply(shape, a, b, add, c);
    }
}
