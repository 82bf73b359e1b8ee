//! The smallest program that a device needs, to measure its code: it loads a model and infers; with
//! `--features relax` it also relaxes by forward–backward sweeps, with `--features relax,learn` it learns too. Nothing is
//! logged.
#![no_std]
#![no_main]

#[path = "../vectors.rs"]
mod vectors;

use core::hint::black_box;

use fenchel_core::{Error, Model, Nudge, Problem, Settings, State};
#[cfg(feature = "learn")]
use fenchel_core::{LearnRoom, LearnSettings, Learner, Network, Operator};

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
    #[cfg(feature = "learn")]
    learn(&network, input, target)?;
    Ok(())
}

#[cfg(feature = "learn")]
/// Learns one sample by the default settings, and infers.
fn learn(network: &Network<Operator>, input: &[f32], target: &[f32]) -> Result<(), Error> {
    let Some(room) = cortex_m::singleton!(: LearnRoom<64, 64> = LearnRoom::new()) else { return Ok(()) };
    let settings = LearnSettings::default();
    let memory = room.memory(settings.sizes(network)?)?;
    let mut learner = Learner::new(*network, settings, memory)?;
    black_box(learner.learn(input, target)?);
    black_box(learner.infer(input)?);
    Ok(())
}
