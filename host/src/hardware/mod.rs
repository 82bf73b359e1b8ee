//! Simulation of networks on analog hardware: the accuracy that remains with flawed devices.
//!
//! A [`Profile`] describes the devices. A [`Chip`] is one random draw of their flaws with a network
//! programmed into it; core's relaxation runs on its arrays, W forwards and Wᵀ from a feedback array.
//! [`trials`] evaluates many chips.

mod array;
mod cells;
mod chip;
mod converter;
pub mod devices;
mod learning_chip;
mod monte_carlo;
mod output_range;
mod profile;
mod severity;
pub mod spice;
mod sweep;

pub use array::{Array, Reading};
pub use chip::{Chip, Relaxed};
pub use converter::{convert_input, convert_output};
pub use devices::{Devices, Pair};
pub use learning_chip::LearningChip;
pub use monte_carlo::{AccuracyDistribution, MonteCarlo, NudgedSamples, Trial, mean_accuracy, nudge, trials};
pub use output_range::Outputs;
pub use profile::{PRESETS, Profile};
pub use sweep::Sweep;
