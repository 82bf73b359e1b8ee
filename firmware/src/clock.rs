//! Counts instructions, not time: under QEMU's `-icount shift=10` an instruction takes exactly
//! 1,024 ns, and so a fixed number of ticks of the board's timer.

use core::arch::asm;

/// Defines the timer of this board; `read` counts upwards.
macro_rules! board_clock {
    ($timer:ident, $address:literal, $ticks:literal) => {
        use $timer as timer;
        const ADDRESS: usize = $address;
        const TICKS_OF_100: u64 = $ticks;
    };
}
include!(concat!(env!("OUT_DIR"), "/clock.rs"));

/// Returns the instructions that `work` takes, and its result; counts up to 167 million on the slowest
/// timer.
///
/// The measured instructions lie between `measure_begin` and `measure_end`, which a trace of the run shows.
pub fn instructions<T>(work: impl FnOnce() -> T) -> (u32, T) {
    let empty = ticks(|| ()).0;
    measure_begin();
    let (ticks, result) = ticks(work);
    measure_end();
    let hundreds = u64::from(ticks.saturating_sub(empty)) * 100;
    (((hundreds + TICKS_OF_100 / 2) / TICKS_OF_100) as u32, result)
}

fn ticks<T>(work: impl FnOnce() -> T) -> (u32, T) {
    // SAFETY: the registers belong to this timer, which nothing else here uses.
    unsafe {
        timer::start(ADDRESS);
        let before = timer::read(ADDRESS);
        let result = work();
        (timer::read(ADDRESS).wrapping_sub(before), result)
    }
}

#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn measure_begin() {
    // SAFETY: does nothing; tells this function from the next.
    unsafe { asm!("nop") }
}

#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn measure_end() {
    // SAFETY: does nothing.
    unsafe { asm!("nop", "nop") }
}

unsafe fn write(address: usize, offset: usize, value: u32) {
    // SAFETY: the caller's.
    unsafe { ((address + offset) as *mut u32).write_volatile(value) }
}

#[inline(always)]
unsafe fn register(address: usize, offset: usize) -> u32 {
    // SAFETY: the caller's.
    unsafe { ((address + offset) as *const u32).read_volatile() }
}

#[allow(dead_code, non_snake_case)]
mod Cmsdk {
    //! The timer has CONTROL at 0, VALUE at 4 and RELOAD at 8, and counts down.
    pub unsafe fn start(address: usize) {
        // SAFETY: the caller's.
        unsafe {
            super::write(address, 0, 0);
            super::write(address, 8, u32::MAX);
            super::write(address, 4, u32::MAX);
            super::write(address, 0, 1);
        }
    }

    #[inline(always)]
    pub unsafe fn read(address: usize) -> u32 {
        // SAFETY: the caller's.
        unsafe { !super::register(address, 4) }
    }
}

#[allow(dead_code, non_snake_case)]
mod Fpga {
    //! FPGAIO has COUNTER at 0x18 and PRESCALE at 0x1c.
    pub unsafe fn start(address: usize) {
        // SAFETY: the caller's.
        unsafe {
            super::write(address, 0x1c, 0);
            super::write(address, 0x18, 0);
        }
    }

    #[inline(always)]
    pub unsafe fn read(address: usize) -> u32 {
        // SAFETY: the caller's.
        unsafe { super::register(address, 0x18) }
    }
}

#[allow(dead_code, non_snake_case)]
mod Stm32 {
    //! The timer has CR1 at 0, EGR at 0x14, CNT at 0x24, PSC at 0x28 and ARR at 0x2c. QEMU's runs at 1 GHz:
    //! divided by 1,024, a tick is an instruction.
    pub unsafe fn start(address: usize) {
        // SAFETY: the caller's.
        unsafe {
            super::write(address, 0, 0);
            super::write(address, 0x28, 1023);
            super::write(address, 0x2c, u32::MAX);
            super::write(address, 0x24, 0);
            super::write(address, 0x14, 1);
            super::write(address, 0, 1);
        }
    }

    #[inline(always)]
    pub unsafe fn read(address: usize) -> u32 {
        // SAFETY: the caller's.
        unsafe { super::register(address, 0x24) }
    }
}

#[allow(dead_code, non_snake_case)]
mod Nrf51 {
    //! The timer has TASKS_START at 0, TASKS_CLEAR at 0x0c, TASKS_CAPTURE0 at 0x40, BITMODE at 0x508, PRESCALER at
    //! 0x510 and CC0 at 0x540. Without a prescaler it runs at 16 MHz.
    pub unsafe fn start(address: usize) {
        // SAFETY: the caller's.
        unsafe {
            super::write(address, 0x508, 3);
            super::write(address, 0x510, 0);
            super::write(address, 0x0c, 1);
            super::write(address, 0, 1);
        }
    }

    #[inline(always)]
    pub unsafe fn read(address: usize) -> u32 {
        // SAFETY: the caller's.
        unsafe {
            super::write(address, 0x40, 1);
            super::register(address, 0x540)
        }
    }
}
