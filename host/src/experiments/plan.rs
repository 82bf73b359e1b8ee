//! What the paper's experiments share.

use crate::train::{ObjectiveName, Settings};

/// What to run.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Seeds 0..this.
    pub seeds: u64,
    /// Epochs of training, and of pretraining.
    pub epochs: u32,
    /// Size of the random subset.
    pub samples: usize,
}

impl Plan {
    /// The settings of the paper's experiments: 256-256 hidden units, batches of 50, Adam at 2e-4.
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

/// γ_{k+1}/γ_k = 4 with γ_L = 1, on three blocks.
pub const RATIO_4: &[f32] = &[1.0 / 16.0, 0.25, 1.0];
