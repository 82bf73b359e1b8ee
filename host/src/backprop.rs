//! Back-propagation of ½‖z_L − y‖²: the baseline, and the limit of the contrastive gradients.

use anyhow::Result;
use fenchel_core::{Gradient, Network, Weights};

/// Activities z and sensitivities δ = ∂ℓ/∂a of a batch, over units.
#[derive(Clone, Debug, Default)]
pub struct Backprop {
    z: Vec<f32>,
    delta: Vec<f32>,
}

impl Backprop {
    /// Forwards and backwards: `input` (B, n_0), `target` (B, n_L), `noise` on the pre-activations
    /// over units with B rows, or empty. The sensitivities are those of the mean loss of the batch.
    ///
    /// # Errors
    /// If a size doesn't fit the network.
    pub fn run<W: Weights>(
        &mut self,
        network: &Network<'_, W>,
        input: &[f32],
        target: &[f32],
        noise: &[f32],
    ) -> Result<()> {
        let samples = input.len() / network.input_units();
        self.z.resize(samples * network.units(), 0.0);
        self.delta.resize(samples * network.units(), 0.0);
        network.infer_disturbed(input, noise, &mut self.z)?;
        let output = network.output();
        let scale = 1.0 / samples as f32;
        for k in (1..=output).rev() {
            let range = network.range(k, samples);
            let (delta, above) = self.delta.split_at_mut(range.end);
            let delta = &mut delta[range.clone()];
            if k == output {
                for ((delta, z), y) in delta.iter_mut().zip(&self.z[range.clone()]).zip(target) {
                    *delta = scale * (z - y);
                }
            } else {
                delta.fill(0.0);
                for c in network.connections().iter().filter(|c| c.from == k) {
                    let to = network.range(c.to, samples);
                    c.weights.apply_transposed(&above[to.start - range.end..to.end - range.end], delta);
                }
            }
            let block = network.blocks()[k];
            block.activation.backpropagate(block.size(), &self.z[range], delta);
        }
        Ok(())
    }

    /// The mean gradient of the batch that [`run`](Self::run) saw.
    pub fn gradient<W: Weights>(
        &self,
        network: &Network<'_, W>,
        input: &[f32],
        gradient: &mut impl Gradient,
    ) {
        let samples = input.len() / network.input_units();
        for k in 1..=network.output() {
            let delta = &self.delta[network.range(k, samples)];
            for (index, c) in network.connections().iter().enumerate().filter(|(_, c)| c.to == k) {
                let below = if c.from == 0 { input } else { &self.z[network.range(c.from, samples)] };
                gradient.weights(index, delta, below);
            }
            gradient.bias(k, delta);
        }
    }

    /// ∂ℓ/∂x of each sample's own loss, (B, n_0) into `force`: where it rises.
    pub fn input_force<W: Weights>(&self, network: &Network<'_, W>, force: &mut [f32]) {
        let samples = force.len() / network.input_units();
        force.fill(0.0);
        for c in network.connections().iter().filter(|c| c.from == 0) {
            c.weights.apply_transposed(&self.delta[network.range(c.to, samples)], force);
        }
        force.iter_mut().for_each(|force| *force *= samples as f32);
    }
}
