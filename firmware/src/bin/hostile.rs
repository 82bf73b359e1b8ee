//! Loads many model files: the first few are valid and must load, all others are hostile and must be
//! refused.
//!
//! In place of the model there is a container: the number of valid files and of all files, then each file
//! after its length. All numbers are little-endian u32, and every length is at a multiple of 16 bytes minus
//! 4.
#![no_std]
#![no_main]

use cortex_m_rt::entry;
use fenchel_core::Model;
use fenchel_firmware::{fail, flash, succeed};

const ALIGNMENT: usize = 16;

#[entry]
fn main() -> ! {
    let (right, all) = (word(0), word(4));
    let mut place = 2 * ALIGNMENT - 4;
    for number in 0..all {
        let length = word(place);
        let Some(file) = flash::MODEL.get(place + 4..).and_then(|rest| rest.get(..length)) else {
            fail("the container ends early");
        };
        if Model::load(file).is_ok() != (number < right) {
            defmt::error!("file {=usize}", number);
            fail("a hostile file loads, or a right one doesn't");
        }
        place += (4 + length).next_multiple_of(ALIGNMENT);
    }
    defmt::println!("hostile files refused {=usize} of {=usize}", all - right, all - right);
    succeed()
}

fn word(place: usize) -> usize {
    match flash::MODEL.get(place..).and_then(|rest| rest.first_chunk()) {
        Some(bytes) => u32::from_le_bytes(*bytes) as usize,
        None => fail("the container ends early"),
    }
}
