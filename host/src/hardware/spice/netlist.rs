//! The netlist of one sample's problem: the parts that both levels share, and the units' circuits.

use std::fmt::Write;

use anyhow::Result;
use fenchel_core::{Network, Nudge, Potential, Problem, Weights};

use super::{Crossbar, crossbar, ideal};

/// Conductance in S that represents γ = 1 or a weight of 1.
pub(super) const CONDUCTANCE: f64 = 1e-3;
/// Capacitance of a unit, in F.
const CAPACITANCE: f64 = 1e-9;
/// Conductance in S of a conducting clamp, at which z leaves C by 10⁻⁶ of a force.
const CLAMP: f64 = 1e3;

/// What ngspice computes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Analysis {
    /// The voltages at which the circuit settles.
    OperatingPoint,
    /// The same, then the forces, block after block.
    OperatingPointWithForces,
    /// The voltages over time from the forward pass, for this many µs.
    Transient(f64),
}

/// The circuit that multiplies by the weights.
#[derive(Clone, Copy, Debug)]
pub enum Level<'a> {
    /// A controlled current source for each weight and direction.
    Ideal,
    /// Pairs of resistors and op-amps.
    Crossbar(&'a Crossbar<'a>),
}

/// Writes the netlist of one sample's problem. For a crossbar, `network` is the network that was programmed
/// into it. A transient starts at the network's forward pass, which is also the first guess of the
/// operating point.
///
/// The nodes are `x_J` for the input, `z_K_I` for an activity, `a_K_I` for a pre-activation and `u_K_I` for
/// the force that a block feeds back. The name of an element says what it carries.
///
/// # Errors
/// Returns [`crate::BadInput`] for a potential other than Fenchel–Young and an activation other than relu,
/// linear and clip, which have no circuit, and [`fenchel_core::Error::Size`] if the input doesn't fit.
pub fn netlist<W: Weights>(
    network: &Network<'_, W>,
    problem: &Problem,
    analysis: Analysis,
    level: Level,
) -> Result<String> {
    let seen;
    let problem = match level {
        Level::Ideal => problem,
        Level::Crossbar(crossbar) => {
            seen = crossbar.sources(problem);
            &problem.with_input(&seen.0).with_perturbation(&seen.1)
        }
    };
    let mut text = String::from("* A lifted network: voltages settle at the activities of least energy.\n");
    text += "* 1 V: an activity of 1. 1 mA: a force of 1. Nodes: x input, a pre-activations, z activities, u forces.\n";
    for (j, x) in problem.input().iter().enumerate() {
        writeln!(text, "Vx_{j} x_{j} 0 {x:e}")?;
    }
    for k in 1..=network.output() {
        block(&mut text, network, problem, k)?;
    }
    match level {
        Level::Ideal => ideal::sums(&mut text, network)?,
        Level::Crossbar(crossbar) => crossbar::sums(&mut text, crossbar)?,
    }
    let mut forward = vec![0.0; network.units()];
    network.infer(problem.input(), &mut forward)?;
    let start = match analysis {
        Analysis::OperatingPoint | Analysis::OperatingPointWithForces => ".nodeset",
        Analysis::Transient(_) => ".ic",
    };
    for k in 1..=network.output() {
        for (i, z) in forward[network.range(k, 1)].iter().enumerate() {
            writeln!(text, "{start} v(z_{k}_{i})={z:e}")?;
        }
    }
    // Far below f32's rounding of the activities; no conductance of ngspice's own.
    text += ".options reltol=1e-6 abstol=1e-12 vntol=1e-8 gmin=1e-15 itl1=500 itl4=100\n";
    text += ".save";
    let saved = if analysis == Analysis::OperatingPointWithForces { &["z", "u"][..] } else { &["z"] };
    for node in saved {
        for k in 1..=network.output() {
            for i in 0..network.range(k, 1).len() {
                write!(text, " v({node}_{k}_{i})")?;
            }
        }
    }
    match analysis {
        Analysis::OperatingPoint | Analysis::OperatingPointWithForces => text += "\n.op\n.end\n",
        Analysis::Transient(end) => writeln!(text, "\n.tran {:e}u {end:e}u uic\n.end", end / 200.0)?,
    }
    Ok(text)
}

/// Writes a block's units: currents γ(a − z), −g and, at the output, r − s·z into each capacitor, then the
/// clamp and the force.
fn block<W: Weights>(text: &mut String, network: &Network<'_, W>, problem: &Problem, k: usize) -> Result<()> {
    let block = network.blocks()[k];
    let Some((low, high)) = block.activation.interval() else {
        return unsupported(k, "relu, linear or clip", block.activation);
    };
    if block.potential != Potential::FenchelYoung {
        return unsupported(k, "the Fenchel-Young potential", block.potential);
    }
    let nudge = if k == network.output() { problem.nudges()[0] } else { Nudge::FREE };
    let perturbation = problem.perturbation().get(network.range(k, 1)).unwrap_or_default();
    for (i, &gamma) in network.gamma(k).iter().enumerate() {
        let gamma = f64::from(gamma);
        let own = format!("{k}_{i}");
        writeln!(text, "C_{own} z_{own} 0 {CAPACITANCE:e}")?;
        writeln!(text, "Gpull_{own} 0 z_{own} a_{own} z_{own} {:e}", gamma * CONDUCTANCE)?;
        let mut push = -perturbation.get(i).map_or(0.0, |&g| f64::from(g));
        if k == network.output() {
            let (y, y_attack) = (f64::from(problem.target()[i]), f64::from(problem.attack()[i]));
            push += f64::from(nudge.weight_target) * y + f64::from(nudge.weight_attack) * y_attack;
            writeln!(text, "Gs_{own} z_{own} 0 z_{own} 0 {:e}", f64::from(nudge.s) * CONDUCTANCE)?;
        }
        writeln!(text, "Ir_{own} 0 z_{own} {:e}", push * CONDUCTANCE)?;
        let mut rest = format!("v(a_{own})");
        if low.is_finite() {
            writeln!(text, "Blow_{own} 0 z_{own} i={CLAMP:e}*max({low:e}-v(z_{own}),0)")?;
            rest = format!("max({rest},{low:e})");
        }
        if high.is_finite() {
            writeln!(text, "Bhigh_{own} z_{own} 0 i={CLAMP:e}*max(v(z_{own})-({high:e}),0)")?;
            rest = format!("min({rest},{high:e})");
        }
        writeln!(text, "Bu_{own} u_{own} 0 v={gamma:e}*(v(z_{own})-{rest})")?;
    }
    Ok(())
}

fn unsupported<T>(k: usize, expected: &str, got: impl std::fmt::Debug) -> Result<T> {
    Err(crate::BadInput::new(format!("block {k}"), expected, format!("{got:?}, which has no circuit")).into())
}
