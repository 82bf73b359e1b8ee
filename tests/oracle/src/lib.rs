//! The mathematics in `f64` and plain loops, and random networks, against which `core` is tested.
//!
//! | module | is |
//! |---|---|
//! | [`graph`] | network, energy, gradient and back-propagation in `f64` |
//! | [`potential`] | activations and potentials of one block in `f64` |
//! | [`relaxation`] | the three schedules in `f64` |
//! | [`flat_gradient`] | gradients as one list, to compare core's with the oracle's |
//! | [`integer`] | inference in integer arithmetic with exact fractions |
//! | [`weights`] | a weight matrix as the textbook's `f32` loops, in order |
//! | [`random_network`] | networks and problems to try them on |
//! | [`model_files`] | the fuzzing corpus of model files, compiled in |
//! | [`tolerance`] | how far `core` may be from them, and why |
//!
//! It needs nothing but `core`, so that `cargo test -p fenchel-core` doesn't compile the host.

pub mod flat_gradient;
pub mod graph;
pub mod integer;
pub mod model_files;
pub mod potential;
pub mod random_network;
pub mod relaxation;
pub mod tolerance;
pub mod weights;
