//! Gradients as one list of `f64`: core's, collected, and the oracle's, to compare them.

use crate::graph::Graph;
use crate::random_network::RandomNetwork;
use crate::relaxation;
use fenchel_core::{Block, Gradient};

/// A gradient in `f64`, flat as the oracle's.
#[derive(Clone, Debug)]
pub struct FlatGradient<'a> {
    network: &'a RandomNetwork,
    /// Values of the weights of every connection, row after row, then of the biases.
    pub values: Vec<f64>,
}

impl<'a> FlatGradient<'a> {
    /// Returns a gradient that is zero everywhere.
    pub fn zeros(network: &'a RandomNetwork) -> Self {
        let weights: usize = network.weights.iter().map(Vec::len).sum();
        Self { network, values: vec![0.0; weights + network.biases.len()] }
    }

    fn add(&mut self, start: usize, columns: usize, u: &[f32], z: impl Fn(usize, usize) -> f32, rows: usize) {
        let n = u.len() / rows;
        for row in 0..rows {
            for i in 0..n {
                for j in 0..columns {
                    let product = f64::from(u[row * n + i]) * f64::from(z(row, j));
                    self.values[start + i * columns + j] += product;
                }
            }
        }
    }
}

impl Gradient for FlatGradient<'_> {
    fn weights(&mut self, index: usize, u: &[f32], z: &[f32]) {
        let start = self.network.weights[..index].iter().map(Vec::len).sum();
        let columns = self.network.blocks[self.network.connections[index].from].size();
        self.add(start, columns, u, |row, j| z[row * columns + j], z.len() / columns);
    }

    fn bias(&mut self, k: usize, u: &[f32]) {
        let weights: usize = self.network.weights.iter().map(Vec::len).sum();
        let before: usize = self.network.blocks[1..k].iter().map(Block::size).sum();
        let rows = u.len() / self.network.blocks[k].size();
        self.add(weights + before, 1, u, |_, _| 1.0, rows);
    }
}

/// Returns the oracle's Σ factor·∂E over rows, with one of `factors` for each problem.
pub fn oracle_gradient<'a>(
    graph: &Graph,
    states: impl Iterator<Item = &'a relaxation::State>,
    samples: usize,
    factors: &[f32],
) -> Vec<f64> {
    let mut sum: Vec<f64> = Vec::new();
    for (row, state) in states.enumerate() {
        let gradient = graph.gradient(&state.z, &state.u);
        sum.resize(gradient.len(), 0.0);
        for (sum, value) in sum.iter_mut().zip(gradient) {
            *sum += f64::from(factors[row / samples]) * value;
        }
    }
    sum
}

/// Returns ‖values − reference‖/‖reference‖, or 0 if both are 0.
pub fn relative_error(values: &[f64], reference: &[f64]) -> f64 {
    assert_eq!(values.len(), reference.len());
    let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|value| value * value).sum::<f64>().sqrt();
    let difference = norm(&mut values.iter().zip(reference).map(|(v, r)| v - r));
    if difference == 0.0 { 0.0 } else { difference / norm(&mut reference.iter().copied()) }
}
