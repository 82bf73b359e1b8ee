//! A mini-batch, and the random streams from which it is drawn.

use anyhow::Result;
use fenchel_core::{Bounds, InputBlock, Network, Perturbation, Random, Weights};
use rand_core::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};

use super::{PerturbedBlocks, PerturbedPer, Settings};
use crate::data::{Dataset, Split};
use crate::task::Task;

/// One random generator for each purpose, so that runs with the same seed share subset, initialisation and
/// order whatever their objective draws.
#[derive(Clone, Serialize, Deserialize)]
pub struct Streams {
    pub subset: Random,
    pub initial: Random,
    pub order: Random,
    pub attack: Random,
    pub perturbation: Random,
    pub input: Random,
    pub radius: Random,
    pub hardware: Random,
}

impl Streams {
    pub fn new(seed: u64) -> Self {
        let mut generator = Random::seed_from_u64(seed);
        let mut next = || {
            generator.jump();
            generator.clone()
        };
        Self {
            subset: next(),
            initial: next(),
            order: next(),
            attack: next(),
            perturbation: next(),
            input: next(),
            radius: next(),
            hardware: next(),
        }
    }

    /// Returns the training samples, or the random subset of them that `settings` asks for.
    pub fn samples(&mut self, settings: &Settings, data: &Dataset) -> Result<Split> {
        match settings.data.samples {
            Some(count) => data.train.subset(data.features, count, &mut self.subset),
            None => Ok(data.train.clone()),
        }
    }
}

/// B samples that are ready to relax.
#[derive(Clone, Default)]
pub struct Batch {
    /// Inputs x, shape (B, n_0).
    pub input: Vec<f32>,
    /// Targets y, shape (B, n_L): one-hot, or scaled values.
    pub target: Vec<f32>,
    /// Attack targets y⁻, shape (B, n_L): one-hot of a wrong label, or another sample's values.
    pub attack: Vec<f32>,
    /// g, or noise on the pre-activations, one block after the other, each of shape (B, n_k); empty for
    /// none.
    pub perturbation: Vec<f32>,
    /// Smallest and largest scaled training values, as many as the scaling has factors; empty for \[0, 1\].
    limits: [Vec<f32>; 2],
    rows: usize,
    noise: Vec<f32>,
}

impl Batch {
    /// Returns the number of samples B.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Fills the batch with the samples at `indices`, and their targets by `task`.
    pub fn gather(&mut self, split: &Split, indices: &[usize], data: &Dataset, task: &Task) {
        self.input.clear();
        self.target.clear();
        self.rows = indices.len();
        for &index in indices {
            let start = self.input.len();
            split.append_input(index, data.features, data.scaling.view(), &mut self.input);
            task.append_target(split, index, &self.input[start..], &mut self.target);
        }
    }

    /// Draws the target of each sample's attack: a random wrong label, or another sample's target.
    pub fn draw_attack(&mut self, task: &Task, random: &mut Random) {
        task.draw_attack(&self.target, random, &mut self.attack);
    }

    /// Sets the target of each sample's attack to what its `outputs`, shape (B, n_L), favour most: the most
    /// likely wrong label.
    pub fn attack_worst(&mut self, task: &Task, outputs: &[f32]) {
        task.worst_attack(&self.target, outputs, &mut self.attack);
    }

    /// Keeps moved inputs within the range of the training data.
    pub fn limit(&mut self, data: &Dataset) {
        if let Some((low, high)) = data.bounds().filter(|_| self.limits[0].is_empty()) {
            self.limits = [low.to_vec(), high.to_vec()];
        }
    }

    /// Returns the range within which moved inputs stay.
    fn bounds(&self) -> Bounds<'_> {
        let [low, high] = &self.limits;
        if low.is_empty() { Bounds::UNIT } else { Bounds { low, high } }
    }

    /// Moves the inputs as `block` says, along `force`, each sample by its own share of the radius.
    pub fn displace_input(&mut self, block: InputBlock, radii: &[f32], force: &[f32]) {
        let mut input = std::mem::take(&mut self.input);
        block.displace(radii, force, self.bounds(), &mut input);
        self.input = input;
    }

    /// Adds Gaussian noise to the inputs, within the range of the training data.
    pub fn disturb_input(&mut self, std: f32, random: &mut Random) {
        if std > 0.0 {
            self.noise.resize(self.input.len(), 0.0);
            Perturbation::Gaussian { std }.fill(random, &mut self.noise);
            let mut input = std::mem::take(&mut self.input);
            let features = input.len() / self.rows.max(1);
            let Bounds { low, high } = self.bounds();
            let run = (features / low.len()).max(1);
            let rows = input.chunks_exact_mut(features.max(1)).zip(self.noise.chunks_exact(features.max(1)));
            for (row, noise) in rows {
                let limits = low.iter().zip(high).flat_map(|limits| std::iter::repeat_n(limits, run));
                for ((x, noise), (low, high)) in row.iter_mut().zip(noise).zip(limits) {
                    *x = (*x + noise).clamp(*low, *high);
                }
            }
            self.input = input;
        }
    }

    /// Draws g as the settings say, or for back-propagation the noise on hidden pre-activations.
    pub fn perturb<W: Weights>(
        &mut self,
        network: &Network<'_, W>,
        settings: &Settings,
        random: &mut Random,
    ) {
        let hidden = Perturbation::Gaussian { std: settings.attack.hidden_noise };
        let (perturbation, blocks, per) = if settings.attack.hidden_noise > 0.0 {
            (hidden, PerturbedBlocks::Hidden, PerturbedPer::Sample)
        } else {
            (settings.attack.perturbation, settings.attack.perturbed_blocks, settings.attack.perturbed_per)
        };
        self.perturbation.clear();
        if perturbation == Perturbation::None {
            return;
        }
        let samples = self.len();
        self.perturbation.resize(samples * network.units(), 0.0);
        let last = match blocks {
            PerturbedBlocks::All => network.output(),
            PerturbedBlocks::Hidden => network.output() - 1,
        };
        if per == PerturbedPer::Sample {
            let end = network.range(last, samples).end;
            perturbation.fill(random, &mut self.perturbation[..end]);
            return;
        }
        for k in 1..=last {
            let g = &mut self.perturbation[network.range(k, samples)];
            let (first, others) = g.split_at_mut(network.blocks()[k].size());
            perturbation.fill(random, first);
            others.chunks_exact_mut(first.len()).for_each(|row| row.copy_from_slice(first));
        }
    }

    /// Adds `shift`, in the layout of the perturbation or empty, to what [`perturb`](Self::perturb) drew.
    pub fn perturb_further(&mut self, shift: &[f32]) {
        if self.perturbation.is_empty() {
            self.perturbation.extend_from_slice(shift);
        } else {
            self.perturbation.iter_mut().zip(shift).for_each(|(g, shift)| *g += shift);
        }
    }

    /// Draws a factor on the radius of the attack on each input: uniform on \[0, 2), 1 on average.
    pub fn radii(&self, random: &mut Random) -> Vec<f32> {
        let mut radius = || (random.next_u32() >> 8) as f32 * (2.0 / 16_777_216.0);
        (0..self.len()).map(|_| radius()).collect()
    }
}
