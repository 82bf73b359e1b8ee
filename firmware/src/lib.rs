//! What the binaries share: the model and samples in flash, the clock, and how a program ends.
#![no_std]

use defmt_semihosting as _;

pub mod clock;
mod ending;
pub mod flash;
pub mod nor;
pub mod stack;
mod vectors;

pub use ending::{fail, succeed};

/// Number of units for which a state has room; a larger model is refused.
pub const UNITS: usize = 1024;

/// Returns the state, which is in static memory because it is too large for most stacks.
pub fn state() -> &'static mut fenchel_core::State<UNITS> {
    cortex_m::singleton!(: fenchel_core::State<UNITS> = fenchel_core::State::new())
        .unwrap_or_else(|| fail("the state is already in use"))
}

/// Returns the model in flash, or ends the program with a message if it doesn't load.
pub fn model() -> fenchel_core::Model<'static> {
    match fenchel_core::Model::load(flash::MODEL) {
        Ok(model) => model,
        Err(error) => refuse(error),
    }
}

/// Ends the program with the error that `core` returned.
pub fn refuse(error: fenchel_core::Error) -> ! {
    defmt::error!("{}", defmt::Display2Format(&error));
    fail("bad input")
}

/// Sets `values` to 1 at `class` and to 0 elsewhere.
pub fn one_hot(values: &mut [f32], class: usize) {
    for (c, value) in values.iter_mut().enumerate() {
        *value = if c == class { 1.0 } else { 0.0 };
    }
}
