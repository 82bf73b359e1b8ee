//! Networks on analog hardware: what its flaws leave of them.

mod profile;

pub use profile::{PRESETS, Profile};
