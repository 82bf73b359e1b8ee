//! Flips every single bit of the model file in RAM, and cuts the file at every length: each must be
//! refused. Then flips every bit and corrects the CRC, as an attacker would: the file may load or not, but
//! inference and relaxation on a loaded one must end without a fault.
#![no_std]
#![no_main]

use cortex_m_rt::entry;
use fenchel_core::{Model, Problem, Settings, State, checksum};
use fenchel_firmware::{fail, flash, succeed};

const ROOM: usize = 8 << 10;
const UNITS: usize = 64;

#[repr(C, align(16))]
struct Aligned([u8; ROOM]);

#[entry]
fn main() -> ! {
    let file = cortex_m::singleton!(: Aligned = Aligned([0; ROOM])).map(|aligned| &mut aligned.0);
    let size = flash::MODEL.len();
    let Some(file) = file.and_then(|file| file.get_mut(..size)) else {
        fail("the model is larger than there is room for");
    };
    file.copy_from_slice(flash::MODEL);
    if Model::load(file).is_err() {
        fail("the model doesn't load");
    }
    for bit in 0..8 * size {
        flip(file, bit);
        if Model::load(file).is_ok() {
            fail("a damaged model loads");
        }
        flip(file, bit);
    }
    defmt::println!("flips refused {=usize} of {=usize}", 8 * size, 8 * size);
    for length in 0..size {
        if Model::load(file.get(..length).unwrap_or_default()).is_ok() {
            fail("a model cut short loads");
        }
    }
    defmt::println!("lengths refused {=usize} of {=usize}", size, size);
    let mut loaded = 0usize;
    for bit in 0..8 * (size - 4) {
        flip(file, bit);
        mend(file);
        loaded += usize::from(try_all(file).is_ok());
        flip(file, bit);
    }
    defmt::println!("mended flips {=usize}, loaded {=usize}", 8 * (size - 4), loaded);
    succeed()
}

fn flip(file: &mut [u8], bit: usize) {
    if let Some(byte) = file.get_mut(bit / 8) {
        *byte ^= 1 << (bit % 8);
    }
}

fn mend(file: &mut [u8]) {
    if let Some((content, crc)) = file.split_last_chunk_mut::<4>() {
        let mut digest = checksum();
        digest.update(content);
        *crc = digest.finalize().to_le_bytes();
    }
}

fn try_all(file: &[u8]) -> Result<(), fenchel_core::Error> {
    let model = Model::load(file)?;
    let network = model.network();
    let mut state = State::<UNITS>::new();
    let values = [0.5; UNITS];
    let of = |n: usize| values.get(..n).unwrap_or_default();
    let (input, target) = (of(network.input_units()), of(network.output_units()));
    core::hint::black_box(network.infer(input, state.scratch(&network)?)?);
    if let Some(contrast) = model.training().contrast() {
        let problem = Problem::new(input, &contrast.nudges[1..], target).with_attack(target);
        let mut view = state.view(&network)?;
        core::hint::black_box(network.relax(&problem, &mut view, &Settings::default()).is_ok());
    }
    Ok(())
}
