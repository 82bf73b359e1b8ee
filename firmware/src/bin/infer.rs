//! Runs every sample through the model in flash and prints the answer's bits, its label and the
//! instructions.
//!
//! Prints `sample INDEX label LABEL instructions N bits HEX…`, then a summary. Of the first samples of a calibrated
//! classifier also `probability HEX` for each class. Of a regression also `value HEX` for each
//! output in the user's unit, of a reconstruction `score HEX anomaly BOOL`.
#![no_std]
#![no_main]

use cortex_m_rt::entry;
use fenchel_core::{State, Task, label, reconstruction_error, softmax};
use fenchel_firmware::{UNITS, clock, flash, model, refuse, state, succeed};

/// Largest number of values in a sample.
const INPUT: usize = 1024;
/// Classes or targets that there is room for.
const OUTPUTS: usize = 64;
/// Number of samples whose probabilities are printed.
const PROBABILITIES: u32 = 100;

#[entry]
fn main() -> ! {
    let model = model();
    let network = model.network();
    let state = state();
    let mut input = [0.0; INPUT];
    let (mut correct, mut count) = (0u32, 0u32);
    for sample in flash::samples() {
        let Some(input) = input.get_mut(..sample.len()) else {
            fenchel_firmware::fail("a sample is larger than the input has room for");
        };
        sample.scale(model.scaling(), input).unwrap_or_else(|error| refuse(error));
        let activities = state.scratch(&network).unwrap_or_else(|error| refuse(error));
        let (instructions, outputs) = clock::instructions(|| network.infer(input, activities));
        let outputs = outputs.unwrap_or_else(|error| refuse(error));
        let label = label(outputs);
        defmt::println!("sample {=u32} label {=usize} instructions {=u32}", count, label, instructions);
        for output in outputs {
            defmt::println!("bits {=u32:08x}", output.to_bits());
        }
        let mut room = [0.0; OUTPUTS];
        match model.task() {
            Task::Classification { confidence, .. } => {
                if let Some(temperature) = confidence.temperature.filter(|_| count < PROBABILITIES) {
                    let values = copy(outputs, &mut room);
                    softmax(values, temperature);
                    values.iter().for_each(|p| defmt::println!("probability {=u32:08x}", p.to_bits()));
                }
            }
            Task::Regression { scaling, .. } => {
                let values = copy(outputs, &mut room);
                scaling.restore(values).unwrap_or_else(|error| refuse(error));
                values.iter().for_each(|value| defmt::println!("value {=u32:08x}", value.to_bits()));
            }
            Task::Reconstruction { threshold } => {
                let score = reconstruction_error(input, outputs);
                let anomaly = threshold.is_some_and(|threshold| threshold.is_exceeded(score));
                defmt::println!("score {=u32:08x} anomaly {=bool}", score.to_bits(), anomaly);
            }
        }
        correct += u32::from(label == usize::from(sample.label));
        count += 1;
    }
    defmt::println!("correct {=u32} of {=u32}", correct, count);
    defmt::println!("state {=usize} bytes, macs {=usize}", State::<UNITS>::BYTES, network.macs());
    succeed()
}

/// Returns a copy of the outputs in `room`.
fn copy<'a>(outputs: &[f32], room: &'a mut [f32; OUTPUTS]) -> &'a mut [f32] {
    let Some(values) = room.get_mut(..outputs.len()) else {
        fenchel_firmware::fail("more outputs than there is room for");
    };
    values.copy_from_slice(outputs);
    values
}
