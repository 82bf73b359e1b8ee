//! Lifted neural networks as energy minimisers: `no_std`, no heap, no panic.
//!
//! A lifted network with blocks k = 0..L of n_k units finds its activities z by minimising
//!
//! ```text
//! E(z) = Σ_k γ_k·D_k(z_k, a_k) + Σ_k g_k·z_k + s/2 ‖z_L‖² − r·z_L,   z_0 = x clamped,
//! a_k  = Σ_{j<k} W_kj z_j + b_k                                       (eq. 4)
//! D_k  = ½‖z − f(a)‖² + (a − f(a))·(f(a) − z),  z ∈ C_k               (eq. 3, 14)
//! ```
//!
//! where the activation f_k projects on the convex set C_k. Which inference problem it is, of all
//! that the training objectives contrast, is the choice of s, r and g alone: see [`Objective`].
//!
//! | letter | shape | meaning |
//! |---|---|---|
//! | x = z_0 | (B, n_0) | input, scaled to about [0, 1] |
//! | W_kj | (n_k, n_j) | weights, (fan-out, fan-in) |
//! | b_k, γ_k | (n_k) | bias; weight of the unit's potential |
//! | a_k | (rows, n_k) | pre-activations |
//! | z_k, d_k, e_k | (rows, n_k) | activities; z_k − f(a_k); the error with z_k = f(a_k + e_k) |
//!
//! All numbers are `f32`. Every sum runs in ascending index order, multiplied and then added,
//! never fused, so that the same model gives the same bits on a desk and on a microcontroller.
//!
//! Infer: [`Model::load`], then [`Network::infer`]. Relax: [`Network::relax`] on a [`State`].
#![no_std]
#![deny(unsafe_code)]
#![deny(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::unreachable,
    clippy::todo
)]

mod activation;
mod bits;
mod confidence;
mod error;
mod file;
mod graph;
mod integer;
mod kernel;
mod label;
mod learn;
mod network;
mod normal;
mod operator;
mod potential;
mod problem;
mod relax;
mod scaling;
mod state;
mod task;

pub use activation::Activation;
pub use confidence::{Confidence, Rejection, margin, softmax};
/// The type of [`checksum`], of the crate `crc`.
pub use crc::Digest;
/// The crate of the trait of flash memories that [`Slots`] takes.
#[cfg(feature = "flash")]
pub use embedded_storage;
pub use error::{Error, Quantity};
pub use file::{
    Arithmetic, Bounds, FORMAT_VERSION, Header, Input, MAX_BLOCKS, MAX_CONNECTIONS, MAX_UNITS, Model,
    ModelFields, PARAMETER_ALIGNMENT, Training, TrainingData, checksum,
};
#[cfg(feature = "flash")]
pub use file::{Saved, SlotError, Slots};
pub use graph::{Block, Connection, Graph};
pub use integer::{IntegerMatrix, IntegerModel, IntegerOutputs, IntegerState, IntegerView, RawValue};
pub use label::label;
pub use learn::{
    Attack, Contrast, Gradient, InputBlock, Objective, Originals, Perturbation, RawValues, Ring,
};
#[cfg(feature = "learn")]
pub use learn::{
    LearnMemory, LearnRoom, LearnSettings, LearnSizes, Learner, Rollback, Scope, StepRule, Update,
    UpdateStatus,
};
pub use network::Network;
pub use operator::{Operator, PANEL, Packed, Precision, Weights, pack, packed_len};
pub use potential::{Misfit, Potential};
pub use problem::{Nudge, Problem};
/// The crate of the traits that [`Random`] implements and [`Perturbation::fill`] takes.
pub use rand_core;
/// The generator of every random draw, the same bits on every machine.
pub use rand_xoshiro::Xoshiro128PlusPlus as Random;
pub use relax::{DIVERGED, Outcome, Schedule, Settings, Status, Sweep};
pub use scaling::Scaling;
pub use state::{State, StateView};
pub use task::{Names, Task, Threshold, reconstruction_error};
