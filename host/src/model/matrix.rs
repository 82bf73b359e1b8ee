//! Weights as a dense matrix for training: fast, and equal to core's results within a tolerance, but not in
//! all bits.

use std::sync::{Mutex, OnceLock};

use fenchel_core::Weights;

use crate::gemm::{Aligned, Left, multiply, zeros};

/// A matrix of shape (rows, columns), stored column after column: the weights of a unit's fan-out lie
/// together, and W z reads them in place.
#[derive(Debug)]
pub struct Matrix {
    rows: usize,
    columns: usize,
    values: Aligned,
    transposed: OnceLock<Aligned>,
    /// Memory of an outdated transpose, to be used again.
    spare: Mutex<Option<Aligned>>,
}

impl Matrix {
    /// Returns a matrix of zeros.
    pub fn zeros(rows: usize, columns: usize) -> Self {
        Self::of_values(rows, columns, zeros(rows * columns))
    }

    /// Builds a matrix from values that are stored row after row.
    ///
    /// # Panics
    /// Panics unless there are rows·columns values.
    pub fn from_row_major(rows: usize, columns: usize, row_major: &[f32]) -> Self {
        let mut matrix = Self::zeros(rows, columns);
        transpose(rows, columns, row_major, &mut matrix.values);
        matrix
    }

    /// Returns the values row after row.
    pub fn row_major(&self) -> &[f32] {
        self.transposed.get_or_init(|| {
            let spare = self.spare.lock().expect("nothing panics with it").take();
            let mut values = spare.unwrap_or_else(|| zeros(self.values.len()));
            transpose(self.columns, self.rows, &self.values, &mut values);
            values
        })
    }

    /// Returns the values column after column.
    pub fn column_major(&self) -> &[f32] {
        &self.values
    }

    /// Returns the values column after column.
    pub fn column_major_mut(&mut self) -> &mut [f32] {
        if let Some(old) = self.transposed.take() {
            *self.spare.get_mut().expect("nothing panics with it") = Some(old);
        }
        &mut self.values
    }

    /// Sets the matrix to Σ u zᵀ over the samples, with u of shape (samples, rows) and z (samples,
    /// columns).
    pub(crate) fn set_outer(&mut self, u: &[f32], z: &[f32]) {
        let (rows, columns) = self.shape();
        let shape = (columns, u.len() / rows, rows);
        let values = self.column_major_mut();
        multiply(shape, Left::transposed(z, columns), u, false, values);
    }

    fn of_values(rows: usize, columns: usize, values: Aligned) -> Self {
        let (transposed, spare) = Default::default();
        Self { rows, columns, values, transposed, spare }
    }
}

impl Clone for Matrix {
    fn clone(&self) -> Self {
        Self::of_values(self.rows, self.columns, self.values.clone())
    }
}

impl Weights for Matrix {
    fn shape(&self) -> (usize, usize) {
        (self.rows, self.columns)
    }

    fn apply(&self, z: &[f32], a: &mut [f32]) {
        let shape = (a.len() / self.rows, self.columns, self.rows);
        multiply(shape, Left::row_major(z, self.columns), &self.values, true, a);
    }

    fn apply_transposed(&self, u: &[f32], e: &mut [f32]) {
        let shape = (e.len() / self.columns, self.rows, self.columns);
        multiply(shape, Left::row_major(u, self.rows), self.row_major(), true, e);
    }

    fn fan_out(&self, j: usize) -> impl Iterator<Item = (usize, f32)> {
        self.values[j * self.rows..][..self.rows].iter().copied().enumerate()
    }
}

/// Transposes a row-major matrix of shape (rows, columns), in blocks of rows that stay in the cache.
fn transpose(rows: usize, columns: usize, from: &[f32], to: &mut [f32]) {
    const BLOCK: usize = 16;
    assert_eq!((from.len(), to.len()), (rows * columns, rows * columns));
    let row = |i: usize| &from[i * columns..][..columns];
    let whole = rows - rows % BLOCK;
    for first in (0..whole).step_by(BLOCK) {
        let block: [&[f32]; BLOCK] = std::array::from_fn(|i| row(first + i));
        for j in 0..columns {
            let to: &mut [f32; BLOCK] = to[j * rows + first..].first_chunk_mut().expect("a block");
            for (to, row) in to.iter_mut().zip(block) {
                *to = row[j];
            }
        }
    }
    for i in whole..rows {
        for (j, &value) in row(i).iter().enumerate() {
            to[j * rows + i] = value;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tolerance of products of up to 50 terms of size 1, each rounded: 50·2⁻²⁴ with a margin.
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
            let row_major = numbers(m * n, 0.1);
            let matrix = Matrix::from_row_major(m, n, &row_major);
            assert_eq!(matrix.row_major(), row_major);
            let (u, z) = (numbers(samples * m, 0.2), numbers(samples * n, 0.3));
            let w = |i: usize, j: usize| f64::from(row_major[i * n + j]);
            let (u_at, z_at) =
                (|s: usize, i: usize| f64::from(u[s * m + i]), |s: usize, j: usize| f64::from(z[s * n + j]));

            let mut a = vec![0.5; samples * m];
            matrix.apply(&z, &mut a);
            close(&a, |at| 0.5 + (0..n).map(|j| w(at % m, j) * z_at(at / m, j)).sum::<f64>());

            let mut e = vec![0.5; samples * n];
            matrix.apply_transposed(&u, &mut e);
            close(&e, |at| 0.5 + (0..m).map(|i| w(i, at % n) * u_at(at / n, i)).sum::<f64>());

            let mut outer = Matrix::zeros(m, n);
            outer.column_major_mut().fill(9.0);
            assert_eq!(outer.row_major()[0], 9.0);
            outer.set_outer(&u, &z);
            close(outer.row_major(), |at| (0..samples).map(|s| u_at(s, at / n) * z_at(s, at % n)).sum());

            let column: Vec<f32> = matrix.fan_out(n - 1).map(|(_, w)| w).collect();
            close(&column, |i| w(i, n - 1));
        }
    }
}
