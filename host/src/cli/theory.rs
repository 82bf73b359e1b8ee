//! `fenchel theory`.

use anyhow::Result;
use fenchel_core::{Attack, Contrast, Nudge, Objective};

use crate::analysis::theory;
use crate::error::require;

/// Check the paper's statements on random small networks
///
/// Each statement is checked by the program's own relaxation, energies and gradients, on networks of two or
/// three hidden blocks of 3 to 9 units, with and without skip connections. The margin of a case is the
/// distance by which the statement holds there, in its own terms. For an inequality of values it is their
/// difference over the sum of the terms' absolute values, and for an equality minus that; for forces, minus
/// the relative difference; for zero gradients, minus the norm; for rates, how far the slope is inside
/// [0.8, 1.25]; for limits, the share of the allowed error that is left; for counterexamples, the amount
/// over the loss. A statement holds if its worst margin is at least `least_margin`: a rounding error below
/// 0, or above 0 where a difference must be seen. The documentation of the module `theory` says exactly
/// what is checked.
///
/// The exit code is 0 if all statements hold, and 1 if one fails.
#[derive(clap::Args)]
#[command(after_help = "Example: fenchel theory --cases 1000 --seed 7")]
pub struct Args {
    /// Number of random cases of each statement
    #[arg(long, default_value_t = 200)]
    cases: u32,
    /// Seed of the cases
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Print one JSON object, whose statements have statement, cases, worst_margin, least_margin, holds
    #[arg(long)]
    json: bool,
    /// Give the second problem of every objective the wrong sign, to see the checks fail
    #[arg(long, hide = true)]
    flip_sign: bool,
}

pub fn run(args: &Args) -> Result<()> {
    require!(args.cases > 0, "--cases", "at least 1", args.cases);
    let contrast = if args.flip_sign { flipped } else { Objective::contrast };
    let findings = theory::run(args.cases, args.seed, contrast)?;
    if args.json {
        super::print(serde_json::to_string(&findings)?)?;
    } else {
        super::print(format_args!("{:46} {:>5}  {:>12}  verdict", "statement", "cases", "worst margin"))?;
        for finding in &findings.statements {
            let theory::Finding { statement, cases, worst_margin, holds, .. } = finding;
            let verdict = if *holds { "holds" } else { "FAILS" };
            super::print(format_args!("{statement:46} {cases:>5}  {worst_margin:>12.1e}  {verdict}"))?;
        }
    }
    let failed = findings.statements.iter().filter(|finding| !finding.holds).count();
    anyhow::ensure!(findings.holds, "{failed} of {} statements fail", findings.statements.len());
    Ok(())
}

/// Returns the objectives' table with a mistake in it.
fn flipped(objective: Objective, attack: Attack, alpha: f32, beta: f32) -> Option<Contrast> {
    let mut contrast = objective.contrast(attack, alpha, beta)?;
    let Nudge { s, weight_target: target, weight_attack: attack } = contrast.nudges[1];
    contrast.nudges[1] = Nudge { s: -s, weight_target: -target, weight_attack: -attack };
    Some(contrast)
}
