//! Compares the voltages at which a circuit settles with core's relaxed state.

use anyhow::Result;
use fenchel_core::{Model, Network, Problem, Schedule, Settings, StateView, Status, Weights, label};

use super::netlist::{Analysis, Level, netlist};
use super::ngspice;

/// How far a circuit settles from the relaxed state.
#[derive(Clone, Copy, Debug)]
pub struct Comparison {
    /// Largest difference of an activity, relative to the largest activity.
    pub difference: f64,
    /// Whether both outputs have the same largest class.
    pub same_label: bool,
    /// Whether the operating point was further away than allowed, so that the transient was compared.
    pub in_time: bool,
}

/// Time in µs in which a circuit settles for certain: hundreds of times the time constant of one unit.
const SETTLED: f64 = 400.0;

/// Compares the voltages at which the circuit of `problem`, for one sample, settles with core's state. Core
/// makes forward–backward sweeps to a residual of 10⁻⁶, and unit-wise descent where sweeps don't converge.
/// A crossbar is compared with core run on its chip's weights and offsets.
///
/// ngspice finds the operating point by Newton's method, which may end in another equilibrium than the one
/// that the circuit reaches in time. If it is more than `bound` away, the end of the transient from the
/// forward pass is compared instead.
///
/// # Errors
/// Fails as [`netlist`] and ngspice do, and if core finds no minimum.
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

/// The energy over time while a circuit settles.
#[derive(Clone, Debug)]
pub struct EnergyTransient {
    /// Time of every point, in µs.
    pub times: Vec<f64>,
    /// Energy at every point, in units of the loss. Core computes it from the voltages; those that a clamp
    /// lets outside C, by 10⁻⁶ of a force, are put back into C first.
    pub energies: Vec<f64>,
    /// Energy of core's relaxed state, in units of the loss.
    pub relaxed: f64,
}

/// Computes the energy along the transient of `problem`, for one sample, from its forward pass, over
/// `microseconds` µs.
///
/// # Errors
/// Fails as [`check`] does.
pub fn settle(model: &Model, problem: &Problem, microseconds: f64) -> Result<EnergyTransient> {
    let network = model.network();
    let voltages =
        ngspice::run(&netlist(&network, problem, Analysis::Transient(microseconds), Level::Ideal)?)?;
    let mut memory = vec![0.0; StateView::len(network.units(), 1)];
    let mut state = StateView::new(network.units(), 1, &mut memory)?;
    let mut energy = |z: &[f32]| network.energy_at(problem, z, &mut state).map(f64::from);
    let energies = voltages.points.iter().map(|point| {
        let mut z: Vec<f32> = point.iter().map(|&v| v as f32).collect();
        for k in 1..=network.output() {
            let interval = network.blocks()[k].activation.interval();
            let (low, high) = interval.unwrap_or((f32::NEG_INFINITY, f32::INFINITY));
            z[network.range(k, 1)].iter_mut().for_each(|z| *z = z.clamp(low, high));
        }
        Ok(energy(&z)?)
    });
    let energies = energies.collect::<Result<Vec<_>>>()?;
    let relaxed = energy(&relaxed(&network, problem, true)?)?;
    Ok(EnergyTransient { times: voltages.times.iter().map(|time| 1e6 * time).collect(), energies, relaxed })
}

/// Returns the activities of the relaxed state, block after block. Where sweeps don't converge, unit-wise
/// descent is used instead if `by_units` allows it.
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
