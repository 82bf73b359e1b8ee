//! Train lifted neural networks, and export them to run as energy minimisers on a microcontroller.
//!
//! Data flows one way: [`data`] → [`Parameters`] → relaxation (in `fenchel_core`) → gradient →
//! [`train`](train::train) → [`export`] → device. The command `fenchel` is a thin layer over this library.

pub mod architecture;
pub mod backprop;
pub mod bench;
pub mod command;
pub mod data;
mod error;
pub mod evaluate;
pub mod exchange;
pub mod export;
pub mod files;
mod gemm;
mod gradient;
pub mod hardware;
mod matrix;
pub mod narrow;
mod npz;
mod optimiser;
mod parameters;
pub mod report;
pub mod reproduce;
pub mod robustness;
pub mod run;
pub mod safety;
pub mod sample;
pub mod spelling;
pub mod spice;
pub mod target;
pub mod theory;
pub mod train;

pub use architecture::Architecture;
pub use error::BadInput;
pub use gradient::DenseGradient;
pub use matrix::Matrix;
pub use optimiser::Adam;
pub use parameters::Parameters;
