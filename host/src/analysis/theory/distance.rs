//! Checks the closed form of the element-wise distance.

use anyhow::Result;
use fenchel_core::{Activation, Block, Nudge, Potential};

use super::case::{Case, Sample, chain};
use super::minimum::{Quantity, minimum};
use super::ordering::least;

/// Number of units in a case.
const UNITS: usize = 9;

/// Checks equation (13): the energy that `core` computes for a unit with the element-wise distance is
///
/// d_γ(z, a) = min over z' ∈ C of D(z', a) + γ/(2(1 − γ))·(z − z')²,
///
/// with that minimum found by golden section in `f64`. Activation, a, γ ∈ [0.05, 0.99] and z are random,
/// with z inside C and outside it. Each unit is a network of its own, which a linear term g takes to z. The
/// margin is minus the difference, divided by the terms.
pub fn equation_13(case: &mut Case) -> Result<f64> {
    (0..UNITS).map(|_| unit(case)).try_fold(f64::INFINITY, |margin, unit| Ok(least(margin, unit?)))
}

fn unit(case: &mut Case) -> Result<f64> {
    let hidden = Block { potential: Potential::Distance, ..Block::new(1, case.activation()) };
    let output = Block::new(1, Activation::Linear);
    let mut parts = case.parts(vec![output, hidden, output], chain(3), 1.0);
    parts.gammas[0] = case.uniform(0.05, 0.99);
    // z = f(a + e) + κe at e = −g: of order 1, whatever γ.
    let reach = parts.gammas[0].max(0.2);
    let sample = Sample {
        input: vec![case.uniform(-2.0, 2.0)],
        target: vec![0.0],
        attack: vec![0.0],
        perturbation: vec![2.0 * case.uniform(-reach, reach), 0.0],
    };
    // The weight is what the panel begins with; the same sum as the network's own.
    let a = parts.biases[0] + parts.panels[0][0] * sample.input[0];
    let relaxed = parts.run(|network| minimum(network, &sample, Nudge::FREE, None))?;
    let z = relaxed.activities[0];
    // Nothing pulls at the output, whose potential is 0: what is left is d_γ + g·z.
    let linear = f64::from(sample.perturbation[0]) * f64::from(z);
    let core = Quantity { value: relaxed.energy.value - linear, ..relaxed.energy };
    let [a, z, gamma] = [a, z, parts.gammas[0]].map(f64::from);
    let value = distance(hidden.activation, gamma, a, z);
    Ok(core.equals(Quantity { value, magnitude: 0.0 }))
}

/// Computes d_γ by its definition.
fn distance(activation: Activation, gamma: f64, a: f64, z: f64) -> f64 {
    let (low, high) = activation.interval().unwrap_or((f32::NEG_INFINITY, f32::INFINITY));
    let (low, high) = (f64::from(low), f64::from(high));
    let f = a.clamp(low, high);
    let of = |own: f64| {
        let potential = 0.5 * (own - f).powi(2) + (a - f) * (f - own);
        potential + gamma / (2.0 * (1.0 - gamma)) * (z - own).powi(2)
    };
    // Convex in z', and beyond both minima of the two terms it rises.
    golden_section(of, f.min(z).clamp(low, high), f.max(z).clamp(low, high))
}

/// Finds the minimum of a convex function on [low, high].
fn golden_section(of: impl Fn(f64) -> f64, mut low: f64, mut high: f64) -> f64 {
    let ratio = (5.0_f64.sqrt() - 1.0) / 2.0;
    // 0.618⁸⁰ ≈ 2e-17: to the last bit of an interval of size 1.
    for _ in 0..80 {
        let (left, right) = (high - ratio * (high - low), low + ratio * (high - low));
        if of(left) <= of(right) { high = right } else { low = left }
    }
    of(0.5 * (low + high))
}
