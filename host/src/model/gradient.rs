//! A gradient as the host collects it: one matrix for each connection, and one list of biases.

use std::ops::Range;

use fenchel_core::{Gradient, Weights};

use crate::{Matrix, Parameters};

/// A gradient of the shape of [`Parameters`]. Each write replaces what was there.
#[derive(Clone, Debug)]
pub struct DenseGradient {
    weights: Vec<Matrix>,
    biases: Vec<f32>,
    ranges: Vec<Range<usize>>,
}

impl DenseGradient {
    /// Returns a gradient that is zero everywhere.
    pub fn zeros(parameters: &Parameters) -> Self {
        let network = parameters.network();
        let zeros = |(rows, columns)| Matrix::zeros(rows, columns);
        Self {
            weights: parameters.weights.iter().map(|weights| zeros(weights.shape())).collect(),
            biases: vec![0.0; parameters.biases.len()],
            ranges: (0..parameters.blocks.len()).map(|k| network.range(k, 1)).collect(),
        }
    }

    /// Returns the gradient's tensors in the order of [`Parameters::tensors_mut`].
    pub fn tensors(&self) -> impl Iterator<Item = &[f32]> {
        self.weights.iter().map(Matrix::column_major).chain(std::iter::once(self.biases.as_slice()))
    }
}

impl Gradient for DenseGradient {
    fn weights(&mut self, index: usize, u: &[f32], z: &[f32]) {
        self.weights[index].set_outer(u, z);
    }

    fn bias(&mut self, k: usize, u: &[f32]) {
        let bias = &mut self.biases[self.ranges[k].clone()];
        bias.fill(0.0);
        for row in u.chunks_exact(bias.len()) {
            bias.iter_mut().zip(row).for_each(|(b, u)| *b += u);
        }
    }
}
