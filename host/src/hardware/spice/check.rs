//! The circuit's voltages beside core's relaxed state.

use anyhow::Result;
use fenchel_core::{Model, Network, Problem, Schedule, Settings, StateView, Status, Weights, label};

use super::netlist::{Analysis, Level, bounds, netlist};
use super::ngspice;

/// Where a circuit settles beside the relaxed state.
#[derive(Clone, Copy, Debug)]
pub struct Comparison {
    /// Largest difference of an activity, relative to the largest activity.
    pub difference: f64,
    /// Whether the outputs name the same class.
    pub same_label: bool,
    /// Whether the operating point was further away than allowed, and the transient decided.
    pub in_time: bool,
}

/// µs in which a circuit settles for good: hundreds of times what a unit by itself takes.
const SETTLED: f64 = 400.0;

/// Compare where the circuit of `problem`, of one sample, settles with core's state: forward–backward
/// sweeps to a residual of 10⁻⁶, and unit-wise descent where they don't settle. A crossbar is compared
/// with core run on its chip's weights and offsets.
///
/// The operating point is ngspice's by Newton's method, which may end in another rest of the circuit than
/// the one it comes to by itself. Where it is more than `bound` away, the end of the transient from the
/// forward pass is what is compared.
///
/// # Errors
/// Of [`netlist`] and of ngspice; and if core finds no minimum.
pub fn check(model: &Model, problem: &Problem, level: Level, bound: f64) -> Result<Comparison> {
    let network = model.network();
    let relaxed = match level {
        Level::Ideal => relaxed(&network, problem, true)?,
        Level::Crossbar(crossbar) => crossbar.relaxed(problem)?,
    };
    let beside = |analysis, in_time| -> Result<Comparison> {
        let voltages = ngspice::run(&netlist(&network, problem, analysis, level)?)?.points.pop();
        compare(&network, &voltages.unwrap_or_default(), &relaxed, in_time)
    };
    let comparison = beside(Analysis::OperatingPoint, false)?;
    if comparison.difference <= bound {
        return Ok(comparison);
    }
    beside(Analysis::Transient(SETTLED), true)
}

fn compare<W: Weights>(
    network: &Network<'_, W>,
    voltages: &[f64],
    relaxed: &[f32],
    in_time: bool,
) -> Result<Comparison> {
    crate::error::require!(
        voltages.len() == relaxed.len(),
        "ngspice",
        format!("{} voltages", relaxed.len()),
        voltages.len()
    );
    let largest = relaxed.iter().fold(0.0, |largest: f64, z| largest.max(f64::from(z.abs())));
    let pairs = voltages.iter().zip(relaxed);
    let difference = pairs.fold(0.0, |most: f64, (v, &z)| most.max((v - f64::from(z)).abs())) / largest;
    let settled: Vec<f32> = voltages[network.range(network.output(), 1)].iter().map(|&v| v as f32).collect();
    let same_label = label(&settled) == label(&relaxed[network.range(network.output(), 1)]);
    Ok(Comparison { difference, same_label, in_time })
}

/// How a circuit settles.
#[derive(Clone, Debug)]
pub struct Path {
    /// µs of every point.
    pub times: Vec<f64>,
    /// The energy at it, in units of the loss, by core from the voltages, those that a clamp lets out of
    /// C by a force's 10⁻⁶ part put back.
    pub energies: Vec<f64>,
    /// The energy of core's relaxed state.
    pub relaxed: f64,
}

/// The energy along the transient of `problem`, of one sample, from its forward pass, for so many µs.
///
/// # Errors
/// As [`check`].
pub fn settle(model: &Model, problem: &Problem, microseconds: f64) -> Result<Path> {
    let network = model.network();
    let voltages =
        ngspice::run(&netlist(&network, problem, Analysis::Transient(microseconds), Level::Ideal)?)?;
    let mut memory = vec![0.0; StateView::len(network.units(), 1)];
    let mut state = StateView::new(network.units(), 1, &mut memory)?;
    let mut energy = |z: &[f32]| network.energy_at(problem, z, &mut state).map(f64::from);
    let energies = voltages.points.iter().map(|point| {
        let mut z: Vec<f32> = point.iter().map(|&v| v as f32).collect();
        for k in 1..=network.output() {
            let (low, high) = bounds(network.blocks()[k].activation).unwrap_or_default();
            let (low, high) = (low.unwrap_or(f32::NEG_INFINITY), high.unwrap_or(f32::INFINITY));
            z[network.range(k, 1)].iter_mut().for_each(|z| *z = z.clamp(low, high));
        }
        Ok(energy(&z)?)
    });
    let energies = energies.collect::<Result<Vec<_>>>()?;
    let relaxed = energy(&relaxed(&network, problem, true)?)?;
    Ok(Path { times: voltages.times.iter().map(|time| 1e6 * time).collect(), energies, relaxed })
}

/// The activities of the relaxed state, block after block; `by_units` where sweeps don't settle.
pub(super) fn relaxed<W: Weights>(
    network: &Network<'_, W>,
    problem: &Problem,
    by_units: bool,
) -> Result<Vec<f32>> {
    let mut memory = vec![0.0; StateView::len(network.units(), 1)];
    let mut state = StateView::new(network.units(), 1, &mut memory)?;
    let mut settings = Settings { sweeps: 400, tolerance: 1e-6, ..Settings::default() };
    let mut outcome = network.relax(problem, &mut state, &settings)?;
    if by_units && outcome.status != Status::Converged {
        settings = Settings { schedule: Schedule::Unitwise, sweeps: 20_000, ..settings };
        outcome = network.relax(problem, &mut state, &settings)?;
    }
    let status = crate::spelling::status(outcome.status);
    crate::error::require!(outcome.status != Status::Unbounded, "the relaxation", "a minimum", status);
    Ok((1..=network.output()).flat_map(|k| state.activities(network, k).to_vec()).collect())
}
