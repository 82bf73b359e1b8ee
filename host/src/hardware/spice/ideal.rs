//! Computes sums by ideal sources: one current for each product, into 1 kΩ for the pre-activations and into
//! the capacitors for the forces.

use std::fmt::Write;

use anyhow::Result;
use fenchel_core::{Network, Weights};

use super::netlist::CONDUCTANCE;
use crate::error::require;

/// Writes the sources of W z + b into a and, except for connections from the input, of Wᵀ u into z.
pub(super) fn sums<W: Weights>(text: &mut String, network: &Network<'_, W>) -> Result<()> {
    for k in 1..=network.output() {
        for (i, &bias) in network.bias(k).iter().enumerate() {
            writeln!(text, "Ra_{k}_{i} a_{k}_{i} 0 {:e}", 1.0 / CONDUCTANCE)?;
            writeln!(text, "Ib_{k}_{i} 0 a_{k}_{i} {:e}", f64::from(bias) * CONDUCTANCE)?;
        }
    }
    for (index, (c, weights)) in network.connections().iter().zip(network.weights()).enumerate() {
        connection(text, c.from, c.to, index, weights)?;
    }
    Ok(())
}

/// Writes one connection's sources: W z into a and, unless it comes from the input, Wᵀ u into z.
fn connection(text: &mut String, from: usize, to: usize, index: usize, weights: &impl Weights) -> Result<()> {
    let columns = weights.shape().1;
    for j in 0..columns {
        let source = if from == 0 { format!("x_{j}") } else { format!("z_{from}_{j}") };
        for (i, w) in weights.fan_out(j).filter(|(_, w)| *w != 0.0) {
            require!(w.is_finite(), format!("connection {index}"), "finite weights", w);
            let w = f64::from(w) * CONDUCTANCE;
            writeln!(text, "Gw{index}_{i}_{j} 0 a_{to}_{i} {source} 0 {w:e}")?;
            if from > 0 {
                writeln!(text, "Gt{index}_{i}_{j} 0 {source} u_{to}_{i} 0 {w:e}")?;
            }
        }
    }
    Ok(())
}
