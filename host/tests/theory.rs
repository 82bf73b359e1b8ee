//! `fenchel theory`: that all statements hold, and that the checks see a mistake.

use std::process::{Command, Output};

use fenchel::analysis::theory::{self, Findings};
use fenchel_core::{Attack, Contrast, Objective};
use serde_json::Value;

fn theory(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_fenchel")).arg("theory").args(arguments).output().expect("it starts")
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).expect("one JSON object")
}

/// Beginnings of the statements' names.
const STATEMENTS: [&str; 10] = [
    "Proposition 3.1",
    "Equation 13",
    "Remark 3.2",
    "Proposition 3.3",
    "Proposition 4.1",
    "Proposition 4.2 and Remark 4.3",
    "Counterexamples after 4.1",
    "Proposition 4.4",
    "Linear perturbations",
    "Bound 19",
];

/// Statements that no objective with a wrong sign can satisfy.
const SENSITIVE: [&str; 3] = ["Proposition 3.1", "Proposition 4.1", "Proposition 4.4"];

#[test]
fn every_statement_holds() {
    let output = theory(&["--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
    let findings = json(&output);
    assert_eq!(findings["holds"], true);
    let statements = findings["statements"].as_array().expect("a list");
    assert_eq!(statements.len(), STATEMENTS.len());
    for (finding, name) in statements.iter().zip(STATEMENTS) {
        assert!(finding["statement"].as_str().expect("a name").starts_with(name), "{finding}");
        assert!(finding["cases"].as_u64().expect("a number") >= 200, "{finding}");
        assert!(finding["worst_margin"].as_f64() >= finding["least_margin"].as_f64(), "{finding}");
        assert_eq!(finding["holds"], true, "{finding}");
    }
}

#[test]
fn the_command_fails_where_a_statement_does() {
    let output = theory(&["--flip-sign", "--cases", "20", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let findings = json(&output);
    assert_eq!(findings["holds"], false);
    let statements = findings["statements"].as_array().expect("a list");
    for name in SENSITIVE {
        let finding =
            statements.iter().find(|f| f["statement"].as_str().is_some_and(|s| s.starts_with(name)));
        assert_eq!(finding.expect("listed")["holds"], false, "{name}");
    }
    assert_eq!(theory(&["--cases", "0"]).status.code(), Some(2));
}

/// Returns an objective with its two problems exchanged, which changes the sign of every value and
/// gradient.
fn exchanged(objective: Objective, attack: Attack, alpha: f32, beta: f32) -> Option<Contrast> {
    let contrast = objective.contrast(attack, alpha, beta)?;
    Some(Contrast { divisor: -contrast.divisor, ..contrast })
}

fn fails(findings: &Findings, name: &str) -> bool {
    findings.statements.iter().any(|finding| finding.statement.starts_with(name) && !finding.holds)
}

#[test]
fn exchanged_problems_are_seen() {
    let findings = theory::run(20, 0, exchanged).expect("it runs");
    assert!(!findings.holds);
    for name in SENSITIVE {
        assert!(fails(&findings, name), "{name}");
    }
}

#[test]
fn the_same_seed_finds_the_same_on_any_number_of_threads() {
    let margins = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        let findings = pool.install(|| theory::run(4, 7, Objective::contrast)).expect("it runs");
        findings.statements.iter().map(|finding| finding.worst_margin.to_bits()).collect::<Vec<_>>()
    };
    assert_eq!(margins(1), margins(3));
}
