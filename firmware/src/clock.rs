//! Counts instructions, not time: under QEMU's `-icount shift=10` an instruction takes exactly
//! 1,024 ns, so the board's 25 MHz timer 0 (CMSDK APB) advances 25.6 ticks.

const CONTROL: *mut u32 = 0x4000_0000 as *mut u32;
const VALUE: *mut u32 = 0x4000_0004 as *mut u32;
const RELOAD: *mut u32 = 0x4000_0008 as *mut u32;

/// Instructions that `work` takes; counts up to 167 million.
pub fn instructions<T>(work: impl FnOnce() -> T) -> (u32, T) {
    let empty = ticks(|| ()).0;
    let (ticks, result) = ticks(work);
    // ticks/25.6, to the nearest.
    let instructions = (u64::from(ticks.saturating_sub(empty)) * 10 + 128) / 256;
    (instructions as u32, result)
}

fn ticks<T>(work: impl FnOnce() -> T) -> (u32, T) {
    // SAFETY: the three registers belong to timer 0, which nothing else here uses.
    unsafe {
        CONTROL.write_volatile(0);
        RELOAD.write_volatile(u32::MAX);
        VALUE.write_volatile(u32::MAX);
        CONTROL.write_volatile(1);
        let before = VALUE.read_volatile();
        let result = work();
        (before.wrapping_sub(VALUE.read_volatile()), result)
    }
}
