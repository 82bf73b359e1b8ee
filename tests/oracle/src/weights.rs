//! A weight matrix as the textbook's loops: the order of operations that `core` promises, and the
//! least that its trait asks for.

use fenchel_core::Weights;

/// W row-major, (rows, columns).
#[derive(Clone, Copy, Debug)]
pub struct Dense<'a> {
    /// Fan-out.
    pub rows: usize,
    /// Fan-in.
    pub columns: usize,
    /// W\[i·columns + j\].
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
