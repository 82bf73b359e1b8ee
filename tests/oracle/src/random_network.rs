//! Random small networks and problems, for `core` in `f32` and for the oracle in `f64`. The values are the
//! same, since every `f32` is an `f64`.

use crate::graph::{Edge, Graph, Row};
use crate::weights::Dense;
use fenchel_core::{
    Activation, Block, Connection, Graph as Shape, Network, Nudge, Operator, Packed, Potential, Problem,
    Weights,
};
use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro128PlusPlus;

/// The random generator behind everything here.
#[derive(Clone, Debug)]
pub struct Random(Xoshiro128PlusPlus);

impl Random {
    /// Returns a generator of its own for each seed.
    pub fn new(seed: u64) -> Self {
        Self(Xoshiro128PlusPlus::seed_from_u64(seed))
    }

    /// Draws a number uniformly between `low` and `high`.
    pub fn uniform(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * ((self.0.next_u32() >> 8) as f32 / 16_777_216.0)
    }

    /// Draws a whole number of 0..n.
    pub fn below(&mut self, n: usize) -> usize {
        self.0.next_u32() as usize % n
    }

    /// Draws `n` values uniformly between `low` and `high`.
    pub fn values(&mut self, n: usize, low: f32, high: f32) -> Vec<f32> {
        (0..n).map(|_| self.uniform(low, high)).collect()
    }

    /// Draws any activation.
    pub fn activation(&mut self) -> Activation {
        match self.below(3) {
            0 => Activation::Linear,
            1 => Activation::Relu,
            _ => Activation::Clip { low: self.uniform(-0.6, 0.0), high: self.uniform(0.2, 1.0) },
        }
    }
}

/// The blocks (from, to) that connections join.
type Ends = &'static [(usize, usize)];

/// Owned parts of a network.
#[derive(Clone, Debug)]
pub struct RandomNetwork {
    /// Blocks 0..=L.
    pub blocks: Vec<Block>,
    /// The connections, sorted by (to, from).
    pub connections: Vec<Connection>,
    /// Weights of each connection, row after row.
    pub weights: Vec<Vec<f32>>,
    /// Packed weights of each connection.
    pub panels: Vec<Vec<f32>>,
    /// Biases b, one for each unit in blocks 1..=L.
    pub biases: Vec<f32>,
    /// Weights γ in \[0.5, 2\], or in \[0.3, 1\] for the element-wise distance.
    pub gammas: Vec<f32>,
}

impl RandomNetwork {
    /// Builds a chain of blocks with these sizes and activations, with `skips` (from, to) beside it; the
    /// weights have the standard deviation `scale`/√(fan-in).
    pub fn new(
        random: &mut Random,
        sizes: &[u32],
        activations: &[Activation],
        skips: &[(usize, usize)],
        scale: f32,
    ) -> Self {
        let block = |(&units, &activation)| Block::new(units, activation);
        let blocks: Vec<Block> = sizes.iter().zip(activations).map(block).collect();
        let mut ends: Vec<(usize, usize)> = (1..sizes.len()).map(|k| (k - 1, k)).collect();
        ends.extend(skips);
        ends.sort_by_key(|&(from, to)| (to, from));
        let connections: Vec<_> = ends.iter().map(|&(from, to)| Connection { from, to }).collect();
        let (mut weights, mut panels) = (Vec::new(), Vec::new());
        for &Connection { from, to } in &connections {
            let (rows, columns) = (blocks[to].size(), blocks[from].size());
            let limit = scale * (3.0 / columns as f32).sqrt();
            let row_major = random.values(rows * columns, -limit, limit);
            let mut packed = vec![0.0; fenchel_core::packed_len(rows, columns)];
            fenchel_core::pack(rows, columns, &row_major, &mut packed);
            weights.push(row_major);
            panels.push(packed);
        }
        let units = sizes[1..].iter().sum::<u32>() as usize;
        let biases = random.values(units, -0.5, 0.5);
        let gammas = random.values(units, 0.5, 2.0);
        Self { blocks, connections, weights, panels, biases, gammas }
    }

