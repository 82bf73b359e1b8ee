//! The smallest program that infers in integer arithmetic, to measure its code and to show that it has no
//! floating-point operation. Nothing is logged.
#![no_std]
#![no_main]

#[path = "../vectors.rs"]
mod vectors;

use core::hint::black_box;

use fenchel_core::{Error, IntegerModel, IntegerState};

unsafe extern "C" {
    fn a_panic_is_reachable() -> !;
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    if cfg!(feature = "halt") {
        loop {}
    }
    // SAFETY: never linked, and so never called.
    unsafe { a_panic_is_reachable() }
}

#[cortex_m_rt::entry]
fn main() -> ! {
    let mut state = IntegerState::<128, 64>::new();
    let (file, raw, counts): (&[u8], &[u8], &[i16]) = (&[], &[], &[]);
    black_box(run(black_box(file), black_box(raw), black_box(counts), &mut state).is_ok());
    loop {
        cortex_m::asm::bkpt();
    }
}

fn run(file: &[u8], raw: &[u8], counts: &[i16], state: &mut IntegerState<128, 64>) -> Result<(), Error> {
    let model = IntegerModel::load(file)?;
    let mut view = state.view(&model)?;
    black_box(model.infer(raw, &mut view)?.label());
    black_box(model.infer(counts, &mut view)?.values);
    Ok(())
}
