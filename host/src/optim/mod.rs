//! Optimisers: from a gradient to a step.

mod adam;

pub use adam::Adam;
