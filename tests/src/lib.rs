//! What the integration tests share: the mathematics in `f64` and loops, to hold `core` to.
//!
//! | module | is |
//! |---|---|
//! | [`oracle`] | network, energy, gradient and back-propagation in `f64` |
//! | [`oracle_potential`] | activations and potentials of one block in `f64` |
//! | [`oracle_relaxation`] | the three schedules in `f64` |
//! | [`oracle_weights`] | a weight matrix as the textbook's `f32` loops, in order |
//! | [`random_network`] | networks and problems to try them on |
//! | [`readers`] | every reader of files from outside, as fuzzing and its replay call it |
//! | [`tolerance`] | how far `core` may be from them, and why |

pub mod oracle;
pub mod oracle_potential;
pub mod oracle_relaxation;
pub mod oracle_weights;
pub mod random_network;
pub mod readers;
pub mod tolerance;
