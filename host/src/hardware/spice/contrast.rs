//! Finds in ngspice what learning asks of a circuit: its answers, and the states of two problems.

use anyhow::Result;
use fenchel_core::{Gradient, Network, Nudge, Problem, StateView, Weights};

use super::netlist::{Analysis, Level, netlist};
use super::{Crossbar, ngspice};

/// Settles the circuit in both problems of `nudges` on one sample, and gives the contrastive gradient with
/// `factors` to `gradient`: activities and forces are the voltages of the operating points. Returns the
/// outputs z_L in the second. `network` is what the crossbar's chip computes.
///
/// # Errors
/// Fails as [`netlist`] and ngspice do.
pub fn contrast<W: Weights + Sync>(
    network: &Network<'_, W>,
    crossbar: &Crossbar,
    problem: &Problem,
    nudges: &[Nudge; 2],
    factors: &[f32; 2],
    gradient: &mut impl Gradient,
) -> Result<Vec<f32>> {
    let [first, second] = nudges;
    let settle = |nudge: &Nudge| {
        let problem = problem.with_nudges(std::slice::from_ref(nudge));
        voltages(network, crossbar, &problem, Analysis::OperatingPointWithForces)
    };
    let (first, second) = rayon::join(|| settle(first), || settle(second));
    let rows = [first?, second?];
    let units = network.units();
    let mut memory = vec![0.0; StateView::len(units, rows.len())];
    let mut state = StateView::new(units, rows.len(), &mut memory)?;
    for k in 1..=network.output() {
        let range = network.range(k, 1);
        let values = |first: usize| -> Vec<f32> {
            rows.iter().flat_map(|row| &row[first + range.start..first + range.end]).copied().collect()
        };
        state.activities_mut(network, k).copy_from_slice(&values(0));
        state.forces_mut(network, k).copy_from_slice(&values(units));
    }
    let problem = problem.with_nudges(nudges);
    network.contrastive_gradient(&problem, &mut state, factors, gradient)?;
    Ok(rows[1][network.range(network.output(), 1)].to_vec())
}

/// Returns the circuit's answer z_L, shape (n_L), to one `input` without a nudge.
///
/// # Errors
/// Fails as [`contrast`] does.
pub fn outputs<W: Weights>(network: &Network<'_, W>, crossbar: &Crossbar, input: &[f32]) -> Result<Vec<f32>> {
    let target = vec![0.0; network.output_units()];
    let problem = Problem::new(input, &[Nudge::FREE], &target);
    let settled = voltages(network, crossbar, &problem, Analysis::OperatingPoint)?;
    Ok(settled[network.range(network.output(), 1)].to_vec())
}

fn voltages<W: Weights>(
    network: &Network<'_, W>,
    crossbar: &Crossbar,
    problem: &Problem,
    analysis: Analysis,
) -> Result<Vec<f32>> {
    let text = netlist(network, problem, analysis, Level::Crossbar(crossbar))?;
    let settled = ngspice::run(&text)?.points.pop().unwrap_or_default();
    let nodes = if analysis == Analysis::OperatingPointWithForces { 2 } else { 1 };
    let expected = nodes * network.units();
    crate::error::require!(
        settled.len() == expected,
        "ngspice",
        format!("{expected} voltages"),
        settled.len()
    );
    Ok(settled.into_iter().map(|volts| volts as f32).collect())
}
