//! The smallest program that a device needs, to measure its code: it loads a model and infers; with
//! `--features relax` it also relaxes by forward–backward sweeps. Nothing is logged.
#![no_std]
#![no_main]

#[path = "../vectors.rs"]
mod vectors;

use core::hint::black_box;

use fenchel_core::{Error, Model, Nudge, Problem, Settings, State};

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}

#[cortex_m_rt::entry]
fn main() -> ! {
    let Some(state) = cortex_m::singleton!(: State<64> = State::new()) else {
        loop {
            cortex_m::asm::bkpt();
        }
    };
    let (file, raw, target): (&[u8], &[u8], &[f32]) = (&[], &[], &[]);
    let mut input = [0.0; 64];
    black_box(run(black_box(file), black_box(raw), black_box(target), &mut input, state).is_ok());
    loop {
        cortex_m::asm::bkpt();
    }
}

fn run(
    file: &[u8],
    raw: &[u8],
    target: &[f32],
    input: &mut [f32],
    state: &mut State<64>,
) -> Result<(), Error> {
    let model = Model::load(file)?;
    let network = model.network();
    let input = input.get_mut(..raw.len()).unwrap_or_default();
    model.scaling().apply(raw, input)?;
    black_box(fenchel_core::label(network.infer(input, state.scratch(&network)?)?));
    if !cfg!(feature = "relax") {
        return Ok(());
    }
    let nudges = [Nudge { s: black_box(0.25), weight_target: black_box(0.25), weight_attack: 0.0 }];
    let problem = Problem::new(input, &nudges, target);
    let mut view = state.view(&network)?;
    let two = Settings::default();
    network.relax_for(&problem, &mut view, two.schedule, two.sweeps)?;
    black_box(view.activities(&network, black_box(1)));
    Ok(())
}
