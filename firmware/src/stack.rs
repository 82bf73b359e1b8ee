//! Measures how deep the stack grows: it is painted before, and inspected afterwards.

use core::arch::asm;

/// Number of words that are painted, more than anything here needs.
const WORDS: usize = 8 << 10;
const PAINT: u32 = 0xfe9c_5e11;

/// Returns the bytes of stack that `work` takes, beyond those of a call that does nothing.
pub fn depth(work: impl FnOnce()) -> usize {
    let empty = painted(|| ());
    painted(work).saturating_sub(empty)
}

#[inline(never)]
fn painted(work: impl FnOnce()) -> usize {
    let top: usize;
    // SAFETY: reads the stack pointer.
    unsafe { asm!("mov {}, sp", out(reg) top) };
    let bottom = top - 4 * WORDS;
    for word in 0..WORDS {
        // SAFETY: below the stack's top and above the data, for the boards' RAM is larger than
        // both; nothing lives there, and nothing is called meanwhile.
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
    0
}

/// Calls `work` without inlining, so that what it keeps on the stack lies below `painted`.
#[inline(never)]
unsafe fn call(work: impl FnOnce()) {
    work();
}
