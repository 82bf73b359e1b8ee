//! The statements of the paper, each checked on random small networks by `core`'s own code.
//!
//! Source: C. Zach, *Strengthening the Internal Adversarial Robustness in Lifted Neural Networks*, whose
//! numbers the statements carry. The documentation of each function says exactly what is checked, in the
//! notation of `docs/model.md`: ℓ(z) = ½‖z_L − y‖², z* is the forward pass, U the sum of the potentials, ᾱ
//! = 1 − α. Networks have two or three hidden blocks of 3 to 9 linear, ReLU or clip units, and every second
//! one has skip connections. A value is (min⁺ − min⁻)/(β·scale) with the constants in ‖y‖² and ‖y⁻‖² put
//! back.
//!
//! The margin of a case is the distance by which the statement holds, in its own terms; the worst case
//! decides. Differences of energies are divided by the sum of their terms' absolute values, to which
//! rounding is proportional. The table of objectives is an argument, so that tests can show that a changed
//! sign in it is noticed.

mod case;
mod distance;
mod divergence;
mod forces;
mod gradient;
mod limit;
mod minimum;
mod ordering;

use anyhow::Result;
use rayon::prelude::*;
use serde::Serialize;

use case::Case;
pub use case::ContrastOf;

/// The least margins with which statements count as true, and why they aren't 0.
mod tolerance {
    /// Least margin of inequalities between values. `f32` energies of some 40 units are sums of about a
    /// hundred terms, each rounded by ε/2 = 6e-8 of the terms' sum (measured in 12,000 cases: 2.3e-7).
    pub const ENERGY: f64 = -2e-6;
    /// Least margin of forces, whose descent ends when no activity moves by more than 3e-7 (measured:
    /// 5.6e-5).
    pub const FORCE: f64 = -5e-4;
    /// Least margin of gradients that are zero. They are exactly zero, because every difference in them is
    /// of equal numbers.
    pub const ZERO: f64 = 0.0;
    /// Least margin of statements whose margins already include their allowance.
    pub const ALLOWED: f64 = 0.0;
    /// Least amount of a counterexample, far above rounding.
    pub const COUNTEREXAMPLE: f64 = 1e-3;
}

type Check = fn(&mut Case) -> Result<f64>;

/// Name, least margin and check of every statement.
const STATEMENTS: [(&str, f64, Check); 10] = [
    ("Proposition 3.1, ROVR ≤ loss ≤ AROVR", tolerance::ENERGY, ordering::proposition_3_1),
    ("Equation 13, element-wise distance", tolerance::ENERGY, distance::equation_13),
    ("Remark 3.2, forces without γ", tolerance::FORCE, forces::remark_3_2),
    ("Proposition 3.3, no gradient at a fit", tolerance::ZERO, forces::proposition_3_3),
    ("Proposition 4.1, ROVR_αβ ≤ α·loss ≤ AROVR_αβ", tolerance::ENERGY, ordering::proposition_4_1),
    ("Proposition 4.2 and Remark 4.3, order in α", tolerance::ENERGY, ordering::proposition_4_2),
    ("Counterexamples after 4.1", tolerance::COUNTEREXAMPLE, ordering::counterexamples),
    ("Proposition 4.4, back-propagation at rate β", tolerance::ALLOWED, limit::proposition_4_4),
    ("Linear perturbations after 4.4", tolerance::ALLOWED, limit::linear_perturbations),
    ("Bound 19 against divergence", tolerance::ENERGY, divergence::bound_19),
];

/// Result of one statement's cases.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// Number of the statement in the paper, and its subject.
    pub statement: &'static str,
    /// Number of random cases.
    pub cases: u32,
    /// Least margin of all cases.
    pub worst_margin: f64,
    /// Least margin with which the statement holds: a rounding error below 0, or above 0 where a difference
    /// must be seen.
    pub least_margin: f64,
    /// Whether the statement holds.
    pub holds: bool,
}

/// Results of all statements.
#[derive(Clone, Debug, Serialize)]
pub struct Findings {
    /// One result for each statement, in the paper's order.
    pub statements: Vec<Finding>,
    /// Whether every statement holds.
    pub holds: bool,
}

/// Checks every statement on `cases` random cases. `contrast` is
/// [`Objective::contrast`](fenchel_core::Objective::contrast), or a changed one. Results don't depend on
/// the number of threads.
///
/// # Errors
/// Fails if a network or problem doesn't fit together, which is a mistake in the check itself.
pub fn run(cases: u32, seed: u64, contrast: ContrastOf) -> Result<Findings> {
    let find = |(index, &(statement, least_margin, check)): (usize, &(_, _, Check))| {
        let margin = |case| {
            let margin = check(&mut Case::new(seed, index, case, contrast));
            // The words only: exit codes tell bad input from failure by an error's type.
            margin.map_err(|error| anyhow::anyhow!("{statement}, case {case}: {error:#}"))
        };
        let margins = (0..cases as usize).into_par_iter().map(margin).collect::<Result<Vec<_>>>()?;
        // −0, a difference of equals, is 0.
        let worst_margin = margins.into_iter().fold(f64::INFINITY, ordering::least) + 0.0;
        let holds = worst_margin >= least_margin;
        anyhow::Ok(Finding { statement, cases, worst_margin, least_margin, holds })
    };
    let statements = STATEMENTS.iter().enumerate().map(find).collect::<Result<Vec<_>>>()?;
    Ok(Findings { holds: statements.iter().all(|finding| finding.holds), statements })
}
