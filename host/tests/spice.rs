//! `fenchel spice` with the real ngspice, which `cargo xtask test` installs.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fenchel"));
    command.current_dir(folder);
    command
}

fn fenchel(folder: &Path, arguments: &[&str]) -> Output {
    command(folder).args(arguments).output().expect("it starts")
}

fn json_lines(output: &Output) -> Vec<Value> {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = std::str::from_utf8(&output.stdout).expect("UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON on stdout, nothing else")).collect()
}

/// A folder with the run `net`, trained by AROVR_αβ.
fn trained(options: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let train = ["train", "--objective", "arovr-ab", "--quiet", "--out", "net"];
    let output = fenchel(folder.path(), &[&train, options].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    folder
}

#[test]
fn circuits_settle_at_the_relaxed_state() {
    for options in [
        &["--layers", "32,32"] as &[&str],
        &["--layers", "16,16", "--skip", "1:3", "--activation", "clip:0:0.5", "--gamma", "0.5,2,1"],
    ] {
        let folder = trained(options);
        for row in json_lines(&fenchel(folder.path(), &["spice", "net", "--check", "6", "--json"])) {
            assert_eq!((row["within"].as_u64(), row["same_label"].as_u64()), (Some(6), Some(6)), "{row}");
        }
    }
}

#[test]
fn the_energy_never_rises_and_ends_at_the_relaxed_one() {
    /// The energy is an f32 sum, and the transient's error 1e-6 of the voltages.
    const TOLERANCE: f64 = 1e-6;
    let folder = trained(&["--layers", "32,32"]);
    let output = fenchel(folder.path(), &["spice", "net", "--index", "3", "--energy", "e.svg", "--json"]);
    let path = &json_lines(&output)[0];
    let energies: Vec<f64> = path["energy"].as_array().unwrap().iter().map(|e| e.as_f64().unwrap()).collect();
    assert!(energies[0] - energies[energies.len() - 1] > 1e-3, "{energies:?}");
    assert!(path["largest_rise"].as_f64().unwrap() <= TOLERANCE, "{}", path["largest_rise"]);
    let away = energies[energies.len() - 1] - path["relaxed_energy"].as_f64().unwrap();
    assert!(away.abs() <= TOLERANCE, "{away}");
    let svg = std::fs::read_to_string(folder.path().join("e.svg")).expect("a figure");
    assert!(svg.starts_with("<svg"), "{svg}");
}

#[test]
fn what_has_no_circuit_or_no_ngspice_is_refused_and_leaves_no_file() {
    let folder = trained(&["--epochs", "1", "--activation", "simplex"]);
    let refused = |output: Output, words: &str| {
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert!(message.contains(words), "{message}");
    };
    refused(fenchel(folder.path(), &["spice", "net", "--out", "net.cir"]), "Simplex, which has no circuit");
    assert!(!folder.path().join("net.cir").exists());
    let folder = trained(&["--epochs", "1"]);
    let output = command(folder.path()).args(["spice", "net", "--energy", "e.svg"]).env("PATH", "").output();
    refused(output.expect("it starts"), "Debian's package ngspice");
    assert!(!folder.path().join("e.svg").exists());
}
