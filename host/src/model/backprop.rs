//! Back-propagation of ½‖z_L − y‖²: the baseline, and the limit of the contrastive gradients.

use anyhow::Result;
use fenchel_core::{Gradient, Graph, Network, Weights};

use crate::gemm::{Aligned, zeros};

/// Activities z and sensitivities δ = ∂ℓ/∂a of a batch of B samples: one block after the other, each of
/// shape (B, n_k).
#[derive(Clone, Debug)]
pub struct Backprop {
    z: Aligned,
    delta: Aligned,
}

impl Default for Backprop {
    fn default() -> Self {
        Self { z: zeros(0), delta: zeros(0) }
    }
}

impl Backprop {
    /// Runs the network forwards and returns the answers z_L, shape (B, n_L), to `input`, shape (B, n_0).
    /// `noise` is added to the pre-activations; it has the layout of the activities, or is empty.
    ///
    /// # Errors
    /// Fails if a size doesn't fit the network.
    pub fn forward<W: Weights>(
        &mut self,
        network: &Network<'_, W>,
        input: &[f32],
        noise: &[f32],
    ) -> Result<&[f32]> {
        let samples = input.len() / network.input_units();
        self.z.resize(samples * network.units(), 0.0);
        Ok(network.infer_disturbed(input, noise, &mut self.z)?)
    }

    /// Runs backwards from where [`forward`](Self::forward) ended. `top` turns the answers, shape (B, n_L),
    /// into sensitivities ∂/∂z_L of the same shape.
    pub fn backward<W: Weights>(&mut self, network: &Network<'_, W>, top: impl FnOnce(&[f32], &mut [f32])) {
        let samples = self.z.len() / network.units();
        self.delta.resize(self.z.len(), 0.0);
        let output = network.output();
        let range = network.range(output, samples);
        top(&self.z[range.clone()], &mut self.delta[range]);
        for k in (1..=output).rev() {
            let range = network.range(k, samples);
            let (delta, above) = self.delta.split_at_mut(range.end);
            let delta = &mut delta[range.clone()];
            if k < output {
                delta.fill(0.0);
                for (c, weights) in network.weights_from(k) {
                    let to = network.range(c.to, samples);
                    weights.apply_transposed(&above[to.start - range.end..to.end - range.end], delta);
                }
            }
            let block = network.blocks()[k];
            block.activation.backpropagate(block.size(), &self.z[range], delta);
        }
    }

    /// Runs forwards and backwards for the mean loss of the batch: `input` has shape (B, n_0), `target` (B,
    /// n_L).
    ///
    /// # Errors
    /// Fails as [`forward`](Self::forward) does.
    pub fn run<W: Weights>(
        &mut self,
        network: &Network<'_, W>,
        input: &[f32],
        target: &[f32],
        noise: &[f32],
    ) -> Result<()> {
        self.forward(network, input, noise)?;
        let scale = (network.input_units() as f32) / input.len() as f32;
        self.backward(network, |z, delta| {
            for ((delta, z), y) in delta.iter_mut().zip(z).zip(target) {
                *delta = scale * (z - y);
            }
        });
        Ok(())
    }

    /// Computes the mean gradient of the batch that [`run`](Self::run) saw.
    pub fn gradient(&self, graph: &Graph<'_>, input: &[f32], gradient: &mut impl Gradient) {
        let samples = input.len() / graph.input_units();
        for k in 1..=graph.output() {
            let delta = &self.delta[graph.range(k, samples)];
            for (index, c) in graph.incoming(k) {
                let below = if c.from == 0 { input } else { &self.z[graph.range(c.from, samples)] };
                gradient.weights(index, delta, below);
            }
            gradient.bias(k, delta);
        }
    }

    /// Writes the sensitivities to the input, shape (B, n_0), into `force`: after [`run`](Self::run), 1/B
    /// of each sample's own ∂ℓ/∂x.
    pub fn input_force<W: Weights>(&self, network: &Network<'_, W>, force: &mut [f32]) {
        let samples = force.len() / network.input_units();
        force.fill(0.0);
        for (c, weights) in network.weights_from(0) {
            weights.apply_transposed(&self.delta[network.range(c.to, samples)], force);
        }
    }
}
