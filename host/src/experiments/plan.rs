//! Settings that the paper's experiments share.

use crate::train::{ObjectiveName, Settings};

/// How much to train.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Number of seeds; they are 0..seeds.
    pub seeds: u64,
    /// Number of epochs of training, and of pretraining.
    pub epochs: u32,
    /// Size of the random subset.
    pub samples: usize,
}

impl Plan {
    /// Returns the settings of the paper's experiments: 256-256 hidden units, batches of 50, Adam at 2e-4.
    pub fn settings(self, data: &str, objective: ObjectiveName, seed: u64) -> Settings {
        Settings::new(data, objective).with(|settings| {
            settings.seed = seed;
            settings.data.samples = Some(self.samples);
            settings.network.layers = vec![256, 256];
            settings.optimiser.learning_rate = 2e-4;
            settings.optimiser.epochs = self.epochs;
        })
    }
}

/// Values of γ on three blocks with γ_{k+1}/γ_k = 4 and γ_L = 1.
pub const RATIO_4: &[f32] = &[1.0 / 16.0, 0.25, 1.0];
