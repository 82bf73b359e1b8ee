//! Ends QEMU: with success, or with failure on a panic or fault, so that no program hangs.

use cortex_m_semihosting::debug::{EXIT_FAILURE, EXIT_SUCCESS, exit};

/// Ends the program with success.
pub fn succeed() -> ! {
    exit(EXIT_SUCCESS);
    halt()
}

/// Ends the program with failure, and prints why.
pub fn fail(why: &str) -> ! {
    defmt::error!("failed: {=str}", why);
    exit(EXIT_FAILURE);
    halt()
}

/// Stops the program if a debugger refuses to exit.
fn halt() -> ! {
    loop {
        cortex_m::asm::bkpt();
    }
}

#[panic_handler]
fn panic(info: &core::panic::PanicInfo) -> ! {
    defmt::error!("{}", defmt::Display2Format(info));
    fail("panic")
}

#[cortex_m_rt::exception]
unsafe fn HardFault(frame: &cortex_m_rt::ExceptionFrame) -> ! {
    defmt::error!("fault at {=u32:#x}", frame.pc());
    fail("hard fault")
}

#[cortex_m_rt::exception]
unsafe fn DefaultHandler(number: i16) {
    defmt::error!("exception {=i16}", number);
    fail("exception without a handler")
}
