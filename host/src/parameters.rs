//! What is trained: the weights and biases of a network, with its shape.

use fenchel_core::{Activation, Block, Connection, Network, Weights};
use rand_core::Rng;

use crate::Matrix;

/// Weights and biases, γ, and the shape of a network.
#[derive(Clone, Debug)]
pub struct Parameters {
    /// The blocks 0..=L.
    pub blocks: Vec<Block>,
    /// The connections, sorted by (to, from).
    pub connections: Vec<Connection<Matrix>>,
    /// One a unit of the blocks 1..=L.
    pub biases: Vec<f32>,
    /// One a unit of the blocks 1..=L.
    pub gammas: Vec<f32>,
}

impl Parameters {
    /// A layered network of `sizes` units a block, ReLU inside and linear at the output, γ = 1,
    /// weights and biases uniform in ±1/√fan-in (PyTorch's default).
    pub fn layered(sizes: &[usize], random: &mut impl Rng) -> Self {
        let last = sizes.len() - 1;
        let activation = |k| if k == 0 || k == last { Activation::Linear } else { Activation::Relu };
        let blocks: Vec<_> =
            sizes.iter().enumerate().map(|(k, &units)| Block::new(units as u32, activation(k))).collect();
        let (mut connections, mut biases) = (Vec::new(), Vec::new());
        for (k, pair) in sizes.windows(2).enumerate() {
            let bound = 1.0 / (pair[0] as f32).sqrt();
            let mut uniform = || bound * (random.next_u32() as i32 as f32 / 2_147_483_648.0);
            let mut weights = Matrix::zeros(pair[1], pair[0]);
            weights.values_mut().iter_mut().for_each(|w| *w = uniform());
            biases.extend((0..pair[1]).map(|_| uniform()));
            connections.push(Connection { from: k, to: k + 1, weights });
        }
        let gammas = vec![1.0; biases.len()];
        Self { blocks, connections, biases, gammas }
    }

    /// The network over these parameters.
    ///
    /// # Panics
    /// If a field was given a length that doesn't fit the others.
    pub fn network(&self) -> Network<'_, Matrix> {
        Network::new(&self.blocks, &self.connections, &self.biases, &self.gammas)
            .expect("parameters fit together by construction")
    }

    /// Every trained tensor, connections first, then the biases.
    pub fn tensors_mut(&mut self) -> impl Iterator<Item = &mut [f32]> {
        let weights = self.connections.iter_mut().map(|c| c.weights.values_mut());
        weights.chain(std::iter::once(self.biases.as_mut_slice()))
    }

    /// Number of values in each of [`tensors_mut`](Self::tensors_mut).
    pub fn tensor_sizes(&self) -> Vec<usize> {
        let weights = self.connections.iter().map(|c| c.weights.shape().0 * c.weights.shape().1);
        weights.chain(std::iter::once(self.biases.len())).collect()
    }
}
