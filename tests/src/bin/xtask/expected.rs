//! What the firmware must print, computed by `core` on this machine.

use anyhow::{Context, Result};
use fenchel_core::{Model, Problem, Schedule, Settings, StateView, Sweep, checksum};

use crate::samples::Samples;

/// The lines of `relax`, in the firmware's own words, without the instruction counts.
pub fn relax(model: &Model, samples: &Samples) -> Result<Vec<String>> {
    let network = model.network();
    let contrast = model.training().contrast().context("no inference problems")?;
    let classes = network.output_units();
    let mut lines = Vec::new();
    for (index, (raw, label)) in samples.iter().take(3).enumerate() {
        let mut input = vec![0.0; samples.size];
        model.scaling().apply_to_bytes(raw, &mut input);
        let one_hot =
            |class: usize| -> Vec<f32> { (0..classes).map(|c| f32::from(u8::from(c == class))).collect() };
        let (target, attack) = (one_hot(label.into()), one_hot((usize::from(label) + 1) % classes));
        for (number, nudge) in contrast.nudges.iter().enumerate() {
            let nudges = std::slice::from_ref(nudge);
            let problem =
                Problem { input: &input, nudges, target: &target, attack: &attack, perturbation: &[] };
            for schedule in [Schedule::ForwardBackward, Schedule::Unitwise, Schedule::Backward] {
                lines.push(format!("sample {index} problem {number} schedule {schedule:?}"));
                let mut memory = vec![0.0; StateView::len(network.units(), 1)];
                let mut state = StateView::new(network.units(), 1, &mut memory)?;
                let settings = Settings { schedule, sweeps: 20, tolerance: 0.0 };
                let mut trace = |Sweep { sweep, energy, residual }: Sweep| {
                    let (energy, residual) = (energy.to_bits(), residual.to_bits());
                    lines.push(format!("sweep {sweep} energy {energy:08x} residual {residual:08x}"));
                };
                let outcome = network.relax(&problem, &mut state, &settings, &mut trace)?;
                let mut digest = checksum();
                for k in 1..=network.output() {
                    state.activities(&network, k).iter().for_each(|z| digest.update(&z.to_le_bytes()));
                }
                lines.push(format!("status {:?} state {:08x}", outcome.status, digest.finalize()));
            }
        }
    }
    Ok(lines)
}

/// The lines of `infer` that carry answers: for each sample its label and its outputs' bits.
pub fn infer(model: &Model, samples: &Samples) -> Result<Vec<(usize, Vec<u32>)>> {
    let network = model.network();
    let mut activities = vec![0.0; network.units()];
    let mut input = vec![0.0; samples.size];
    let mut answers = Vec::new();
    for (raw, _) in samples.iter() {
        model.scaling().apply_to_bytes(raw, &mut input);
        let outputs = network.infer(&input, &mut activities)?;
        answers.push((fenchel_core::label(outputs), outputs.iter().map(|z| z.to_bits()).collect()));
    }
    Ok(answers)
}
