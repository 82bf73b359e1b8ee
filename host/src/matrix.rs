//! Weights as a dense matrix over a GEMM library: fast, held to a tolerance, not to bits.

use fenchel_core::Weights;
use matrixmultiply::sgemm;

/// A row-major (rows, columns) matrix.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    rows: usize,
    columns: usize,
    values: Vec<f32>,
}

impl Matrix {
    /// All zero.
    pub fn zeros(rows: usize, columns: usize) -> Self {
        Self { rows, columns, values: vec![0.0; rows * columns] }
    }

    /// The values, row after row.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// The values, row after row.
    pub fn values_mut(&mut self) -> &mut [f32] {
        &mut self.values
    }

    /// Set to Σ over the samples of u zᵀ, u (samples, rows), z (samples, columns).
    pub(crate) fn set_outer(&mut self, u: &[f32], z: &[f32]) {
        let (m, n, samples) = (self.rows, self.columns, u.len() / self.rows);
        assert_eq!((u.len(), z.len()), (samples * m, samples * n));
        // SAFETY: the strides stay within the lengths asserted above, and `values` is exclusive.
        unsafe {
            sgemm(
                m,
                samples,
                n,
                1.0,
                u.as_ptr(),
                1,
                m as isize,
                z.as_ptr(),
                n as isize,
                1,
                0.0,
                self.values.as_mut_ptr(),
                n as isize,
                1,
            );
        }
    }
}

impl Weights for Matrix {
    fn shape(&self) -> (usize, usize) {
        (self.rows, self.columns)
    }

    fn apply(&self, z: &[f32], a: &mut [f32]) {
        let (m, n, samples) = (self.rows, self.columns, a.len() / self.rows);
        assert_eq!((a.len(), z.len()), (samples * m, samples * n));
        // SAFETY: the strides stay within the lengths asserted above, and `a` is exclusive.
        unsafe {
            sgemm(
                samples,
                n,
                m,
                1.0,
                z.as_ptr(),
                n as isize,
                1,
                self.values.as_ptr(),
                1,
                n as isize,
                1.0,
                a.as_mut_ptr(),
                m as isize,
                1,
            );
        }
    }

    fn apply_transposed(&self, u: &[f32], e: &mut [f32]) {
        let (m, n, samples) = (self.rows, self.columns, u.len() / self.rows);
        assert_eq!((u.len(), e.len()), (samples * m, samples * n));
        // SAFETY: the strides stay within the lengths asserted above, and `e` is exclusive.
        unsafe {
            sgemm(
                samples,
                m,
                n,
                1.0,
                u.as_ptr(),
                m as isize,
                1,
                self.values.as_ptr(),
                n as isize,
                1,
                1.0,
                e.as_mut_ptr(),
                n as isize,
                1,
            );
        }
    }

    fn column(&self, j: usize) -> impl Iterator<Item = f32> {
        self.values.iter().skip(j).step_by(self.columns).copied()
    }
}
