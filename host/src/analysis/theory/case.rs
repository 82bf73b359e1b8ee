//! Random small networks and samples.

use anyhow::Result;
use fenchel_core::{
    Activation, Attack, Block, Connection, Contrast, Graph, Network, Objective, Packed, Perturbation,
    Potential, Random,
};
use rand_core::{Rng, SeedableRng};

/// [`Objective::contrast`], or a function that replaces it.
pub type ContrastOf = fn(Objective, Attack, f32, f32) -> Option<Contrast>;

/// One random case of a statement: a random generator of its own, and the table of objectives.
pub struct Case {
    random: Random,
    contrast: ContrastOf,
}

impl Case {
    /// Builds a case from its number and that of its statement. It is the same on every machine, in
    /// whichever order cases run.
    pub fn new(seed: u64, statement: usize, case: usize, contrast: ContrastOf) -> Self {
        // An odd constant (2⁶⁴ over the golden ratio) keeps the streams of neighbouring seeds apart.
        let stream = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ ((statement as u64) << 32) ^ case as u64;
        Self { random: Random::seed_from_u64(stream), contrast }
    }

    /// Returns the two problems of an objective that has them.
    pub fn contrast(&self, objective: Objective, attack: Attack, alpha: f32, beta: f32) -> Result<Contrast> {
        let contrast = (self.contrast)(objective, attack, alpha, beta);
        contrast.ok_or_else(|| anyhow::anyhow!("{objective:?} has no inference problems"))
    }

    /// Draws a number uniformly between `low` and `high`.
    pub fn uniform(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * ((self.random.next_u32() >> 8) as f32 / 16_777_216.0)
    }

    /// Draws a whole number of low..=high.
    pub fn whole(&mut self, low: u32, high: u32) -> u32 {
        low + self.random.next_u32() % (high - low + 1)
    }

    /// Draws `n` values uniformly between `low` and `high`.
    pub fn values(&mut self, n: usize, low: f32, high: f32) -> Vec<f32> {
        (0..n).map(|_| self.uniform(low, high)).collect()
    }

    /// Draws an activation: linear, ReLU or clip.
    pub fn activation(&mut self) -> Activation {
        match self.whole(0, 2) {
            0 => Activation::Linear,
            1 => Activation::Relu,
            _ => Activation::Clip { low: self.uniform(-0.6, 0.0), high: self.uniform(0.2, 1.0) },
        }
    }

    /// Draws a network of two or three hidden blocks of 3 to 9 units with any activation and a linear
    /// output; every second network also has skips. γ = 1; the weights have the standard deviation
    /// `scale`/√(fan-in).
    pub fn network(&mut self, scale: f32) -> Parts {
        let hidden = self.whole(2, 3) as usize;
        let has_skips = self.whole(0, 1) == 1;
        let mut blocks = vec![Block::new(self.whole(3, 6), Activation::Linear)];
        for _ in 0..hidden {
            let units = self.whole(3, 9);
            blocks.push(Block::new(units, self.activation()));
        }
        blocks.push(Block::new(self.whole(2, 4), Activation::Linear));
        let mut connections = Vec::new();
        for to in 1..blocks.len() {
            for from in 0..to {
                if from + 1 == to || (has_skips && self.whole(0, 2) == 0) {
                    connections.push(Connection { from, to });
                }
            }
        }
        self.parts(blocks, connections, scale)
    }

    /// Draws a network as [`network`](Self::network) does, but all linear and without skips; every block
    /// has 3 to 9 units.
    pub fn linear_chain(&mut self, scale: f32) -> Parts {
        let hidden = self.whole(2, 3);
        let sizes: Vec<u32> = (0..hidden + 2).map(|_| self.whole(3, 9)).collect();
        let blocks: Vec<Block> =
            sizes.into_iter().map(|units| Block::new(units, Activation::Linear)).collect();
        let connections = chain(blocks.len());
        self.parts(blocks, connections, scale)
    }

