//! A weight matrix with the textbook's loops: the order of operations that `core` promises, and the least
//! that its trait asks for.

use fenchel_core::Weights;

/// A matrix W of shape (rows, columns), row after row.
#[derive(Clone, Copy, Debug)]
pub struct Dense<'a> {
    /// Number of rows, the fan-out.
    pub rows: usize,
    /// Number of columns, the fan-in.
    pub columns: usize,
    /// Values of W; element (i, j) is at i·columns + j.
    pub values: &'a [f32],
}

impl Weights for Dense<'_> {
    fn shape(&self) -> (usize, usize) {
        (self.rows, self.columns)
    }

    fn apply(&self, z: &[f32], a: &mut [f32]) {
        for row in 0..z.len() / self.columns {
            for i in 0..self.rows {
                let mut sum = a[row * self.rows + i];
                for j in 0..self.columns {
                    let product = self.values[i * self.columns + j] * z[row * self.columns + j];
                    sum += product;
                }
                a[row * self.rows + i] = sum;
            }
        }
    }

    fn apply_transposed(&self, u: &[f32], e: &mut [f32]) {
        for row in 0..u.len() / self.rows {
            for j in 0..self.columns {
                let mut sum = e[row * self.columns + j];
                for i in 0..self.rows {
                    let product = self.values[i * self.columns + j] * u[row * self.rows + i];
                    sum += product;
                }
                e[row * self.columns + j] = sum;
            }
        }
    }

    fn fan_out(&self, j: usize) -> impl Iterator<Item = (usize, f32)> {
        (0..self.rows).map(move |i| (i, self.values[i * self.columns + j]))
    }
}
