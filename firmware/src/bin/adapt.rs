//! Learns from the first samples in flash, and prints how many of the others it classifies rightly before and after.
//!
//! It prints `before N`, `after N`, `parameters HEX` (the checksum of all learned parameters), `instructions N` of all
//! steps together, and `bytes N N N`: of the parameters, of the state, and of the learner itself.
#![no_std]
#![no_main]

use cortex_m_rt::entry;
use fenchel_core::{LearnRoom, LearnSettings, Learner, Model, checksum, label};
use fenchel_firmware::flash::{self, Sample};
use fenchel_firmware::{clock, fail, model, one_hot, refuse, succeed};

#[path = "../adapting.rs"]
mod adapting;

const LARGEST: usize = 1024;
const CLASSES: usize = 64;

type Room = LearnRoom<8192, 2048>;

#[entry]
fn main() -> ! {
    let model = model();
    let Some(room) = cortex_m::singleton!(: Room = Room::new()) else { fail("the room is already in use") };
    let network = model.network();
    let settings = LearnSettings::default();
    let sizes = settings.sizes(&network).unwrap_or_else(|error| refuse(error));
    let memory = room.memory(sizes).unwrap_or_else(|error| refuse(error));
    let mut learner = Learner::new(network, settings, memory).unwrap_or_else(|error| refuse(error));
    defmt::println!("before {=usize}", right(&model, &mut learner));
    let (mut input, mut target, mut instructions) = ([0.0; LARGEST], [0.0; CLASSES], 0);
    for sample in flash::samples().take(adapting::LEARNED) {
        let input = scaled(&model, sample, &mut input);
        let Some(target) = target.get_mut(..network.output_units()) else { fail("too many classes") };
        one_hot(target, sample.label.into());
        let (counted, update) = clock::instructions(|| learner.learn(input, target));
        update.unwrap_or_else(|error| refuse(error));
        instructions += counted;
    }
    defmt::println!("after {=usize}", right(&model, &mut learner));
    let mut digest = checksum();
    learner.parameters().iter().for_each(|value| digest.update(&value.to_le_bytes()));
    defmt::println!("parameters {=u32:08x}", digest.finalize());
    defmt::println!("instructions {=u32}", instructions);
    let (parameters, state) = (4 * sizes.parameters, 4 * sizes.state);
    defmt::println!("bytes {=usize} {=usize} {=usize}", parameters, state, size_of::<Learner>());
    succeed()
}

/// Returns how many of the samples that aren't learned get their label.
fn right(model: &Model, learner: &mut Learner) -> usize {
    let mut input = [0.0; LARGEST];
    let is_right = |sample: &Sample| {
        let input = scaled(model, *sample, &mut input);
        let answer = learner.infer(input).unwrap_or_else(|error| refuse(error));
        label(answer) == usize::from(sample.label)
    };
    flash::samples().skip(adapting::LEARNED).filter(is_right).count()
}

/// Returns the scaled sample, in `input`.
fn scaled<'i>(model: &Model, sample: Sample, input: &'i mut [f32; LARGEST]) -> &'i [f32] {
    let Some(input) = input.get_mut(..sample.len()) else {
        fail("a sample is larger than there is room for")
    };
    sample.scale(model.scaling(), input).unwrap_or_else(|error| refuse(error));
    input
}
