//! Writes a network as an analog circuit for ngspice, whose voltages settle at the relaxed state.
//!
//! Every unit is a capacitor at voltage z_i, charged by the current −∂E/∂z_i and held in C by an ideal
//! clamp. 1 V is an activity of 1, 1 mA a force of 1; C = 1 nF, so a unit with γ = 1 left to itself
//! settles with a time constant of 1 µs.

mod check;
mod contrast;
mod crossbar;
mod ideal;
mod netlist;
mod ngspice;

pub use check::{Comparison, EnergyTransient, check, settle};
pub use contrast::{contrast, outputs};
pub use crossbar::{Crossbar, OpAmps};
pub use netlist::{Analysis, Level, netlist};
