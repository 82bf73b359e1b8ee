//! Classifies one image, then relaxes it towards its own label. Copy this crate, put your sensor in place
//! of the image, and your output in place of `report`.
#![no_std]
#![no_main]

mod classify;
mod model;
mod report;
mod stack;

use classify::{IMAGE, Memory};
use cortex_m_semihosting::debug;

#[cortex_m_rt::entry]
fn main() -> ! {
    let memory = cortex_m::singleton!(: Memory = Memory::new());
    let mut ending = debug::EXIT_FAILURE;
    // Loaded once; the model refers to its weights in flash. By reference: each copy takes 1.6 KB of stack.
    match (&classify::load(), memory) {
        (Ok(model), Some(memory)) => match memory.classify(model, &IMAGE) {
            Ok((class, outcome)) => {
                report::answer(model, class, &outcome);
                ending = debug::EXIT_SUCCESS;
            }
            Err(error) => report::refused(&error),
        },
        (Err(error), _) => report::refused(error),
        // The memory is asked for once.
        (Ok(_), None) => {}
    }
    end(ending)
}

/// Ends the program in an emulator or under a debugger; a device of your own goes on instead.
fn end(status: debug::ExitStatus) -> ! {
    debug::exit(status);
    loop {
        cortex_m::asm::bkpt();
    }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    report::say("panic\n");
    end(debug::EXIT_FAILURE)
}
