//! Links only if no panic can be reached from what a device calls: the panic handler calls a
//! function that doesn't exist. With `--features panic` it must not link. With `--features halt`
//! the handler halts: for the profile `small`, whose optimiser proves less, to measure its size.
#![no_std]
#![no_main]

#[path = "../vectors.rs"]
mod vectors;

use core::hint::black_box;

use fenchel_core::embedded_storage::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};
use fenchel_core::rand_core::SeedableRng;
use fenchel_core::{
    Error, LearnRoom, LearnSettings, Learner, Model, Objective, Problem, Random, Ring, Rollback, Schedule,
    Scope, Settings, Slots, State, StepRule, Task,
};

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
    if cfg!(feature = "panic") {
        panic!("deliberate panic");
    }
    let mut state = State::<64>::new();
    // Slices, not arrays: the compiler mustn't know their lengths, lest it leave out the relaxation.
    let (file, values, input): (&[u8], &[f32], &mut [f32]) = (&[], &[], &mut []);
    black_box(run(black_box(file), black_box(values), &mut state, black_box(input)).is_ok());
    loop {
        cortex_m::asm::bkpt();
    }
}

/// Makes every call of the inference interface, on values that the compiler can't know.
fn run(file: &[u8], values: &[f32], state: &mut State<64>, input: &mut [f32]) -> Result<(), Error> {
    let model = Model::load(file)?;
    let network = model.network();
    model.scaling().apply(file, input)?;
    model.scaling().apply(black_box([0i16; 4].as_slice()), input)?;
    model.scaling().apply(black_box([0i8; 4].as_slice()), input)?;
    model.scaling().apply(values, input)?;
    let outputs = network.infer(input, state.scratch(&network)?)?;
    black_box(fenchel_core::label(outputs));
    black_box(fenchel_core::reconstruction_error(input, outputs));
    black_box(model.class_names().count());
    black_box(model.header().input.names.map(|names| names.iter().count()));
    let mut scaled = [0.0; 16];
    let scaled = scaled.get_mut(..black_box(4)).unwrap_or_default();
    match model.task() {
        Task::Classification { confidence, .. } => {
            black_box(confidence.accepts(values));
            fenchel_core::softmax(scaled, confidence.temperature.unwrap_or(1.0));
        }
        Task::Regression { scaling, .. } => scaling.restore(scaled)?,
        Task::Reconstruction { threshold } => _ = black_box(threshold),
    }
    black_box(scaled);
    let Some(contrast) =
        model.training().objective.contrast(model.training().attack, black_box(0.5), black_box(0.5))
    else {
        return Ok(());
    };
    // One problem, for a state of one row; with two the compiler would see that they never fit.
    let nudges = black_box(contrast.nudges.get(..1).unwrap_or_default());
    let problem = Problem::new(input, nudges, values).with_attack(values).with_perturbation(values);
    for schedule in [Schedule::ForwardBackward, Schedule::Unitwise, Schedule::Backward] {
        let mut view = state.view(&network)?;
        let settings = Settings { schedule, sweeps: black_box(2), tolerance: black_box(0.0) };
        network.relax_monitored(&problem, &mut view, &settings, &mut |sweep| {
            black_box(sweep);
        })?;
        network.relax_from(&problem, &mut view, &settings, &mut |sweep| {
            black_box(sweep);
        })?;
        network.relax(&problem, &mut view, &settings)?;
        network.relax_for(&problem, &mut view, schedule, black_box(2))?;
        black_box(view.activities(&network, black_box(1)));
    }
    learn(&model, values)
}

/// Makes every call of learning in place.
fn learn(model: &Model, values: &[f32]) -> Result<(), Error> {
    let network = model.network();
    let settings = LearnSettings {
        sweeps: black_box(0),
        rule: black_box(StepRule::Momentum { rate: 0.5, decay: 0.5 }),
        scope: black_box(Scope::All),
        skip: black_box(Some(0.5)),
        clip: black_box(Some(2.0)),
        rollback: black_box(Some(Rollback::default())),
        objective: black_box(Objective::Rovr),
        ..LearnSettings::default()
    };
    let mut room = LearnRoom::<64, 64, 64, 64>::new();
    let memory = room.memory(settings.sizes(&network)?)?;
    let mut learner = Learner::new(network, settings, memory)?;
    black_box(learner.learn_against(values, values, values)?);
    black_box(learner.infer(values)?);
    black_box(learner.parameters());
    let mut flash = black_box(Flash);
    let mut slots = Slots::new(&mut flash, black_box(0..0)).map_err(|_| Error::Checksum)?;
    let saved = learner.with_fields(&model.fields(), |fields| slots.save(fields).is_ok())?;
    let mut buffer = [0; 64];
    black_box(slots.load(black_box(&mut buffer)).is_ok_and(|loaded| loaded.is_some() && saved));
    let mut random = Random::from_seed([1; 16]);
    let (mut raw, mut labels) = ([0; 64], [0; 8]);
    let mut ring = Ring::new(black_box(8), &mut raw, &mut labels)?;
    ring.push(black_box(&[0; 8]), black_box(1), &mut random)?;
    black_box(ring.draw(&mut random));
    Ok(())
}

/// A flash memory that the compiler knows nothing of.
struct Flash;

#[derive(Debug)]
struct Failure;

impl NorFlashError for Failure {
    fn kind(&self) -> NorFlashErrorKind {
        NorFlashErrorKind::Other
    }
}

impl ErrorType for Flash {
    type Error = Failure;
}

impl ReadNorFlash for Flash {
    const READ_SIZE: usize = 4;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Failure> {
        black_box(bytes).fill(black_box(offset as u8));
        black_box(Ok(()))
    }

    fn capacity(&self) -> usize {
        black_box(0)
    }
}

impl NorFlash for Flash {
    const WRITE_SIZE: usize = 8;
    const ERASE_SIZE: usize = 2048;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Failure> {
        black_box((from, to));
        black_box(Ok(()))
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Failure> {
        black_box((offset, bytes));
        black_box(Ok(()))
    }
}
