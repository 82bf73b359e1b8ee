//! Random small networks and samples.

use anyhow::Result;
use fenchel_core::{
    Activation, Attack, Block, Connection, Contrast, Network, Objective, Packed, Perturbation, Potential,
    Random,
};
use rand_core::{Rng, SeedableRng};

/// [`Objective::contrast`], or a stand-in for it.
pub type ContrastOf = fn(Objective, Attack, f32, f32) -> Option<Contrast>;

/// What one case of a statement draws from: a generator of its own, and the objectives' table.
pub struct Case {
    random: Random,
    contrast: ContrastOf,
}

impl Case {
    /// The case with this number, of the statement with that one: the same on every machine, in
    /// whichever order cases run.
    pub fn new(seed: u64, statement: usize, case: usize, contrast: ContrastOf) -> Self {
        // An odd constant (2⁶⁴ over the golden ratio) keeps the streams of neighbouring seeds apart.
        let stream = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ ((statement as u64) << 32) ^ case as u64;
        Self { random: Random::seed_from_u64(stream), contrast }
    }

    /// The two problems of an objective that has some.
    pub fn contrast(&self, objective: Objective, attack: Attack, alpha: f32, beta: f32) -> Result<Contrast> {
        let contrast = (self.contrast)(objective, attack, alpha, beta);
        contrast.ok_or_else(|| anyhow::anyhow!("{objective:?} has no inference problems"))
    }

    /// Uniform between `low` and `high`.
    pub fn uniform(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * ((self.random.next_u32() >> 8) as f32 / 16_777_216.0)
    }

    /// Any of low..=high.
    pub fn whole(&mut self, low: u32, high: u32) -> u32 {
        low + self.random.next_u32() % (high - low + 1)
    }

    /// `n` values uniform between `low` and `high`.
    pub fn values(&mut self, n: usize, low: f32, high: f32) -> Vec<f32> {
        (0..n).map(|_| self.uniform(low, high)).collect()
    }

    /// Linear, ReLU or clip.
    pub fn activation(&mut self) -> Activation {
        match self.whole(0, 2) {
            0 => Activation::Linear,
            1 => Activation::Relu,
            _ => Activation::Clip { low: self.uniform(-0.6, 0.0), high: self.uniform(0.2, 1.0) },
        }
    }

    /// Two or three hidden blocks of 3 to 9 units of any activation and a linear output; every
    /// second network has skips too. γ = 1; weights of standard deviation `scale`/√(fan-in).
    pub fn network(&mut self, scale: f32) -> Parts {
        let hidden = self.whole(2, 3) as usize;
        let has_skips = self.whole(0, 1) == 1;
        let mut blocks = vec![Block::new(self.whole(3, 6), Activation::Linear)];
        for _ in 0..hidden {
            let units = self.whole(3, 9);
            blocks.push(Block::new(units, self.activation()));
        }
        blocks.push(Block::new(self.whole(2, 4), Activation::Linear));
        let mut ends = Vec::new();
        for to in 1..blocks.len() {
            for from in 0..to {
                if from + 1 == to || (has_skips && self.whole(0, 2) == 0) {
                    ends.push((from, to));
                }
            }
        }
        self.parts(blocks, ends, scale)
    }

    /// As [`network`](Self::network), but all linear and without skips; 3 to 9 units everywhere.
    pub fn linear_chain(&mut self, scale: f32) -> Parts {
        let hidden = self.whole(2, 3);
        let sizes: Vec<u32> = (0..hidden + 2).map(|_| self.whole(3, 9)).collect();
        let blocks: Vec<Block> =
            sizes.into_iter().map(|units| Block::new(units, Activation::Linear)).collect();
        let ends = (1..blocks.len()).map(|to| (to - 1, to)).collect();
        self.parts(blocks, ends, scale)
    }

    /// Random weights and biases for a shape; `ends` sorted by (to, from). γ = 1.
    pub fn parts(&mut self, blocks: Vec<Block>, ends: Vec<(usize, usize)>, scale: f32) -> Parts {
        let pack = |&(from, to): &(usize, usize)| {
            let (rows, columns) = (blocks[to].size(), blocks[from].size());
            let limit = scale * (3.0 / columns as f32).sqrt();
            let mut panels = vec![0.0; fenchel_core::packed_len(rows, columns)];
            fenchel_core::pack(rows, columns, &self.values(rows * columns, -limit, limit), &mut panels);
            panels
        };
        let panels = ends.iter().map(pack).collect();
        let units = blocks.iter().skip(1).map(Block::size).sum();
        let biases = self.values(units, -0.5, 0.5);
        Parts { blocks, ends, panels, biases, gammas: vec![1.0; units] }
    }

    /// Input, targets y and y⁻ and, unless `std` is 0, Gaussian g, of one sample.
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

/// The owner of a network's parts.
#[derive(Clone)]
pub struct Parts {
    /// Blocks 0..=L.
    pub blocks: Vec<Block>,
    /// (from, to) of each connection.
    pub ends: Vec<(usize, usize)>,
    /// Packed weights of each connection.
    pub panels: Vec<Vec<f32>>,
    /// b.
    pub biases: Vec<f32>,
    /// γ.
    pub gammas: Vec<f32>,
}

/// A network as a device runs it.
pub type Net<'a> = Network<'a, Packed<'a>>;

impl Parts {
    /// n_L.
    pub fn outputs(&self) -> usize {
        self.blocks.last().map_or(0, Block::size)
    }

    /// The same network with other γ, one a unit.
    pub fn with_gammas(&self, gammas: Vec<f32>) -> Self {
        Self { gammas, ..self.clone() }
    }

    /// The same with another potential in the hidden blocks.
    pub fn with_potential(&self, potential: Potential) -> Self {
        let mut parts = self.clone();
        let output = parts.blocks.len() - 1;
        parts.blocks[1..output].iter_mut().for_each(|block| block.potential = potential);
        parts
    }

    /// What `run` makes of the network.
    pub fn run<T>(&self, run: impl FnOnce(&Net) -> Result<T>) -> Result<T> {
        let mut connections = Vec::new();
        for (&(from, to), panels) in self.ends.iter().zip(&self.panels) {
            let weights = Packed::new(self.blocks[to].size(), self.blocks[from].size(), panels)?;
            connections.push(Connection { from, to, weights });
        }
        run(&Network::new(&self.blocks, &connections, &self.biases, &self.gammas)?)
    }
}

/// The owner of a sample's parts.
#[derive(Clone)]
pub struct Sample {
    /// x.
    pub input: Vec<f32>,
    /// y.
    pub target: Vec<f32>,
    /// y⁻.
    pub attack: Vec<f32>,
    /// g, or empty.
    pub perturbation: Vec<f32>,
}
