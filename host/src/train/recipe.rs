//! Chooses steps and batch for a CSV or NPZ file, by its size.

use fenchel_core::Activation;

use super::{NetworkSettings, OptimiserSettings, Settings};

/// Number of steps for a small set.
const STEPS: usize = 3000;
/// Least number of passes over a large set.
const EPOCHS: u32 = 20;
/// Most samples for which a held-out tenth matters: up to here training ends with a fit to all of them.
const REFIT: usize = 10_000;
/// Share of the learning rate at the end.
const FINAL_RATE: f32 = 0.02;

/// What a user chose of the recipe's settings; `None` leaves a choice to the recipe.
#[derive(Clone, Copy, Debug, Default)]
pub struct Chosen {
    /// Samples in each step.
    pub batch: Option<usize>,
    /// Number of passes over the samples.
    pub epochs: Option<u32>,
    /// Share of the learning rate at the last step.
    pub final_rate: Option<f32>,
    /// Whether the model is trained once more, on training and validation samples together.
    pub refit: Option<bool>,
}

impl OptimiserSettings {
    /// Takes the recipe for `samples` training samples, except for what was `chosen`. A random `subset` of the
    /// samples is never fitted together with the validation samples.
    pub fn take_recipe(&mut self, samples: usize, subset: bool, chosen: &Chosen) {
        let Self { batch, epochs, final_rate, refit, .. } = Self::recipe(samples);
        self.batch = chosen.batch.unwrap_or(batch);
        self.epochs = chosen.epochs.unwrap_or(epochs);
        self.final_rate = chosen.final_rate.unwrap_or(final_rate);
        self.refit = chosen.refit.unwrap_or(refit && !subset);
        if chosen.batch.is_some() && chosen.epochs.is_none() {
            self.set_steps(STEPS as u32, samples);
            self.epochs = self.epochs.max(EPOCHS);
        }
    }

    /// Returns the recipe for `samples` training samples: batches of a tenth of them, 8 to 50; 3,000 steps,
    /// or 20 epochs if that is more; a learning rate that falls linearly to 2 %; then a fit that includes
    /// the validation samples, if there are at most 10,000. docs/results/tables.md has the accuracies.
    pub fn recipe(samples: usize) -> Self {
        let defaults = Settings::new("", super::ObjectiveName::Backprop).optimiser;
        let batch = (samples / 10).clamp(8, 50);
        let epochs = epochs_of(STEPS, batch, samples).max(EPOCHS);
        Self { batch, epochs, final_rate: FINAL_RATE, refit: samples <= REFIT, ..defaults }
    }

    /// Sets the number of steps, rounded up to the end of an epoch.
    pub fn set_steps(&mut self, steps: u32, samples: usize) {
        self.epochs = epochs_of(steps as usize, self.batch, samples);
    }
}

impl NetworkSettings {
    /// Takes the layers of a network that gives `features` values back: 64, a few linear ones that all must pass, and 64.
    /// On the sets of docs/results/tables.md 5 find anomalies best, whether of 9 or of 240 values.
    pub fn set_narrow(&mut self, features: usize) {
        let narrow = (0.5 * (features as f64).sqrt()).round() as usize;
        self.layers = vec![64, narrow.clamp(5, 32), 64];
        self.activation = vec![Activation::Relu, Activation::Linear, Activation::Relu];
    }
}

fn epochs_of(steps: usize, batch: usize, samples: usize) -> u32 {
    let epochs = steps.div_ceil(samples.div_ceil(batch.max(1)).max(1)).max(1);
    u32::try_from(epochs).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_and_batch_follow_the_size() {
        let of = |samples| {
            let OptimiserSettings { batch, epochs, refit, .. } = OptimiserSettings::recipe(samples);
            (batch, epochs, refit)
        };
        // 36 samples: 5 steps an epoch; 1,400: 28; 60,000: 1,200, of which 3,000 would be 3 epochs.
        assert_eq!(of(36), (8, 600, true));
        assert_eq!(of(1400), (50, 108, true));
        assert_eq!(of(60_000), (50, 20, false));
    }
}
