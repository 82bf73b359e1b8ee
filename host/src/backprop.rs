//! Back-propagation of ½‖z_L − y‖²: the baseline, and the limit of the contrastive gradients.

use anyhow::Result;
use fenchel_core::{Gradient, Network, Weights};

/// Scratch for a batch: activities and sensitivities over units.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    z: Vec<f32>,
    delta: Vec<f32>,
}

/// The mean gradient over the samples of `input` (B, n_0) for targets (B, n_L).
///
/// # Errors
/// If a size doesn't fit the network.
pub fn backprop_gradient<W: Weights>(
    network: &Network<'_, W>,
    input: &[f32],
    target: &[f32],
    scratch: &mut Scratch,
    gradient: &mut impl Gradient,
) -> Result<()> {
    let samples = input.len() / network.input_units();
    scratch.z.resize(samples * network.units(), 0.0);
    scratch.delta.resize(samples * network.units(), 0.0);
    network.infer(input, &mut scratch.z)?;
    let (z, delta) = (&scratch.z, &mut scratch.delta);
    let output = network.output();
    let scale = 1.0 / samples as f32;
    for k in (1..=output).rev() {
        let range = network.range(k, samples);
        let activation = network.blocks()[k].activation;
        let (delta, above) = delta.split_at_mut(range.end);
        let delta = &mut delta[range.clone()];
        if k == output {
            for ((delta, z), y) in delta.iter_mut().zip(&z[range.clone()]).zip(target) {
                *delta = scale * (z - y);
            }
        } else {
            delta.fill(0.0);
            for c in network.connections().iter().filter(|c| c.from == k) {
                let to = network.range(c.to, samples);
                c.weights.apply_transposed(&above[to.start - range.end..to.end - range.end], delta);
            }
        }
        activation.backpropagate(network.blocks()[k].size(), &z[range.clone()], delta);
        for (index, c) in network.connections().iter().enumerate().filter(|(_, c)| c.to == k) {
            let below = if c.from == 0 { input } else { &z[network.range(c.from, samples)] };
            gradient.weights(index, delta, below);
        }
        gradient.bias(k, delta);
    }
    Ok(())
}
