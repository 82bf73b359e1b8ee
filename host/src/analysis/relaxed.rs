//! Relaxes one sample's problem, and keeps what happened on the way.

use anyhow::Result;
use fenchel_core::{Network, Nudge, Outcome, Settings, StateView, Sweep, Weights};

use super::sample::Sample;

/// How one problem of a sample was relaxed.
#[derive(Clone, Debug)]
pub struct Relaxed {
    /// How it ended, and its last sweep.
    pub outcome: Outcome,
    /// Energy after each sweep.
    pub energies: Vec<f32>,
    /// Activities of each block, (n_k); the input is the first.
    pub states: Vec<Vec<f32>>,
}

/// Relaxes `sample` under `nudge`, with the bits that a device computes if `network` is a model's.
///
/// # Errors
/// Fails if a size doesn't fit, or the output's problem has no minimum.
pub fn relax<W: Weights>(
    network: &Network<'_, W>,
    sample: &Sample,
    nudge: Nudge,
    settings: &Settings,
) -> Result<Relaxed> {
    let mut memory = vec![0.0; StateView::len(network.units(), 1)];
    let mut state = StateView::new(network.units(), 1, &mut memory)?;
    let mut energies = Vec::new();
    let mut trace = |sweep: Sweep| energies.push(sweep.energy);
    let outcome = network.relax_monitored(&sample.problem(&nudge), &mut state, settings, &mut trace)?;
    let hidden = (1..=network.output()).map(|k| state.activities(network, k).to_vec());
    let states = std::iter::once(sample.input.clone()).chain(hidden).collect();
    Ok(Relaxed { outcome, energies, states })
}