    /// Draws weights and biases for a graph, with `connections` sorted by (to, from). γ = 1.
    pub fn parts(&mut self, blocks: Vec<Block>, connections: Vec<Connection>, scale: f32) -> Parts {
        let pack = |c: &Connection| {
            let (rows, columns) = (blocks[c.to].size(), blocks[c.from].size());
            let limit = scale * (3.0 / columns as f32).sqrt();
            let mut panels = vec![0.0; fenchel_core::packed_len(rows, columns)];
            fenchel_core::pack(rows, columns, &self.values(rows * columns, -limit, limit), &mut panels);
            panels
        };
        let panels = connections.iter().map(pack).collect();
        let units = blocks.iter().skip(1).map(Block::size).sum();
        let biases = self.values(units, -0.5, 0.5);
        Parts { blocks, connections, panels, biases, gammas: vec![1.0; units] }
    }

    /// Draws input, targets y and y⁻ and, unless `std` is 0, Gaussian g of one sample.
    pub fn sample(&mut self, parts: &Parts, std: f32) -> Sample {
        let outputs = parts.outputs();
        let mut perturbation = vec![0.0; if std == 0.0 { 0 } else { parts.gammas.len() }];
        Perturbation::Gaussian { std }.fill(&mut self.random, &mut perturbation);
        Sample {
            input: self.values(parts.blocks[0].size(), 0.0, 1.0),
            target: self.values(outputs, -0.5, 1.0),
            attack: self.values(outputs, -0.5, 1.0),
            perturbation,
        }
    }
}

/// Owned parts of a network.
#[derive(Clone)]
pub struct Parts {
    /// Blocks 0..=L.
    pub blocks: Vec<Block>,
    /// The connections, sorted by (to, from).
    pub connections: Vec<Connection>,
    /// Packed weights of each connection.
    pub panels: Vec<Vec<f32>>,
    /// Biases b, one for each unit in blocks 1..=L.
    pub biases: Vec<f32>,
    /// Weights γ of the potentials, one for each unit in blocks 1..=L.
    pub gammas: Vec<f32>,
}

/// Returns the connections of `blocks` blocks, one after the other.
pub fn chain(blocks: usize) -> Vec<Connection> {
    (1..blocks).map(|to| Connection { from: to - 1, to }).collect()
}

/// A network as a device runs it.
pub type Net<'a> = Network<'a, Packed<'a>>;

impl Parts {
    /// Returns the number of outputs n_L.
    pub fn outputs(&self) -> usize {
        self.blocks.last().map_or(0, Block::size)
    }

    /// Returns the network with other γ, one for each unit.
    pub fn with_gammas(&self, gammas: Vec<f32>) -> Self {
        Self { gammas, ..self.clone() }
    }

    /// Returns the network with another potential in its hidden blocks.
    pub fn with_potential(&self, potential: Potential) -> Self {
        let mut parts = self.clone();
        let output = parts.blocks.len() - 1;
        parts.blocks[1..output].iter_mut().for_each(|block| block.potential = potential);
        parts
    }

    /// Calls `run` with the network and returns its result.
    pub fn run<T>(&self, run: impl FnOnce(&Net) -> Result<T>) -> Result<T> {
        let mut weights = Vec::new();
        for (c, panels) in self.connections.iter().zip(&self.panels) {
            weights.push(Packed::new(self.blocks[c.to].size(), self.blocks[c.from].size(), panels)?);
        }
        let graph = Graph::new(&self.blocks, &self.connections)?;
        run(&Network::new(graph, &weights, &self.biases, &self.gammas)?)
    }
}

/// Owned parts of a sample.
#[derive(Clone)]
pub struct Sample {
    /// Scaled input x, n_0 values.
    pub input: Vec<f32>,
    /// Target y, n_L values.
    pub target: Vec<f32>,
    /// Attack target y⁻, n_L values.
    pub attack: Vec<f32>,
    /// Perturbation g, one value for each unit in blocks 1..=L, or empty.
    pub perturbation: Vec<f32>,
}
