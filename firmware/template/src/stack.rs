//! Reports the end of the stack instead of overrunning it silently, and measures how much of it is needed.
//!
//! `memory.x` puts the stack below everything else in RAM. A stack that grows beyond it reaches addresses
//! without memory, which is a fault, instead of overwriting data. A core with a stack limit register
//! (Armv8-M) has it set to the stack's end, which is a fault as well. The painted words that are left show
//! how much was needed.

use core::arch::global_asm;
use core::ptr::addr_of;

#[cfg(feature = "text")]
use cortex_m_rt::STACK_PAINT_VALUE;
use cortex_m_semihosting::debug;

use crate::report;

unsafe extern "C" {
    /// First address above the stack, and its lowest address, from `memory.x`.
    static _stack_start: u32;
    static _stack_end: u32;
}

// No stack may be left, so the handler begins with all of it.
global_asm!(
    ".section .text.HardFault, \"ax\"",
    ".global HardFault",
    ".type HardFault, %function",
    ".thumb_func",
    "HardFault:",
    "mov r0, sp",
    "ldr r1, =_stack_start",
    "mov sp, r1",
    "bl {fault}",
    fault = sym fault,
);

/// Distance in bytes from the stack's end within which a fault counts as its overflow: more than one
/// instruction and one exception push.
const NEAR: usize = 256;
/// The Configurable Fault Status Register, and its bit for a crossed stack limit, which Armv8-M sets.
const FAULT_STATUS: *const u32 = core::ptr::without_provenance(0xe000_ed28);
const STACK_LIMIT: u32 = 1 << 20;

/// Prints what happened; `sp` is the stack pointer at the fault.
extern "C" fn fault(sp: usize) -> ! {
    // SAFETY: a register of every Cortex-M, or on Armv6-M an address that reads as 0.
    let crossed = unsafe { FAULT_STATUS.read_volatile() } & STACK_LIMIT != 0;
    let out_of_stack = crossed || sp < end() + NEAR;
    report::say(if out_of_stack { "out of stack\n" } else { "fault\n" });
    crate::end(debug::EXIT_FAILURE)
}

fn end() -> usize {
    addr_of!(_stack_end).addr()
}

/// Returns the bytes of stack that there are.
#[cfg(feature = "text")]
pub fn size() -> usize {
    addr_of!(_stack_start).addr() - end()
}

/// Returns the bytes of stack that were used since the start.
#[cfg(feature = "text")]
pub fn used() -> usize {
    let word = |&place: &usize| {
        // SAFETY: within the stack's memory; what lies there is only looked at.
        unsafe { core::ptr::with_exposed_provenance::<u32>(place).read_volatile() }
    };
    let places = (end()..end() + size()).step_by(size_of::<u32>());
    size() - size_of::<u32>() * places.take_while(|place| word(place) == STACK_PAINT_VALUE).count()
}
