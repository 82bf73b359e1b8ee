//! What the firmware must print, computed by `core` on this machine.

use anyhow::{Context, Result};
use fenchel::analysis::sample::Sample;
use fenchel_core::{Model, Network, Operator, Schedule, Settings, StateView, Sweep, checksum};

use crate::samples::Samples;

/// Samples that every schedule relaxes, with a trace.
const TRACED: usize = 3;

/// The lines of `relax`, in the firmware's own words, without the instruction counts.
pub fn relax(model: &Model, samples: &Samples) -> Result<Vec<String>> {
    let network = model.network();
    let contrast = model.training().contrast().context("no inference problems")?;
    let mut lines = Vec::new();
    for (index, (raw, label)) in samples.iter().enumerate() {
        let shown = shown(model, raw, label)?;
        for (number, nudge) in contrast.nudges.iter().enumerate() {
            let problem = shown.problem(nudge);
            let mut memory = vec![0.0; StateView::len(network.units(), 1)];
            let mut state = StateView::new(network.units(), 1, &mut memory)?;
            let schedules = [Schedule::ForwardBackward, Schedule::Unitwise, Schedule::Backward];
            for schedule in schedules.into_iter().filter(|_| index < TRACED) {
                lines.push(format!("sample {index} problem {number} schedule {schedule:?}"));
                let settings = Settings { schedule, sweeps: 20, tolerance: 0.0 };
                let mut trace = |Sweep { sweep, energy, residual }: Sweep| {
                    let (energy, residual) = (energy.to_bits(), residual.to_bits());
                    lines.push(format!("sweep {sweep} energy {energy:08x} residual {residual:08x}"));
                };
                let outcome = network.relax_monitored(&problem, &mut state, &settings, &mut trace)?;
                lines.push(format!("status {:?} state {:08x}", outcome.status, digest(&network, &state)));
            }
            network.relax(&problem, &mut state, &Settings::default())?;
            lines.push(format!("sample {index} problem {number} state {:08x}", digest(&network, &state)));
        }
    }
    Ok(lines)
}

/// Checksum of all activities.
pub fn digest(network: &Network<Operator>, state: &StateView) -> u32 {
    let mut digest = checksum();
    for k in 1..=network.output() {
        state.activities(network, k).iter().for_each(|z| digest.update(&z.to_le_bytes()));
    }
    digest.finalize()
}

/// A raw sample as the firmware shows it to a model: its label as target, the next class as attack.
pub fn shown(model: &Model, raw: &[u8], label: u8) -> Result<Sample> {
    let mut input = vec![0.0; raw.len()];
    model.scaling().apply(raw, &mut input)?;
    let (label, classes) = (usize::from(label), model.network().output_units());
    Ok(Sample::new(input, label, (label + 1) % classes, classes))
}

/// The lines of `infer` that carry answers: for each sample its label and its outputs' bits.
pub fn infer(model: &Model, samples: &Samples) -> Result<Vec<(usize, Vec<u32>)>> {
    let network = model.network();
    let mut activities = vec![0.0; network.units()];
    let mut input = vec![0.0; samples.size];
    let mut answers = Vec::new();
    for (raw, _) in samples.iter() {
        model.scaling().apply(raw, &mut input)?;
        let outputs = network.infer(&input, &mut activities)?;
        answers.push((fenchel_core::label(outputs), outputs.iter().map(|z| z.to_bits()).collect()));
    }
    Ok(answers)
}
