//! The perturbation g of the inference problems: a linear term g·z drawn for each sample.

use rand_core::Rng;
use serde::{Deserialize, Serialize};

/// The distribution of g.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Perturbation {
    /// g = 0.
    None,
    /// g ~ N(0, std²), each unit and sample for itself. The paper's N(0, 1/16) is std = 1/16.
    Gaussian {
        /// Standard deviation, in units of an activity.
        std: f32,
    },
    /// g ∈ {0, M}, M with this probability, each unit and sample for itself: a linear cost that
    /// silences a ReLU unit whose a is below M/γ.
    Dropout {
        /// Of M, in \[0, 1\].
        probability: f32,
        /// M, in units of an activity.
        magnitude: f32,
    },
}

impl Perturbation {
    /// Draw g, any number of values; the same bits everywhere for the same generator.
    pub fn fill(self, random: &mut impl Rng, g: &mut [f32]) {
        match self {
            Self::None => g.fill(0.0),
            Self::Gaussian { std } => {
                for pair in g.chunks_mut(2) {
                    let (first, second) = normal_pair(random);
                    for (g, normal) in pair.iter_mut().zip([first, second]) {
                        *g = std * normal;
                    }
                }
            }
            Self::Dropout { probability, magnitude } => {
                for g in g {
                    // Uniform on [0, 1) in steps of 2⁻²⁴.
                    let draw = (random.next_u32() >> 8) as f32 * (1.0 / 16_777_216.0);
                    *g = if draw < probability { magnitude } else { 0.0 };
                }
            }
        }
    }
}

/// Two independent standard normal values (Marsaglia's polar method).
fn normal_pair(random: &mut impl Rng) -> (f32, f32) {
    loop {
        let (x, y) = (signed_unit(random), signed_unit(random));
        let square = x * x + y * y;
        if square > 0.0 && square < 1.0 {
            let scale = libm::sqrtf(-2.0 * libm::logf(square) / square);
            return (x * scale, y * scale);
        }
    }
}

/// Uniform on [−1, 1) in steps of 2⁻²³.
fn signed_unit(random: &mut impl Rng) -> f32 {
    (random.next_u32() as i32 >> 8) as f32 * (1.0 / 8_388_608.0)
}
