//! Networks on analog hardware: what its flaws leave of them.
//!
//! A [`Profile`] says what devices are like. A [`Chip`] is one draw of its flaws with a network programmed
//! into it: core's relaxation runs on its arrays, W forwards and Wᵀ from a feedback array. [`trials`] tries
//! many.

mod array;
mod chip;
mod converter;
pub mod devices;
mod monte_carlo;
mod output_range;
mod profile;
pub mod spice;
mod sweep;

pub use array::{Array, Reading};
pub use chip::{Chip, Relaxed};
pub use converter::{convert_input, convert_output};
pub use devices::{Devices, Pair};
pub use monte_carlo::{Lot, Nudged, Spread, Trial, mean_accuracy, nudge, trials};
pub use output_range::Outputs;
pub use profile::{PRESETS, Profile};
pub use sweep::Sweep;
