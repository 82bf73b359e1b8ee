//! Computes what the firmware must print, by `core` on this machine.

use anyhow::{Context, Result};
use fenchel::analysis::quality::values;
use fenchel_core::{
    Model, Network, Operator, Schedule, Settings, StateView, Sweep, Task, checksum, reconstruction_error,
    softmax,
};

use crate::samples::Samples;

/// Number of samples that every schedule relaxes, with a trace.
const TRACED: usize = 3;
/// Number of samples whose probabilities the firmware prints.
const PROBABILITIES: usize = 100;

/// Returns the lines of `relax`, in the firmware's own words, without the instruction counts.
pub fn relax(model: &Model, samples: &Samples) -> Result<Vec<String>> {
    let network = model.network();
    let contrast = model.training().contrast().context("no inference problems")?;
    let mut lines = Vec::new();
    for (index, shown) in samples.iter().enumerate() {
        let shown = shown.sample(model)?;
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

/// Returns the checksum of all activities.
pub fn digest(network: &Network<Operator>, state: &StateView) -> u32 {
    let mut digest = checksum();
    for k in 1..=network.output() {
        state.activities(network, k).iter().for_each(|z| digest.update(&z.to_le_bytes()));
    }
    digest.finalize()
}

/// What `infer` must print for a sample.
#[derive(Debug, PartialEq)]
pub struct Answer {
    /// Index of the largest output.
    pub label: usize,
    /// Bits of each output.
    pub bits: Vec<u32>,
    /// The lines after them: values in the user's unit, or score and verdict.
    pub meaning: Vec<String>,
}

/// Returns the answers that `infer` must print.
pub fn infer(model: &Model, samples: &Samples) -> Result<Vec<Answer>> {
    let network = model.network();
    let mut activities = vec![0.0; network.units()];
    let mut answers = Vec::new();
    for (index, shown) in samples.iter().enumerate() {
        let input = shown.input(model)?;
        let outputs = network.infer(&input, &mut activities)?;
        let meaning = match model.task() {
            Task::Classification { confidence, .. } => match confidence.temperature {
                Some(temperature) if index < PROBABILITIES => {
                    let mut probabilities = outputs.to_vec();
                    softmax(&mut probabilities, temperature);
                    probabilities.iter().map(|p| format!("probability {:08x}", p.to_bits())).collect()
                }
                _ => Vec::new(),
            },
            Task::Regression { .. } => {
                values(model, outputs)?.iter().map(|value| format!("value {:08x}", value.to_bits())).collect()
            }
            Task::Reconstruction { threshold } => {
                let score = reconstruction_error(&input, outputs);
                let anomaly = threshold.is_some_and(|threshold| threshold.is_exceeded(score));
                vec![format!("score {:08x} anomaly {anomaly}", score.to_bits())]
            }
        };
        let bits = outputs.iter().map(|z| z.to_bits()).collect();
        answers.push(Answer { label: fenchel_core::label(outputs), bits, meaning });
    }
    Ok(answers)
}
