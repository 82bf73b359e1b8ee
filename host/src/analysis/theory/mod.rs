//! The statements of the paper, each checked on random small networks by `core`'s own code.
//!
//! Source: C. Zach, *Strengthening the Internal Adversarial Robustness in Lifted Neural Networks*,
//! whose numbers the statements bear; what exactly is checked stands with each function, under the
//! letters of `docs/model.md`: ℓ(z) = ½‖z_L − y‖², z* the forward pass, U the sum of the potentials,
//! ᾱ = 1 − α. Networks have two or three hidden blocks of 3 to 9 linear, ReLU or clip units and,
//! every second one, skip connections. A value is (min⁺ − min⁻)/(β·scale) with the constants in
//! ‖y‖² and ‖y⁻‖² put back.
//!
//! A case's margin is what is left until the statement fails there, in its own terms; the worst
//! one decides. Differences of energies are over the sum of their terms' absolute values, as
//! rounding is. The objectives' table comes as an argument: a changed sign in it must show.

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

/// The least margins with which statements hold, and why they aren't 0.
mod tolerance {
    /// Inequalities between values: `f32` energies of some 40 units are sums of about a hundred
    /// terms, each rounded by ε/2 = 6e-8 beside the terms' sum (measured in 12,000 cases: 2.3e-7).
    pub const ENERGY: f64 = -2e-6;
    /// Forces of states that descent stopped at once nothing moved by 3e-7 (measured: 5.6e-5).
    pub const FORCE: f64 = -5e-4;
    /// Gradients that are zero: exactly, as every difference that they are made of is of equal
    /// numbers.
    pub const ZERO: f64 = 0.0;
    /// Margins that have their allowance in them.
    pub const ALLOWED: f64 = 0.0;
    /// What a counterexample must amount to, far above rounding.
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

/// What the cases of one statement came to.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// Number in the paper and what it is about.
    pub statement: &'static str,
    /// Random cases.
    pub cases: u32,
    /// The least margin of all cases.
    pub worst_margin: f64,
    /// The least with which it holds: a rounding error below 0, or above it where a difference
    /// must be seen.
    pub least_margin: f64,
    /// Whether it does.
    pub holds: bool,
}

/// All statements.
#[derive(Clone, Debug, Serialize)]
pub struct Findings {
    /// In the paper's order.
    pub statements: Vec<Finding>,
    /// Whether every one holds.
    pub holds: bool,
}

/// Check every statement on so many random cases. `contrast` is
/// [`Objective::contrast`](fenchel_core::Objective::contrast), or a changed one. Results don't depend
/// on the number of threads.
///
/// # Errors
/// If a network or problem doesn't fit together, which is an error of the check.
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
