//! How deep the stack grows: painted before, looked at after.

use core::arch::asm;

/// Words that are painted: more than anything here needs.
const WORDS: usize = 8 << 10;
const PAINT: u32 = 0xfe9c_5e11;
/// Words just below the caller that are left alone: this function's own.
const OWN: usize = 64;

/// Bytes of stack that `work` takes, to the nearest few.
#[inline(never)]
pub fn depth(work: impl FnOnce()) -> usize {
    let top: usize;
    // SAFETY: reads the stack pointer.
    unsafe { asm!("mov {}, sp", out(reg) top) };
    let bottom = top - 4 * (WORDS + OWN);
    for word in 0..WORDS {
        // SAFETY: below the stack's top and above the data, for the boards' RAM is larger than
        // both; nothing lives there but what a call leaves behind.
        unsafe { ((bottom + 4 * word) as *mut u32).write_volatile(PAINT) };
    }
    // SAFETY: as above.
    unsafe { call(work) };
    for word in 0..WORDS {
        // SAFETY: as above.
        if unsafe { ((bottom + 4 * word) as *const u32).read_volatile() } != PAINT {
            return top - (bottom + 4 * word);
        }
    }
    4 * OWN
}

/// Not inlined, so that what `work` keeps on the stack lies below the caller.
#[inline(never)]
unsafe fn call(work: impl FnOnce()) {
    work();
}
