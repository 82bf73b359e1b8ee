//! The trained parameters: the weights and biases of a network, with its shape.

use fenchel_core::{Block, Connection, Model, Network, Operator, Weights};
use rand_core::Rng;

use crate::{Architecture, Matrix};

/// Weights and biases, γ, and the shape of a network.
///
/// ```
/// # use fenchel::{Architecture, Parameters};
/// # use fenchel_core::{Activation, Potential, Random};
/// # use rand_core::SeedableRng;
/// let architecture = Architecture::new(&[4, 8, 3], &[Activation::Relu], Potential::FenchelYoung, &[], &[])?;
/// let parameters = Parameters::new(&architecture, &mut Random::seed_from_u64(0));
/// assert_eq!(parameters.tensor_sizes(), [8 * 4, 3 * 8, 8 + 3]);
/// # Ok::<(), anyhow::Error>(())
/// ```
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
    /// Draws weights and biases uniformly in ±1/√fan-in (PyTorch's default); the fan-in is counted over all
    /// connections into a block.
    pub fn new(architecture: &Architecture, random: &mut impl Rng) -> Self {
        let Architecture { blocks, gammas, .. } = architecture.clone();
        let (mut connections, mut biases) = (Vec::new(), Vec::new());
        for k in 1..blocks.len() {
            let bound = 1.0 / (architecture.fan_in(k) as f32).sqrt();
            let mut uniform = || bound * (random.next_u32() as i32 as f32 / 2_147_483_648.0);
            for &(from, to) in architecture.connections.iter().filter(|ends| ends.1 == k) {
                let (rows, columns) = (blocks[to].size(), blocks[from].size());
                let values: Vec<_> = (0..rows * columns).map(|_| uniform()).collect();
                let weights = Matrix::from_row_major(rows, columns, &values);
                connections.push(Connection { from, to, weights });
            }
            biases.extend((0..blocks[k].size()).map(|_| uniform()));
        }
        Self { blocks, connections, biases, gammas }
    }

    /// Copies the parameters of a model.
    pub fn of_model(model: &Model) -> Self {
        let network = model.network();
        let connection = |c: &Connection<Operator>| {
            let (rows, columns) = c.weights.shape();
            let values: Vec<_> = (0..rows).flat_map(|i| c.weights.row(i).take(columns)).collect();
            let weights = Matrix::from_row_major(rows, columns, &values);
            Connection { from: c.from, to: c.to, weights }
        };
        let values = |of: fn(&Network<'_, _>, usize) -> Vec<f32>| {
            (1..=network.output()).flat_map(|k| of(&network, k)).collect()
        };
        Self {
            blocks: network.blocks().to_vec(),
            connections: network.connections().iter().map(connection).collect(),
            biases: values(|network, k| network.bias(k).to_vec()),
            gammas: values(|network, k| network.gamma(k).to_vec()),
        }
    }

    /// Clips every weight to ±`factor`/√fan-in; biases stay.
    pub fn clip_weights(&mut self, factor: f32) {
        let sizes: Vec<_> = self.blocks.iter().map(Block::size).collect();
        let mut fan_in = vec![0; sizes.len()];
        self.connections.iter().for_each(|c| fan_in[c.to] += sizes[c.from]);
        for c in &mut self.connections {
            let bound = factor / (fan_in[c.to] as f32).sqrt();
            c.weights.column_major_mut().iter_mut().for_each(|w| *w = w.clamp(-bound, bound));
        }
    }

    /// Returns whether every weight and bias is finite.
    pub fn is_finite(&self) -> bool {
        let weights = self.connections.iter().flat_map(|c| c.weights.column_major());
        weights.chain(&self.biases).all(|value| value.is_finite())
    }

    /// Returns the network over these parameters.
    ///
    /// # Panics
    /// Panics if a field was given a length that doesn't fit the others.
    pub fn network(&self) -> Network<'_, Matrix> {
        Network::new(&self.blocks, &self.connections, &self.biases, &self.gammas)
            .expect("parameters fit together by construction")
    }

    /// Returns every trained tensor: connections first, column after column, then the biases.
    pub fn tensors_mut(&mut self) -> impl Iterator<Item = &mut [f32]> {
        let weights = self.connections.iter_mut().map(|c| c.weights.column_major_mut());
        weights.chain(std::iter::once(self.biases.as_mut_slice()))
    }

    /// Returns the number of values in each of [`tensors_mut`](Self::tensors_mut).
    pub fn tensor_sizes(&self) -> Vec<usize> {
        let weights = self.connections.iter().map(|c| c.weights.shape().0 * c.weights.shape().1);
        weights.chain(std::iter::once(self.biases.len())).collect()
    }
}
