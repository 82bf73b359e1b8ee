//! Gradient descent with momentum (B. T. Polyak, 1964): v ← μ v + g, w ← w − η v.

use multiversion::multiversion;
use serde::{Deserialize, Serialize};

use super::{LEAST_MOMENT, Method};
use crate::{DenseGradient, Parameters};

/// Momentum μ.
const MOMENTUM: f32 = 0.9;

/// Gradient descent with momentum 0.9.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Momentum {
    /// Velocities v, one list for each tensor.
    velocities: Vec<Vec<f32>>,
}

impl Method for Momentum {
    fn new(sizes: &[usize]) -> Self {
        Self { velocities: sizes.iter().map(|&n| vec![0.0; n]).collect() }
    }

    fn fits(&self, sizes: &[usize]) -> bool {
        self.velocities.iter().map(Vec::len).eq(sizes.iter().copied())
    }

    fn step(&mut self, parameters: &mut Parameters, gradient: &DenseGradient, learning_rate: f32) {
        let tensors = parameters.tensors_mut().zip(gradient.tensors());
        for ((values, gradient), velocity) in tensors.zip(&mut self.velocities) {
            update(values, gradient, velocity, learning_rate);
        }
    }
}

/// Updates one tensor in one pass. Nothing is fused, so the bits are the same on every vector unit.
#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2", "aarch64+neon"))]
fn update(values: &mut [f32], gradient: &[f32], velocity: &mut [f32], learning_rate: f32) {
    for ((value, &g), v) in values.iter_mut().zip(gradient).zip(velocity) {
        let moment = MOMENTUM * *v + g;
        *v = if moment.abs() < LEAST_MOMENT { 0.0 } else { moment };
        *value -= learning_rate * *v;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With a constant gradient g the step tends to η g/(1 − μ).
    #[test]
    fn steps_grow_to_ten_gradients() {
        let (mut values, mut velocity) = ([0.0_f32], [0.0_f32]);
        for _ in 0..200 {
            update(&mut values, &[1.0], &mut velocity, 0.5);
        }
        let before = values[0];
        update(&mut values, &[1.0], &mut velocity, 0.5);
        assert!((before - values[0] - 5.0).abs() < 1e-3, "{before} {}", values[0]);
    }
}
