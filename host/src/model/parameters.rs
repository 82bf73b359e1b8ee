//! The trained parameters: the weights and biases of a network, with its shape.

use fenchel_core::{Block, Connection, Graph, Model, Network, Operator, Weights};
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
    pub connections: Vec<Connection>,
    /// The weights, one matrix a connection.
    pub weights: Vec<Matrix>,
    /// One a unit of the blocks 1..=L.
    pub biases: Vec<f32>,
    /// One a unit of the blocks 1..=L.
    pub gammas: Vec<f32>,
}

impl Parameters {
    /// Draws weights and biases uniformly in ±1/√fan-in (PyTorch's default); the fan-in is counted over all
    /// connections into a block.
    pub fn new(architecture: &Architecture, random: &mut impl Rng) -> Self {
        let Architecture { blocks, connections, gammas } = architecture.clone();
        let (mut weights, mut biases) = (Vec::new(), Vec::new());
        for k in 1..blocks.len() {
            let bound = 1.0 / (architecture.fan_in(k) as f32).sqrt();
            let mut uniform = || bound * (random.next_u32() as i32 as f32 / 2_147_483_648.0);
            for c in connections.iter().filter(|c| c.to == k) {
                let (rows, columns) = (blocks[k].size(), blocks[c.from].size());
                let values: Vec<_> = (0..rows * columns).map(|_| uniform()).collect();
                weights.push(Matrix::from_row_major(rows, columns, &values));
            }
            biases.extend((0..blocks[k].size()).map(|_| uniform()));
        }
        Self { blocks, connections, weights, biases, gammas }
    }

    /// Copies the parameters of a model.
    pub fn of_model(model: &Model) -> Self {
        let network = model.network();
        let matrix = |weights: &Operator| {
            let (rows, columns) = weights.shape();
            let values: Vec<_> = (0..rows).flat_map(|i| weights.row(i).take(columns)).collect();
            Matrix::from_row_major(rows, columns, &values)
        };
        let values = |of: fn(&Network<'_, _>, usize) -> Vec<f32>| {
            (1..=network.output()).flat_map(|k| of(&network, k)).collect()
        };
        Self {
            blocks: network.blocks().to_vec(),
            connections: network.connections().to_vec(),
            weights: network.weights().iter().map(matrix).collect(),
            biases: values(|network, k| network.bias(k).to_vec()),
            gammas: values(|network, k| network.gamma(k).to_vec()),
        }
    }

    /// Clips every weight to ±`factor`/√fan-in; biases stay.
    pub fn clip_weights(&mut self, factor: f32) {
        let sizes: Vec<_> = self.blocks.iter().map(Block::size).collect();
        let mut fan_in = vec![0; sizes.len()];
        self.connections.iter().for_each(|c| fan_in[c.to] += sizes[c.from]);
        for (c, weights) in self.connections.iter().zip(&mut self.weights) {
            let bound = factor / (fan_in[c.to] as f32).sqrt();
            weights.column_major_mut().iter_mut().for_each(|w| *w = w.clamp(-bound, bound));
        }
    }

    /// Returns whether every weight and bias is finite.
    pub fn is_finite(&self) -> bool {
        let weights = self.weights.iter().flat_map(Matrix::column_major);
        weights.chain(&self.biases).all(|value| value.is_finite())
    }

    /// Returns the network over these parameters.
    ///
    /// # Panics
    /// Panics if a field was given a length that doesn't fit the others.
    pub fn network(&self) -> Network<'_, Matrix> {
        Network::new(self.graph(), &self.weights, &self.biases, &self.gammas)
            .expect("parameters fit together by construction")
    }

    /// Returns the blocks and connections.
    ///
    /// # Panics
    /// Panics as [`network`](Self::network) does.
    pub fn graph(&self) -> Graph<'_> {
        Graph::new(&self.blocks, &self.connections).expect("parameters fit together by construction")
    }

    /// Returns every trained tensor: connections first, column after column, then the biases.
    pub fn tensors_mut(&mut self) -> impl Iterator<Item = &mut [f32]> {
        let weights = self.weights.iter_mut().map(Matrix::column_major_mut);
        weights.chain(std::iter::once(self.biases.as_mut_slice()))
    }

    /// Returns the number of values in each of [`tensors_mut`](Self::tensors_mut).
    pub fn tensor_sizes(&self) -> Vec<usize> {
        let weights = self.weights.iter().map(Weights::values);
        weights.chain(std::iter::once(self.biases.len())).collect()
    }
}
