//! Relaxes both inference problems of the model's objective on every sample and prints a checksum of the
//! final state. The first samples are relaxed by every schedule, with the energy after each sweep.
#![no_std]
#![no_main]

use cortex_m_rt::entry;
use fenchel_core::{Network, Operator, Problem, Schedule, Settings, StateView, checksum};
use fenchel_firmware::{clock, fail, flash, model, refuse, state, succeed};

const INPUT: usize = 1024;
const OUTPUTS: usize = 256;
/// Number of samples that every schedule relaxes for [`SWEEPS`] sweeps; the others get two sweeps.
const TRACED: usize = 3;
const SWEEPS: u32 = 20;

#[entry]
fn main() -> ! {
    let model = model();
    let network = model.network();
    let state = state();
    let Some(contrast) = model.training().contrast() else {
        fail("no inference problems");
    };
    let (mut input, mut target, mut attack) = ([0.0; INPUT], [0.0; OUTPUTS], [0.0; OUTPUTS]);
    let classes = network.output_units();
    for (index, sample) in flash::samples().enumerate() {
        let (Some(input), Some(target), Some(attack)) =
            (input.get_mut(..sample.len()), target.get_mut(..classes), attack.get_mut(..classes))
        else {
            fail("a sample is larger than there is room for");
        };
        sample.scale(model.scaling(), input).unwrap_or_else(|error| refuse(error));
        sample.nudge(target, attack);
        for (number, nudge) in contrast.nudges.iter().enumerate() {
            let nudges = core::slice::from_ref(nudge);
            let problem = Problem::new(input, nudges, target).with_attack(attack);
            let mut view = state.view(&network).unwrap_or_else(|error| refuse(error));
            let two = Settings::default();
            if index < TRACED {
                for schedule in [Schedule::ForwardBackward, Schedule::Unitwise, Schedule::Backward] {
                    defmt::println!("sample {=usize} problem {=usize} schedule {}", index, number, schedule);
                    traced(&network, &problem, &mut view, schedule);
                }
            }
            let (instructions, result) =
                clock::instructions(|| network.relax_for(&problem, &mut view, two.schedule, two.sweeps));
            result.unwrap_or_else(|error| refuse(error));
            let digest = digest(&network, &view);
            defmt::println!("sample {=usize} problem {=usize} state {=u32:08x}", index, number, digest);
            if index < TRACED {
                defmt::println!("instructions {=u32} for 2 sweeps", instructions);
            }
        }
    }
    succeed()
}

fn traced(network: &Network<Operator>, problem: &Problem, view: &mut StateView, schedule: Schedule) {
    let settings = Settings { schedule, sweeps: SWEEPS, tolerance: 0.0 };
    let mut trace = |sweep: fenchel_core::Sweep| {
        defmt::println!(
            "sweep {=u32} energy {=u32:08x} residual {=u32:08x}",
            sweep.sweep,
            sweep.energy.to_bits(),
            sweep.residual.to_bits()
        );
    };
    let outcome = network.relax_monitored(problem, view, &settings, &mut trace);
    let outcome = outcome.unwrap_or_else(|error| refuse(error));
    defmt::println!("status {} state {=u32:08x}", outcome.status, digest(network, view));
}

/// Returns a checksum of all activities.
fn digest(network: &Network<Operator>, view: &StateView) -> u32 {
    let mut digest = checksum();
    for k in 1..=network.output() {
        view.activities(network, k).iter().for_each(|z| digest.update(&z.to_le_bytes()));
    }
    digest.finalize()
}
