//! Learns in place from the samples in flash, over and over, in several ways, and prints a checksum of all
//! learned parameters after 1, 10, 100 and 1,000 steps.
//!
//! It prints `way W steps N loss HEX parameters HEX` at these steps and at the last, `instructions N of
//! MACS` for the first steps of the first way, and the bytes of its memory.
#![no_std]
#![no_main]

use cortex_m_rt::entry;
use fenchel_core::{LearnRoom, LearnSettings, Learner, Model, Update, checksum};
use fenchel_firmware::{clock, fail, flash, model, refuse, succeed};

#[path = "../learning.rs"]
mod learning;

const LARGEST: usize = 1024;
const CLASSES: usize = 64;
/// Number of steps whose instructions are counted.
const COUNTED: u32 = 10;

type Room = LearnRoom<8192, 2048, 8192>;

#[entry]
fn main() -> ! {
    let model = model();
    let Some(room) = cortex_m::singleton!(: Room = Room::new()) else { fail("the room is already in use") };
    let macs = macs(&model);
    for (way, (settings, steps)) in learning::STEPS.into_iter().enumerate() {
        learn(&model, room, settings, |number, instructions, update, learner| {
            if way == 0 && number <= COUNTED {
                defmt::println!("instructions {=u32} of {=usize}", instructions, macs);
            }
            if [1, 10, 100, 1000, steps].contains(&number) {
                let mut digest = checksum();
                learner.parameters().iter().for_each(|value| digest.update(&value.to_le_bytes()));
                defmt::println!(
                    "way {=usize} steps {=u32} loss {=u32:08x} parameters {=u32:08x}",
                    way,
                    number,
                    update.loss.to_bits(),
                    digest.finalize()
                );
            }
            number < steps
        });
    }
    let network = model.network();
    let sizes = learning::DEFAULT.sizes(&network).unwrap_or_else(|error| refuse(error));
    defmt::println!("parameters {=usize} bytes", 4 * sizes.parameters);
    defmt::println!("state {=usize} bytes", 4 * sizes.state);
    defmt::println!("learner {=usize} bytes", size_of::<Learner>());
    succeed()
}

/// Learns by `settings` from the model's own parameters on, as long as `see` returns true.
fn learn(
    model: &Model,
    room: &mut Room,
    settings: LearnSettings,
    mut see: impl FnMut(u32, u32, Update, &Learner) -> bool,
) {
    let network = model.network();
    let memory = settings.sizes(&network).and_then(|sizes| room.memory(sizes));
    let memory = memory.unwrap_or_else(|error| refuse(error));
    let mut learner = Learner::new(network, settings, memory).unwrap_or_else(|error| refuse(error));
    let (mut input, mut target, mut attack) = ([0.0; LARGEST], [0.0; CLASSES], [0.0; CLASSES]);
    let classes = network.output_units();
    let mut number = 0;
    loop {
        for sample in flash::samples() {
            let (Some(input), Some(target), Some(attack)) =
                (input.get_mut(..sample.len()), target.get_mut(..classes), attack.get_mut(..classes))
            else {
                fail("a sample is larger than there is room for");
            };
            sample.scale(model.scaling(), input).unwrap_or_else(|error| refuse(error));
            sample.nudge(target, attack);
            let attack: &[f32] = if learner.is_attacked() { attack } else { &[] };
            let (instructions, update) = clock::instructions(|| learner.learn_against(input, target, attack));
            number += 1;
            if !see(number, instructions, update.unwrap_or_else(|error| refuse(error)), &learner) {
                return;
            }
        }
    }
}

/// Returns the multiply-adds of a step without sweeps: forward and update take every connection, the
/// backward pass only those that don't start at the input.
fn macs(model: &Model) -> usize {
    let network = model.network();
    let above = (2..=network.output()).flat_map(|k| network.weights_into(k));
    let above = above.filter(|(c, _)| c.from > 0).map(|(_, weights)| fenchel_core::Weights::macs(weights));
    2 * network.macs() + above.sum::<usize>()
}
