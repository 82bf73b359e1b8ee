//! Matrix products for training, c += a·b. Every element of c is one chain of fused multiply-adds in
//! ascending order of the inner index: the same bits on every processor, from a library call's worth
//! of code. Not core's bits, which never fuse.

mod dense;
mod sparse;

use aligned_vec::{AVec, ConstAlign};

/// Values that begin with a cache line, so that registers of sixteen don't straddle two.
pub type Aligned = AVec<f32, ConstAlign<64>>;

/// So many zeros.
pub fn zeros(n: usize) -> Aligned {
    let mut values = Aligned::new(0);
    values.resize(n, 0.0);
    values
}

/// A matrix as the left factor: values, and the strides from row to row and column to column.
#[derive(Clone, Copy)]
pub struct Left<'a> {
    values: &'a [f32],
    row: usize,
    column: usize,
}

impl<'a> Left<'a> {
    /// A row-major matrix with so many columns.
    pub fn row_major(values: &'a [f32], columns: usize) -> Self {
        Self { values, row: columns, column: 1 }
    }

    /// The transpose of a row-major matrix with so many columns.
    pub fn transposed(values: &'a [f32], columns: usize) -> Self {
        Self { values, row: 1, column: columns }
    }
}

/// c = a·b, or c += a·b to `add` to it, with a (m, k), b (k, n) and c (m, n), the last two row-major.
///
/// # Panics
/// If a length doesn't fit the shape.
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
