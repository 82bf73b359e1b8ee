//! Classifies one image, then relaxes it towards its own label. Copy, and put your sensor in place of
//! the image and what your board does in place of `hprintln!`.
#![no_std]
#![no_main]

mod classify;

use classify::{IMAGE, UNITS, classify};
use cortex_m_rt::entry;
use cortex_m_semihosting::{debug, hprintln};
use fenchel_core::State;

#[entry]
fn main() -> ! {
    let state = cortex_m::singleton!(: State<UNITS> = State::new());
    let ending = match state.map(|state| classify(&IMAGE, state)) {
        Some(Ok((class, outcome))) => {
            hprintln!("label {}, {:?} after {} sweeps", class, outcome.status, outcome.last.sweep);
            hprintln!("energy bits {:08x}", outcome.last.energy.to_bits());
            debug::EXIT_SUCCESS
        }
        Some(Err(error)) => {
            hprintln!("{}", error);
            debug::EXIT_FAILURE
        }
        None => debug::EXIT_FAILURE,
    };
    debug::exit(ending);
    loop {
        cortex_m::asm::bkpt();
    }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {
        cortex_m::asm::bkpt();
    }
}
