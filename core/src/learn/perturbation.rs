//! The perturbation g of the inference problems: a linear term g·z drawn for each sample.

use crate::normal::{normal, unit};
use rand_core::Rng;
use serde::{Deserialize, Serialize};

/// The distribution of the perturbation g.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Perturbation {
    /// No perturbation: g = 0.
    None,
    /// g ~ N(0, std²), drawn for each unit and sample. The paper's N(0, 1/16) is std = 1/16.
    Gaussian {
        /// The standard deviation, in units of an activity.
        std: f32,
    },
    /// g ∈ {0, M}, M with this probability, drawn for each unit and sample: a linear cost that
    /// silences a ReLU unit whose a is below M/γ.
    Dropout {
        /// The probability of M, in \[0, 1\].
        probability: f32,
        /// The value M, in units of an activity.
        magnitude: f32,
    },
}

impl Perturbation {
    /// Draws g, any number of values; the same generator gives the same bits on every machine.
    pub fn fill(self, random: &mut impl Rng, g: &mut [f32]) {
        match self {
            Self::None => g.fill(0.0),
            Self::Gaussian { std } => g.iter_mut().for_each(|g| *g = std * normal(random)),
            Self::Dropout { probability, magnitude } => {
                for g in g {
                    *g = if unit(random) < probability { magnitude } else { 0.0 };
                }
            }
        }
    }
}
