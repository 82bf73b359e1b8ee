//! A mini-batch, and the random streams that it draws from.

use fenchel_core::{Perturbation, Random};
use rand_core::SeedableRng;

use crate::data::{Dataset, Split, below};

/// A generator for each purpose, so that runs of one seed share subset, initialisation and order
/// whatever their objective draws.
pub struct Streams {
    pub subset: Random,
    pub initial: Random,
    pub order: Random,
    pub attack: Random,
    pub perturbation: Random,
}

impl Streams {
    pub fn new(seed: u64) -> Self {
        let mut generator = Random::seed_from_u64(seed);
        let mut next = || {
            generator.jump();
            generator.clone()
        };
        Self { subset: next(), initial: next(), order: next(), attack: next(), perturbation: next() }
    }
}

/// B samples ready to relax.
#[derive(Default)]
pub struct Batch {
    /// x, (B, n_0).
    pub input: Vec<f32>,
    /// y, (B, n_L), one-hot.
    pub target: Vec<f32>,
    /// y⁻, (B, n_L), one-hot of a random wrong label.
    pub attack: Vec<f32>,
    /// g, over units with B rows; empty for g = 0.
    pub perturbation: Vec<f32>,
    samples: usize,
}

impl Batch {
    /// B.
    pub fn len(&self) -> usize {
        self.samples
    }

    /// Fill with the samples at `indices` and fresh attack labels.
    pub fn gather(&mut self, split: &Split, indices: &[usize], data: &Dataset, streams: &mut Streams) {
        let classes = data.classes();
        self.samples = indices.len();
        self.input.clear();
        for one_hot in [&mut self.target, &mut self.attack] {
            one_hot.clear();
            one_hot.resize(indices.len() * classes, 0.0);
        }
        for (row, &index) in indices.iter().enumerate() {
            let label = split.labels[index];
            let other = (label + 1 + below(classes - 1, &mut streams.attack)) % classes;
            split.append_input(index, data.features, data.scaling, &mut self.input);
            self.target[row * classes + label] = 1.0;
            self.attack[row * classes + other] = 1.0;
        }
    }

    /// Draw g for `units` units a sample.
    pub fn perturb(&mut self, perturbation: Perturbation, units: usize, random: &mut Random) {
        if perturbation != Perturbation::None {
            self.perturbation.resize(self.samples * units, 0.0);
            perturbation.fill(random, &mut self.perturbation);
        }
    }
}
