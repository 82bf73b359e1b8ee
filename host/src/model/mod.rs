//! A network on the PC: its shape, its parameters, and back-propagation through it.

pub mod architecture;
pub mod backprop;
mod gradient;
mod matrix;
mod parameters;

pub use architecture::Architecture;
pub use gradient::DenseGradient;
pub use matrix::Matrix;
pub use parameters::Parameters;
