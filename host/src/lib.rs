//! Trains small, robust neural networks and exports them to run on a microcontroller with bit-identical
//! results.
//!
//! Data flow one way: [`data`] → [`Parameters`] → relaxation (in `fenchel_core`) → gradient →
//! [`train`](train::train) → [`store`] → device. The command `fenchel` is a thin layer over this library.
//!
//! Folders depend on each other in one direction only, from `cli` down to `model` and `gemm`.

pub mod adapt;
pub mod analysis;
pub mod cli;
pub mod convert;
pub mod data;
mod error;
pub mod experiments;
mod gemm;
pub mod hardware;
pub mod model;
mod npz;
pub mod optim;
pub mod output;
pub mod report;
pub mod spelling;
pub mod store;
pub mod task;
pub mod train;

pub use error::BadInput;
pub use model::{Architecture, DenseGradient, Matrix, Parameters};
pub use optim::{Optimiser, OptimiserName};
