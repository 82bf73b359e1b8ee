//! A network on the desk: its shape, its weights, and back-propagation through it.

pub mod architecture;
pub mod backprop;
mod gradient;
mod matrix;
mod parameters;

pub use architecture::Architecture;
pub use gradient::DenseGradient;
pub use matrix::Matrix;
pub use parameters::Parameters;
