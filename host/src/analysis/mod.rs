//! Analyses of a trained network: accuracy, robustness, bounds on the nudge, cost on a device, statistics.

pub mod any_model;
/// The boards that the firmware runs on.
pub mod boards;
pub mod calibration;
pub mod cost;
pub mod evaluate;
pub mod nudge_bounds;
pub mod quality;
pub mod relaxed;
pub mod robustness;
pub mod sample;
pub mod statistics;
pub mod theory;
