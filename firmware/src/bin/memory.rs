//! Measures the stack of loading a model, of inference and of relaxation, and the memory that is kept.
#![no_std]
#![no_main]

use cortex_m_rt::entry;
use fenchel_core::{Model, Problem, Settings, State, StateView};
use fenchel_firmware::{UNITS, fail, flash, model, refuse, stack, state, succeed};

const LARGEST: usize = 1024;

#[entry]
fn main() -> ! {
    let load = stack::depth(|| {
        core::hint::black_box(&Model::load(flash::MODEL));
    });
    let model = model();
    let network = model.network();
    let state = state();
    let Some(contrast) = model.training().contrast() else { fail("no inference problems") };
    let Some(sample) = flash::samples().next() else { fail("no sample") };
    let (mut input, mut target, mut attack) = ([0.0; LARGEST], [0.0; LARGEST], [0.0; LARGEST]);
    let classes = network.output_units();
    let (Some(input), Some(target), Some(attack)) =
        (input.get_mut(..sample.len()), target.get_mut(..classes), attack.get_mut(..classes))
    else {
        fail("a sample is larger than there is room for");
    };
    sample.scale(model.scaling(), input).unwrap_or_else(|error| refuse(error));
    sample.nudge(target, attack);
    let activities = state.scratch(&network).unwrap_or_else(|error| refuse(error));
    let infer = stack::depth(|| {
        core::hint::black_box(network.infer(input, activities).is_ok());
    });
    let [_, nudge] = contrast.nudges;
    let problem = Problem::new(input, core::slice::from_ref(&nudge), target).with_attack(attack);
    let mut view = state.view(&network).unwrap_or_else(|error| refuse(error));
    let relax = stack::depth(|| {
        let result = network.relax(&problem, &mut view, &Settings::default());
        core::hint::black_box(result.is_ok());
    });
    let units = network.units();
    defmt::println!("units {=usize}", units);
    defmt::println!("state {=usize}", size_of::<f32>() * StateView::len(units, 1));
    defmt::println!("room {=usize}", State::<UNITS>::BYTES);
    defmt::println!("model {=usize}", size_of::<Model>());
    defmt::println!("load {=usize}", load);
    defmt::println!("infer {=usize}", infer);
    defmt::println!("relax {=usize}", relax);
    succeed()
}
