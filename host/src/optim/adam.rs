//! The Adam optimiser (D. P. Kingma and J. Ba, 2015).

use multiversion::multiversion;
use serde::{Deserialize, Serialize};

use super::{LEAST_MOMENT, Method};
use crate::{DenseGradient, Parameters};

const BETA_1: f32 = 0.9;
const BETA_2: f32 = 0.999;
const EPSILON: f32 = 1e-8;

/// Adam with β₁ = 0.9, β₂ = 0.999, ε = 1e-8.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Adam {
    /// Number of steps so far.
    step: i32,
    /// Running first and second moments, one pair of lists for each tensor.
    moments: Vec<(Vec<f32>, Vec<f32>)>,
}

impl Method for Adam {
    fn new(sizes: &[usize]) -> Self {
        Self { step: 0, moments: sizes.iter().map(|&n| (vec![0.0; n], vec![0.0; n])).collect() }
    }

    fn fits(&self, sizes: &[usize]) -> bool {
        let lengths = |(first, second): &(Vec<f32>, Vec<f32>)| [first.len(), second.len()];
        self.moments.iter().map(lengths).eq(sizes.iter().map(|&n| [n, n]))
    }

    fn step(&mut self, parameters: &mut Parameters, gradient: &DenseGradient, learning_rate: f32) {
        self.step += 1;
        let correction_1 = 1.0 - BETA_1.powi(self.step);
        let correction_2 = (1.0 - BETA_2.powi(self.step)).sqrt();
        // rate·(m/c₁)/(√v/c₂ + ε), with the corrections drawn out of the loop.
        let rate = learning_rate * correction_2 / correction_1;
        let epsilon = EPSILON * correction_2;
        let tensors = parameters.tensors_mut().zip(gradient.tensors());
        for ((values, gradient), (m, v)) in tensors.zip(&mut self.moments) {
            update(values, gradient, m, v, rate, epsilon);
        }
    }
}

/// Updates one tensor in one pass. Nothing is fused, so the bits are the same on every vector unit.
#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2", "aarch64+neon"))]
fn update(values: &mut [f32], gradient: &[f32], m: &mut [f32], v: &mut [f32], rate: f32, epsilon: f32) {
    for (((value, &g), m), v) in values.iter_mut().zip(gradient).zip(m).zip(v) {
        let moment = BETA_1 * *m + (1.0 - BETA_1) * g;
        *m = if moment.abs() < LEAST_MOMENT { 0.0 } else { moment };
        *v = BETA_2 * *v + (1.0 - BETA_2) * (g * g);
        *value -= rate * *m / (v.sqrt() + epsilon);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_without_gradient_ends_at_zero() {
        let (mut values, mut m, mut v) = ([1.0_f32; 20], [0.1_f32; 20], [0.1_f32; 20]);
        let mut steps = 0;
        while m != [0.0; 20] {
            assert!(m.iter().all(|m| m.is_normal()));
            update(&mut values, &[0.0; 20], &mut m, &mut v, 1e-3, EPSILON);
            steps += 1;
        }
        // 0.1·0.9ⁿ < 1e-30.
        assert_eq!(steps, 634);
    }
}
