//! What the binaries share: the model and samples in flash, the clock, and how a program ends.
#![no_std]

use defmt_semihosting as _;

pub mod clock;
mod ending;
pub mod flash;
pub mod stack;
mod vectors;

pub use ending::{fail, succeed};

/// Units that a state has room for; a larger model is refused.
pub const UNITS: usize = 1024;

/// The state, in static memory: too large for most stacks.
pub fn state() -> &'static mut fenchel_core::State<UNITS> {
    cortex_m::singleton!(: fenchel_core::State<UNITS> = fenchel_core::State::new())
        .unwrap_or_else(|| fail("the state is already in use"))
}

/// The model in flash, or the end of the program with what is wrong.
pub fn model() -> fenchel_core::Model<'static> {
    match fenchel_core::Model::load(flash::MODEL) {
        Ok(model) => model,
        Err(error) => refuse(error),
    }
}

/// End the program with what `core` refused.
pub fn refuse(error: fenchel_core::Error) -> ! {
    defmt::error!("{}", defmt::Display2Format(&error));
    fail("bad input")
}

/// 1 at `class`, 0 elsewhere.
pub fn one_hot(values: &mut [f32], class: usize) {
    for (c, value) in values.iter_mut().enumerate() {
        *value = if c == class { 1.0 } else { 0.0 };
    }
}
