//! Computes minimal energies with their constants, and the values of objectives.

use anyhow::Result;
use fenchel_core::{Contrast, Nudge, Problem, Schedule, Settings, StateView, Status};

use super::case::{Net, Sample};
/// Settings of unit-wise descent, which is monotone, until no activity moves by more than a few roundings.
const DESCENT: Settings = Settings { schedule: Schedule::Unitwise, sweeps: 2000, tolerance: 3e-7 };

/// Settings of forward–backward sweeps until only rounding is left; they don't lose digits at small β.
pub const SWEEPS: Settings = Settings { schedule: Schedule::ForwardBackward, sweeps: 80, tolerance: 0.0 };

/// A number with the sum of the absolute values of all terms it was computed from. `f32` rounds it by a few
/// ε of that sum, however small the number itself is.
#[derive(Clone, Copy)]
pub struct Quantity {
    /// Value of the number.
    pub value: f64,
    /// Sum of the terms' absolute values.
    pub magnitude: f64,
}

impl Quantity {
    /// Returns by how much this is below `upper`, divided by the terms of both: a margin.
    pub fn below(self, upper: Self) -> f64 {
        (upper.value - self.value) / (self.magnitude + upper.magnitude).max(f64::MIN_POSITIVE)
    }

    /// Returns minus the distance from `other`, divided by the terms of both: a margin.
    pub fn equals(self, other: Self) -> f64 {
        -self.below(other).abs()
    }

    /// Returns the quantity divided by a number of either sign.
    pub fn over(self, divisor: f64) -> Self {
        Self { value: self.value / divisor, magnitude: self.magnitude / divisor.abs() }
    }
}

/// Computes ℓ = ½‖z_L − y‖².
pub fn loss(z: &[f32], target: &[f32]) -> Quantity {
    let terms = z.iter().zip(target).map(|(&z, &y)| (f64::from(z), f64::from(y)));
    let value = terms.clone().map(|(z, y)| 0.5 * (z - y).powi(2)).sum();
    Quantity { value, magnitude: terms.map(|(z, y)| 0.5 * (z.abs() + y.abs()).powi(2)).sum() }
}

/// Computes ℓ(z*), where z* is the forward pass.
pub fn forward_loss(network: &Net, sample: &Sample) -> Result<Quantity> {
    let mut z = vec![0.0; network.units()];
    Ok(loss(network.infer(&sample.input, &mut z)?, &sample.target))
}

/// A minimum of U + Σ g·z + c·ℓ + c⁻·ℓ⁻.
pub struct Minimum {
    /// Energy of the minimum, with the constants c/2 ‖y‖² + c⁻/2 ‖y⁻‖² that `core` leaves out.
    pub energy: Quantity,
    /// Outputs z_L.
    pub answer: Vec<f32>,
    /// Forces u, one for each unit in blocks 1..=L.
    pub forces: Vec<f32>,
    /// Activities z, one for each unit in blocks 1..=L.
    pub activities: Vec<f32>,
    /// How the relaxation ended.
    pub status: Status,
}

/// Finds the minimum that descent reaches from the forward pass, or from the activities of another minimum.
pub fn minimum(network: &Net, sample: &Sample, nudge: Nudge, start: Option<&Minimum>) -> Result<Minimum> {
    minimum_by(network, sample, nudge, start, &DESCENT)
}

/// Finds the minimum as [`minimum`] does, with other settings.
pub fn minimum_by(
    network: &Net,
    sample: &Sample,
    nudge: Nudge,
    start: Option<&Minimum>,
    settings: &Settings,
) -> Result<Minimum> {
    let nudges = [nudge];
    let problem = problem(sample, &nudges);
    let mut memory = vec![0.0; StateView::len(network.units(), 1)];
    let mut state = StateView::new(network.units(), 1, &mut memory)?;
    let outcome = match start {
        Some(start) => {
            for k in 1..=network.output() {
                let activities = &start.activities[network.range(k, 1)];
                state.activities_mut(network, k).copy_from_slice(activities);
            }
            network.relax_from(&problem, &mut state, settings, &mut |_| {})?
        }
        None => network.relax_monitored(&problem, &mut state, settings, &mut |_| {})?,
    };
    let blocks = 1..=network.output();
    let activities: Vec<f32> = blocks.clone().flat_map(|k| state.activities(network, k)).copied().collect();
    let forces = blocks.flat_map(|k| state.forces(network, k)).copied().collect();
    let answer = state.activities(network, network.output()).to_vec();
    let energy = with_constants(sample, nudge, &activities, &answer, outcome.last.energy.into());
    Ok(Minimum { energy, answer, forces, activities, status: outcome.status })
}

fn with_constants(sample: &Sample, nudge: Nudge, z: &[f32], answer: &[f32], energy: f64) -> Quantity {
    let square = |values: &[f32]| values.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>();
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(&a, &b)| f64::from(a * b)).collect::<Vec<f64>>();
    let (s, target, attack) =
        (f64::from(nudge.s), f64::from(nudge.weight_target), f64::from(nudge.weight_attack));
    let constant = 0.5 * target * square(&sample.target) + 0.5 * attack * square(&sample.attack);
    let pulls = dot(answer, &sample.target).into_iter().map(|dot| -target * dot);
    let pushes = dot(answer, &sample.attack).into_iter().map(|dot| -attack * dot);
    let others = [0.5 * s * square(answer)].into_iter().chain(dot(z, &sample.perturbation));
    let terms: Vec<f64> = pulls.chain(pushes).chain(others).collect();
    // What is left is U, a sum of terms ≥ 0.
    let potentials = energy - terms.iter().sum::<f64>();
    let magnitude = potentials.abs() + constant.abs() + terms.iter().map(|term| term.abs()).sum::<f64>();
    Quantity { value: energy + constant, magnitude }
}

/// Builds one problem for each nudge, all of one sample.
pub fn problem<'a>(sample: &'a Sample, nudges: &'a [Nudge]) -> Problem<'a> {
    Problem::new(&sample.input, nudges, &sample.target)
        .with_attack(&sample.attack)
        .with_perturbation(&sample.perturbation)
}

/// Returns (min⁺ − min⁻)/(β·scale) of two minima.
pub fn difference(contrast: &Contrast, first: &Minimum, second: &Minimum) -> Quantity {
    let (first, second) = (first.energy, second.energy);
    let sum = first.magnitude + second.magnitude;
    Quantity { value: first.value - second.value, magnitude: sum }.over(contrast.divisor.into())
}

/// Returns the value of an objective, with both problems relaxed from `start`, or from the forward pass.
pub fn value(
    network: &Net,
    sample: &Sample,
    contrast: &Contrast,
    start: Option<&Minimum>,
) -> Result<Quantity> {
    let [first, second] = contrast.nudges;
    let first = minimum(network, sample, first, start)?;
    Ok(difference(contrast, &first, &minimum(network, sample, second, start)?))
}

/// Returns the energy and the answer at which forward–backward sweeps end, up to rounding.
pub fn swept(network: &Net, sample: &Sample, nudge: Nudge) -> Result<Minimum> {
    minimum_by(network, sample, nudge, None, &SWEEPS)
}
