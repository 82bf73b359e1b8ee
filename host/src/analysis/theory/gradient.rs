//! Gradients of one sample with respect to all weights and biases.

use anyhow::Result;
use fenchel_core::{Contrast, Gradient, StateView, Weights, pack};

use super::case::{Net, Parts, Sample};
use super::minimum::{SWEEPS, problem};
use crate::model::backprop::Backprop;

/// The contrastive gradient of one sample, and where its two problems ended.
pub struct Contrastive {
    /// The gradient with respect to weights, then biases.
    pub values: Vec<f64>,
    /// The linear [`pieces`] on which the units of the first problem lie, then those of the second.
    pub pieces: Vec<Piece>,
}

/// Computes the contrastive gradient of one sample.
pub fn gradient(network: &Net, sample: &Sample, contrast: &Contrast) -> Result<Contrastive> {
    let problem = problem(sample, &contrast.nudges);
    let mut memory = vec![0.0; StateView::len(network.units(), 2)];
    let mut state = StateView::new(network.units(), 2, &mut memory)?;
    network.relax(&problem, &mut state, &SWEEPS)?;
    let of_problem = |p: usize| {
        let row = |k: usize| {
            let units = network.blocks()[k].size();
            &state.activities(network, k)[p * units..][..units]
        };
        pieces(network, sample, &(1..=network.output()).flat_map(row).copied().collect::<Vec<_>>())
    };
    let pieces = [of_problem(0), of_problem(1)].concat();
    let mut gradient = Flat::zeros(network);
    let factors = [1.0 / contrast.divisor, -1.0 / contrast.divisor];
    network.contrastive_gradient(&problem, &mut state, &factors, &mut gradient)?;
    Ok(Contrastive { values: gradient.values, pieces })
}

/// Where a unit's pre-activation and its activity lie on its activation: below, inside or above C.
pub type Piece = [std::cmp::Ordering; 2];

/// Returns the piece of every unit at the activities `z`, one value for each unit. As long as all units
/// stay on their pieces, a minimum is a smooth function of β and of the parameters.
pub fn pieces(network: &Net, sample: &Sample, z: &[f32]) -> Vec<Piece> {
    use std::cmp::Ordering::{Equal, Greater, Less};
    let mut pieces = Vec::new();
    for k in 1..=network.output() {
        let mut a = network.bias(k).to_vec();
        for (c, weights) in network.weights_into(k) {
            let below = if c.from == 0 { &sample.input[..] } else { &z[network.range(c.from, 1)] };
            weights.apply(below, &mut a);
        }
        let interval = network.blocks()[k].activation.interval();
        let (low, high) = interval.unwrap_or((f32::NEG_INFINITY, f32::INFINITY));
        let place = |value: f32| match value {
            value if value <= low => Less,
            value if value >= high => Greater,
            _ => Equal,
        };
        pieces.extend(a.iter().zip(&z[network.range(k, 1)]).map(|(&a, &z)| [place(a), place(z)]));
    }
    pieces
}

/// Computes back-propagation's gradient of one sample, in the same order.
pub fn backpropagated(network: &Net, sample: &Sample) -> Result<Vec<f64>> {
    let mut gradient = Flat::zeros(network);
    let mut backprop = Backprop::default();
    backprop.run(network, &sample.input, &sample.target, &[])?;
    backprop.gradient(network, &sample.input, &mut gradient);
    Ok(gradient.values)
}

/// A gradient in `f64`, flat: the weights of every connection row-major, then the biases.
struct Flat {
    /// First index of each connection's weights, and how many columns they have.
    weights: Vec<(usize, usize)>,
    /// First index of each block's biases.
    biases: Vec<usize>,
    values: Vec<f64>,
}

impl Flat {
    fn zeros(network: &Net) -> Self {
        let mut length = 0;
        let mut place = |values: usize| {
            length += values;
            length - values
        };
        let shapes = network.weights().iter().map(Weights::shape);
        let weights = shapes.map(|(rows, columns)| (place(rows * columns), columns)).collect();
        let start = place(network.units());
        let biases = (0..=network.output()).map(|k| start + network.range(k.max(1), 1).start).collect();
        Self { weights, biases, values: vec![0.0; length] }
    }
}

impl Gradient for Flat {
    fn weights(&mut self, index: usize, u: &[f32], z: &[f32]) {
        let (start, columns) = self.weights[index];
        let rows = u.len() * columns / z.len();
        for (u, z) in u.chunks_exact(rows).zip(z.chunks_exact(columns)) {
            for (values, &u) in self.values[start..].chunks_exact_mut(columns).zip(u) {
                for (value, &z) in values.iter_mut().zip(z) {
                    *value += f64::from(u) * f64::from(z);
                }
            }
        }
    }

    fn bias(&mut self, k: usize, u: &[f32]) {
        let start = self.biases[k];
        let units = self.biases.get(k + 1).map_or(self.values.len(), |&end| end) - start;
        for u in u.chunks_exact(units) {
            for (value, &u) in self.values[start..].iter_mut().zip(u) {
                *value += f64::from(u);
            }
        }
    }
}

/// Returns the Euclidean norm.
pub fn norm(values: &[f64]) -> f64 {
    values.iter().map(|value| value * value).sum::<f64>().sqrt()
}

/// Returns the Euclidean distance ‖a − b‖.
pub fn distance(a: &[f64], b: &[f64]) -> f64 {
    norm(&a.iter().zip(b).map(|(a, b)| a - b).collect::<Vec<f64>>())
}

/// Returns `parts` with the parameters moved by `step` times `direction`, a gradient.
pub fn shifted(parts: &Parts, direction: &[f64], step: f64) -> Parts {
    let mut parts = parts.clone();
    let mut moves = direction.iter().map(|value| (step * value) as f32);
    for (c, panels) in parts.connections.iter().zip(&mut parts.panels) {
        let (rows, columns) = (parts.blocks[c.to].size(), parts.blocks[c.from].size());
        let mut change = vec![0.0; panels.len()];
        pack(rows, columns, &moves.by_ref().take(rows * columns).collect::<Vec<f32>>(), &mut change);
        panels.iter_mut().zip(change).for_each(|(w, change)| *w += change);
    }
    parts.biases.iter_mut().zip(moves).for_each(|(b, change)| *b += change);
    parts
}
