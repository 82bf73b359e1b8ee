//! Ends in a fault, or with `--features panic` in a panic, to show that QEMU ends with failure.
#![no_std]
#![no_main]

use cortex_m_rt::entry;
use fenchel_firmware as _;

#[entry]
fn main() -> ! {
    if cfg!(feature = "panic") {
        panic!("deliberate panic");
    }
    cortex_m::asm::udf()
}
