//! Learns, saves what it learned, resets the board, and goes on from what it loads; the third save is cut short by
//! a reset.
//!
//! After each start but the first it prints `version N parameters HEX file HEX`: the checksum of the learner's
//! parameters, and that at the end of the newest good model's file.
#![no_std]
#![no_main]

use core::fmt::Debug;

use cortex_m::peripheral::SCB;
use cortex_m_rt::entry;
use fenchel_core::{LearnRoom, LearnSettings, Learner, Model, SlotError, Slots, checksum};
use fenchel_firmware::nor;
use fenchel_firmware::{fail, flash, model, one_hot, refuse, succeed};

#[path = "../keeping.rs"]
mod keeping;

const LARGEST: usize = 1024;
const CLASSES: usize = 64;
/// Words of the third save after which the board is reset.
const UNTIL_RESET: usize = 200;
const SLOT: usize = nor::SIZE / 2;

type Room = LearnRoom<8192, 2048>;

#[repr(C, align(16))]
struct Buffer([u8; SLOT]);

#[entry]
fn main() -> ! {
    let Some(room) = cortex_m::singleton!(: Room = Room::new()) else { fail("the room is already in use") };
    let Some(buffer) = cortex_m::singleton!(: Buffer = Buffer([0; SLOT])) else {
        fail("the buffer is already in use")
    };
    // SAFETY: once after a start.
    let (nor, start) = unsafe { nor::take() };
    let cut = start + 1 == keeping::STARTS;
    let nor = if cut { nor.resetting(UNTIL_RESET) } else { nor };
    let mut slots = Slots::new(nor, 0..nor::SIZE as u32).unwrap_or_else(|error| end(error));
    let (model, version) = match slots.load(&mut buffer.0).unwrap_or_else(|error| end(error)) {
        Some((model, saved)) => (model, saved.version),
        None => (model(), 0),
    };
    let network = model.network();
    let settings = LearnSettings::default();
    let memory = settings.sizes(&network).and_then(|sizes| room.memory(sizes));
    let memory = memory.unwrap_or_else(|error| refuse(error));
    let mut learner = Learner::new(network, settings, memory).unwrap_or_else(|error| refuse(error));
    if version > 0 {
        print(version, &model, &learner);
    }
    if start == keeping::STARTS {
        succeed();
    }
    learn(&model, &mut learner, version as usize * keeping::STEPS);
    let saved = learner.with_fields(&model.fields(), |fields| slots.save(fields));
    saved.unwrap_or_else(|error| refuse(error)).unwrap_or_else(|error| end(error));
    if cut {
        fail("expected a reset while saving");
    }
    SCB::sys_reset()
}

fn print(version: u32, model: &Model, learner: &Learner) {
    let (mut parameters, mut file) = (checksum(), 0);
    learner.parameters().iter().for_each(|value| parameters.update(&value.to_le_bytes()));
    let written = learner.with_fields(&model.fields(), |fields| {
        fields.write(|bytes| {
            // The last four bytes are the checksum of the others.
            file = bytes.try_into().map_or(file, u32::from_le_bytes);
            Ok(())
        })
    });
    written.and_then(|written| written).unwrap_or_else(|error| refuse(error));
    let parameters = parameters.finalize();
    defmt::println!("version {=u32} parameters {=u32:08x} file {=u32:08x}", version, parameters, file);
}

/// Learns from the next samples, after `from` of them.
fn learn(model: &Model, learner: &mut Learner, from: usize) {
    let (mut input, mut target) = ([0.0; LARGEST], [0.0; CLASSES]);
    for sample in flash::samples().skip(from).take(keeping::STEPS) {
        let outputs = model.network().output_units();
        let (Some(input), Some(target)) = (input.get_mut(..sample.len()), target.get_mut(..outputs)) else {
            fail("a sample is larger than there is room for");
        };
        sample.scale(model.scaling(), input).unwrap_or_else(|error| refuse(error));
        one_hot(target, sample.label.into());
        learner.learn(input, target).unwrap_or_else(|error| refuse(error));
    }
}

fn end<E: Debug>(error: SlotError<E>) -> ! {
    defmt::error!("{}", defmt::Display2Format(&error));
    fail("the flash memory failed")
}
