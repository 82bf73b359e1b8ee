//! Stochastic gradient descent, w ← w − η g.

use multiversion::multiversion;
use serde::{Deserialize, Serialize};

use super::Method;
use crate::{DenseGradient, Parameters};

/// Stochastic gradient descent, which has no memory.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Sgd;

impl Method for Sgd {
    fn new(_: &[usize]) -> Self {
        Self
    }

    fn fits(&self, _: &[usize]) -> bool {
        true
    }

    fn step(&mut self, parameters: &mut Parameters, gradient: &DenseGradient, learning_rate: f32) {
        for (values, gradient) in parameters.tensors_mut().zip(gradient.tensors()) {
            update(values, gradient, learning_rate);
        }
    }
}

/// Updates one tensor in one pass. Nothing is fused, so the bits are the same on every vector unit.
#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2", "aarch64+neon"))]
fn update(values: &mut [f32], gradient: &[f32], learning_rate: f32) {
    for (value, &g) in values.iter_mut().zip(gradient) {
        *value -= learning_rate * g;
    }
}