    /// Draws any of a few graphs with two or three hidden blocks, some with skips.
    pub fn any(random: &mut Random, scale: f32, linear_output: bool) -> Self {
        let graphs: [(&[u32], Ends); 5] = [
            (&[4, 7, 5, 3], &[]),
            (&[5, 9, 4, 6, 3], &[]),
            (&[4, 6, 5, 9, 3], &[(1, 3)]),
            (&[3, 8, 5, 2], &[(0, 2)]),
            (&[4, 5, 10, 6, 3], &[(0, 2), (1, 3), (1, 4)]),
        ];
        let (sizes, skips) = graphs[random.below(graphs.len())];
        let mut activations: Vec<Activation> = sizes.iter().map(|_| random.activation()).collect();
        if linear_output {
            activations[sizes.len() - 1] = Activation::Linear;
        }
        Self::new(random, sizes, &activations, skips, scale)
    }

    /// Draws a network as [`any`](Self::any) does, where each block has any potential that fits it, and
    /// every second network has a simplex.
    pub fn mixed(random: &mut Random, scale: f32, linear_output: bool) -> Self {
        let mut network = Self::any(random, scale, linear_output);
        let output = network.blocks.len() - 1;
        for k in 1..=output {
            let potentials = [Potential::FenchelYoung, Potential::Quadratic, Potential::Distance];
            let potential = potentials[random.below(if k < output { 3 } else { 2 })];
            network.set_potential(random, k, potential);
        }
        if random.below(2) == 0 {
            let k = 1 + random.below(output - usize::from(linear_output));
            network.set_simplex(k);
        }
        network
    }

    /// Draws a network as [`any`](Self::any) does, where all blocks have `potential`, if it fits the
    /// output.
    pub fn of_potential(random: &mut Random, potential: Potential, scale: f32, linear_output: bool) -> Self {
        let mut network = Self::any(random, scale, linear_output);
        let output = network.blocks.len() - 1;
        for k in 1..=output {
            if k < output || potential != Potential::Distance {
                network.set_potential(random, k, potential);
            }
        }
        network
    }

    /// Draws a network as [`any`](Self::any) does, where one hidden block is a simplex.
    pub fn with_simplex(random: &mut Random, scale: f32, linear_output: bool) -> Self {
        let mut network = Self::any(random, scale, linear_output);
        let k = 1 + random.below(network.blocks.len() - 2);
        network.set_simplex(k);
        network
    }

    /// Gives block k another potential and, for the element-wise distance, new γ, every fourth of which is
    /// 1.
    pub fn set_potential(&mut self, random: &mut Random, k: usize, potential: Potential) {
        self.blocks[k].potential = potential;
        if potential == Potential::Distance {
            for gamma in self.gammas_mut(k) {
                *gamma = if random.below(4) == 0 { 1.0 } else { random.uniform(0.3, 1.0) };
            }
        }
    }

    /// Makes block k a simplex, with one γ.
    pub fn set_simplex(&mut self, k: usize) {
        self.blocks[k] = Block::new(self.blocks[k].units, Activation::Simplex);
        let gammas = self.gammas_mut(k);
        gammas.fill(gammas[0]);
    }

    /// Returns γ_k of block k, one for each unit.
    pub fn gammas_mut(&mut self, k: usize) -> &mut [f32] {
        let start = self.blocks[1..k].iter().map(Block::size).sum();
        &mut self.gammas[start..][..self.blocks[k].size()]
    }

    fn each<'a, W>(&'a self, weights: impl Fn(usize, usize, usize) -> W + 'a) -> Vec<W> {
        let of = |(index, c): (usize, &Connection)| {
            weights(index, self.blocks[c.to].size(), self.blocks[c.from].size())
        };
        self.connections.iter().enumerate().map(of).collect()
    }

    /// Returns the weights as [`Packed`].
    pub fn packed(&self) -> Vec<Packed<'_>> {
        self.each(|index, rows, columns| {
            Packed::new(rows, columns, &self.panels[index]).expect("packed_len values")
        })
    }

    /// Returns the weights as a model file has them.
    pub fn operators(&self) -> Vec<Operator<'_>> {
        self.each(|index, rows, columns| {
            Packed::new(rows, columns, &self.panels[index]).expect("packed_len values").into()
        })
    }

    /// Returns the weights as [`Dense`].
    pub fn dense(&self) -> Vec<Dense<'_>> {
        self.each(|index, rows, columns| Dense { rows, columns, values: &self.weights[index] })
    }

    /// Returns the network over `weights`.
    pub fn network<'a, W: Weights>(&'a self, weights: &'a [W]) -> Network<'a, W> {
        Network::new(self.shape(), weights, &self.biases, &self.gammas).expect("fits together")
    }

    /// Returns the blocks and connections as core takes them.
    pub fn shape(&self) -> Shape<'_> {
        Shape::new(&self.blocks, &self.connections).expect("fits together")
    }

    /// Returns the network for the oracle.
    pub fn graph(&self) -> Graph {
        let sizes: Vec<usize> = self.blocks.iter().map(Block::size).collect();
        let edge = |(&Connection { from, to }, weights): (&Connection, &Vec<f32>)| Edge {
            from,
            to,
            weights: weights.chunks(sizes[from]).map(doubles).collect(),
        };
        let edges = self.connections.iter().zip(&self.weights).map(edge).collect();
        let by_block = |values: &[f32], input: f64| {
            let mut blocks = vec![vec![input; sizes[0]]];
            let mut rest = values;
            for &n in &sizes[1..] {
                let (block, others) = rest.split_at(n);
                blocks.push(doubles(block));
                rest = others;
            }
            blocks
        };
        Graph {
            activations: self.blocks.iter().map(|block| block.activation).collect(),
            potentials: self.blocks.iter().map(|block| block.potential).collect(),
            biases: by_block(&self.biases, 0.0),
            gammas: by_block(&self.gammas, 1.0),
            edges,
            sizes,
        }
    }
}

