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
        let samples = u.len() / self.rows;
        let u = Factor::row_major(u, samples, self.rows).transposed();
        multiply(u, Factor::row_major(z, samples, self.columns), 0.0, &mut self.values);
    }

    fn factor(&self) -> Factor<'_> {
        Factor::row_major(&self.values, self.rows, self.columns)
    }
}

impl Weights for Matrix {
    fn shape(&self) -> (usize, usize) {
        (self.rows, self.columns)
    }

    fn apply(&self, z: &[f32], a: &mut [f32]) {
        let z = Factor::row_major(z, a.len() / self.rows, self.columns);
        multiply(z, self.factor().transposed(), 1.0, a);
    }

    fn apply_transposed(&self, u: &[f32], e: &mut [f32]) {
        let u = Factor::row_major(u, e.len() / self.columns, self.rows);
        multiply(u, self.factor(), 1.0, e);
    }

    fn column(&self, j: usize) -> impl Iterator<Item = f32> {
        self.values.iter().skip(j).step_by(self.columns).copied()
    }
}

/// A matrix as a factor: values, (rows, columns), and the strides from row to row and column to column.
struct Factor<'a> {
    values: &'a [f32],
    shape: (usize, usize),
    strides: (isize, isize),
}

impl<'a> Factor<'a> {
    fn row_major(values: &'a [f32], rows: usize, columns: usize) -> Self {
        Self { values, shape: (rows, columns), strides: (columns as isize, 1) }
    }

    fn transposed(self) -> Self {
        let ((rows, columns), (row, column)) = (self.shape, self.strides);
        Self { shape: (columns, rows), strides: (column, row), ..self }
    }
}

/// c = a·b + keep·c, c row-major.
fn multiply(a: Factor, b: Factor, keep: f32, c: &mut [f32]) {
    let ((m, k), (inner, n)) = (a.shape, b.shape);
    assert_eq!((k, a.values.len(), b.values.len(), c.len()), (inner, m * k, k * n, m * n));
    let (a_values, b_values) = (a.values.as_ptr(), b.values.as_ptr());
    let ((a_row, a_column), (b_row, b_column)) = (a.strides, b.strides);
    // SAFETY: shapes and strides stay within the lengths asserted above; `c` is exclusive.
    #[rustfmt::skip]
    unsafe {
        sgemm(
            m, k, n, 1.0,
            a_values, a_row, a_column,
            b_values, b_row, b_column,
            keep, c.as_mut_ptr(), n as isize, 1,
        );
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Products of up to 50 terms of size 1, each rounded: 50·2⁻²⁴ with room to spare.
    const TOLERANCE: f64 = 1e-5;

    fn numbers(n: usize, seed: f64) -> Vec<f32> {
        (0..n).map(|i| (seed + 1.7 * i as f64).sin() as f32).collect()
    }

    fn close(fast: &[f32], loops: impl Fn(usize) -> f64) {
        for (i, &value) in fast.iter().enumerate() {
            assert!((f64::from(value) - loops(i)).abs() < TOLERANCE, "{i}: {value} {}", loops(i));
        }
    }

    #[test]
    fn products_are_those_of_the_loops() {
        for (samples, m, n) in [(1, 1, 1), (3, 5, 7), (50, 10, 33), (7, 40, 9)] {
            let matrix = Matrix { rows: m, columns: n, values: numbers(m * n, 0.1) };
            let (u, z) = (numbers(samples * m, 0.2), numbers(samples * n, 0.3));
            let w = |i: usize, j: usize| f64::from(matrix.values[i * n + j]);
            let (u_at, z_at) =
                (|s: usize, i: usize| f64::from(u[s * m + i]), |s: usize, j: usize| f64::from(z[s * n + j]));

            let mut a = vec![0.5; samples * m];
            matrix.apply(&z, &mut a);
            close(&a, |at| 0.5 + (0..n).map(|j| w(at % m, j) * z_at(at / m, j)).sum::<f64>());

            let mut e = vec![0.5; samples * n];
            matrix.apply_transposed(&u, &mut e);
            close(&e, |at| 0.5 + (0..m).map(|i| w(i, at % n) * u_at(at / n, i)).sum::<f64>());

            let mut outer = Matrix::zeros(m, n);
            outer.values.fill(9.0);
            outer.set_outer(&u, &z);
            close(&outer.values, |at| (0..samples).map(|s| u_at(s, at / n) * z_at(s, at % n)).sum());

            let column: Vec<f32> = matrix.column(n - 1).collect();
            close(&column, |i| w(i, n - 1));
        }
    }
}
