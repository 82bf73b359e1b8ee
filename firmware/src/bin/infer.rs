//! Runs every sample through the model in flash and prints the answer's bits, its label and the
//! instructions.
//!
//! Prints `sample INDEX label LABEL instructions N bits HEX…`, then a summary.
#![no_std]
#![no_main]

use cortex_m_rt::entry;
use fenchel_core::{State, label};
use fenchel_firmware::{UNITS, clock, flash, model, refuse, state, succeed};

/// Largest number of values in a sample.
const INPUT: usize = 1024;

#[entry]
fn main() -> ! {
    let model = model();
    let network = model.network();
    let state = state();
    let mut input = [0.0; INPUT];
    let (mut correct, mut count) = (0u32, 0u32);
    for (raw, truth) in flash::samples() {
        let Some(input) = input.get_mut(..raw.len()) else {
            fenchel_firmware::fail("a sample is larger than the input has room for");
        };
        model.scaling().apply(raw, input).unwrap_or_else(|error| refuse(error));
        let activities = state.scratch(&network).unwrap_or_else(|error| refuse(error));
        let (instructions, outputs) = clock::instructions(|| network.infer(input, activities));
        let outputs = outputs.unwrap_or_else(|error| refuse(error));
        let label = label(outputs);
        defmt::println!("sample {=u32} label {=usize} instructions {=u32}", count, label, instructions);
        for output in outputs {
            defmt::println!("bits {=u32:08x}", output.to_bits());
        }
        correct += u32::from(label == usize::from(truth));
        count += 1;
    }
    defmt::println!("correct {=u32} of {=u32}", correct, count);
    defmt::println!("state {=usize} bytes, macs {=usize}", State::<UNITS>::BYTES, network.macs());
    succeed()
}
