//! The vector table's entries for the interrupts of the board's part, as a crate of its peripherals would
//! bring them: cortex-m-rt's own table has room for every interrupt that a core can have, 1 KiB. No
//! program here enables one.

include!(concat!(env!("OUT_DIR"), "/interrupts.rs"));

unsafe extern "C" {
    fn DefaultHandler();
}

/// The vector table's entries for all interrupts of the part.
#[unsafe(link_section = ".vector_table.interrupts")]
#[unsafe(no_mangle)]
pub static __INTERRUPTS: [unsafe extern "C" fn(); INTERRUPTS] = [DefaultHandler; INTERRUPTS];