/// Owned parts of a problem.
#[derive(Clone, Debug)]
pub struct RandomProblem {
    /// Number of samples B.
    pub samples: usize,
    /// Inputs x, shape (B, n_0).
    pub input: Vec<f32>,
    /// One nudge for each problem.
    pub nudges: Vec<Nudge>,
    /// Targets y, shape (B, n_L).
    pub target: Vec<f32>,
    /// Attack targets y⁻, shape (B, n_L).
    pub attack: Vec<f32>,
    /// Perturbation g, one block after the other, each of shape (B, n_k); or empty.
    pub perturbation: Vec<f32>,
}

impl RandomProblem {
    /// Draws `samples` inputs and targets, s between −0.3 and 1, and g between ±`g` or, if that is 0, no g.
    pub fn new(
        random: &mut Random,
        network: &RandomNetwork,
        samples: usize,
        problems: usize,
        g: f32,
    ) -> Self {
        let outputs = network.blocks.last().map_or(0, Block::size);
        let units = if g == 0.0 { 0 } else { network.biases.len() };
        Self {
            samples,
            input: random.values(samples * network.blocks[0].size(), 0.0, 1.0),
            nudges: (0..problems)
                .map(|_| Nudge {
                    s: random.uniform(-0.3, 1.0),
                    weight_target: random.uniform(-1.0, 1.0),
                    weight_attack: random.uniform(-1.0, 1.0),
                })
                .collect(),
            target: random.values(samples * outputs, -0.5, 1.0),
            attack: random.values(samples * outputs, -0.5, 1.0),
            perturbation: random.values(samples * units, -g, g),
        }
    }

    /// Returns the problem as `core` takes it.
    pub fn problem(&self) -> Problem<'_> {
        Problem::new(&self.input, &self.nudges, &self.target)
            .with_attack(&self.attack)
            .with_perturbation(&self.perturbation)
    }

    /// Returns the number of rows, P·B: problems times samples.
    pub fn rows(&self) -> usize {
        self.samples * self.nudges.len()
    }

    /// Returns the rows as the oracle takes them: all samples of the first problem first.
    pub fn oracle_rows(&self, graph: &Graph) -> Vec<Row> {
        let outputs = graph.sizes[graph.output()];
        let mut rows = Vec::new();
        for nudge in &self.nudges {
            for sample in 0..self.samples {
                let x = doubles(&self.input[sample * graph.sizes[0]..][..graph.sizes[0]]);
                let y = doubles(&self.target[sample * outputs..][..outputs]);
                let y_attack = doubles(&self.attack[sample * outputs..][..outputs]);
                let r = |(y, y_attack): (&f64, &f64)| {
                    f64::from(nudge.weight_target) * y + f64::from(nudge.weight_attack) * y_attack
                };
                let r = y.iter().zip(&y_attack).map(r).collect();
                let mut g = graph.zeros();
                if !self.perturbation.is_empty() {
                    let mut start = 0;
                    for (k, g) in g.iter_mut().enumerate().skip(1) {
                        let n = graph.sizes[k];
                        *g = doubles(&self.perturbation[start + sample * n..][..n]);
                        start += self.samples * n;
                    }
                }
                rows.push(Row { x, s: nudge.s.into(), r, g });
            }
        }
        rows
    }
}

/// Returns the values as `f64`.
pub fn doubles(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&value| value.into()).collect()
}
