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

/// Makes a folder with the run `net`, trained by AROVR_αβ.
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
fn crossbars_settle_at_the_state_of_their_weights() {
    let folder = trained(&["--layers", "16,16"]);
    std::fs::write(folder.path().join("eight-bits.toml"), "levels = 128").expect("written");
    let check = ["spice", "net", "--level", "crossbar", "--check", "2", "--json"];
    let worst = |folder: &tempfile::TempDir, options: &[&str]| -> f64 {
        let rows = json_lines(&fenchel(folder.path(), &[&check, options].concat()));
        assert!(rows.iter().all(|row| row["within"] == 2 && row["same_label"] == 2), "{rows:?}");
        let differences = rows.iter().map(|row| row["largest_difference"].as_f64().expect("a number"));
        differences.fold(0.0, f64::max)
    };
    let eight_bits = worst(&folder, &["--hardware", "eight-bits.toml"]);
    // All that is left is the share of the op-amps' gain that isn't infinite: ten times it, a tenth.
    let finer = worst(&folder, &["--hardware", "eight-bits.toml", "--op-amp-gain", "1e7"]);
    assert!((0.08..0.12).contains(&(finer / eight_bits)), "{eight_bits} {finer}");
    // Arrays in a chain, gains and offsets of every kind, W and Wᵀ apart. Chips where no sample has a
    // second state to rest in, which offsets, being a g, can make.
    let folder =
        trained(&["--layers", "16,16", "--skip", "1:3", "--activation", "clip:0:0.5", "--gamma", "0.5,2,1"]);
    for (profile, seed) in [("reram", "1"), ("pcm", "0")] {
        let chip = ["--hardware", profile, "--op-amp-offset", "1e-3", "--chip-seed", seed];
        let difference = worst(&folder, &chip);
        assert!(difference < 1e-3, "{profile}: {difference}");
    }
}

#[test]
fn conductances_are_exported_whole() {
    let folder = trained(&["--epochs", "1", "--layers", "8"]);
    let folder = folder.path();
    for out in ["g.npz", "g"] {
        let output = fenchel(folder, &["spice", "net", "--hardware", "reram", "--conductances", out]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let npz = std::fs::read(folder.join("g.npz")).expect("a file");
    let arrays = fenchel::convert::arrays("g.npz", &npz).expect("arrays");
    let shapes: Vec<_> = arrays.iter().map(|array| (array.name.as_str(), array.shape.clone())).collect();
    let pair = |name: [&'static str; 2], shape: [usize; 2]| name.map(|name| (name, shape.to_vec()));
    let expected = [
        pair(["w_0_1_plus", "w_0_1_minus"], [8, 64]),
        pair(["w_1_2_plus", "w_1_2_minus"], [10, 8]),
        pair(["t_1_2_plus", "t_1_2_minus"], [8, 10]),
    ];
    assert_eq!(shapes, expected.concat());
    for array in arrays {
        let text = std::fs::read_to_string(folder.join(format!("g/{}.csv", array.name))).expect("a file");
        let rows: Vec<Vec<f32>> = text
            .lines()
            .map(|line| line.split(',').map(|g| g.parse().expect("a number")).collect())
            .collect();
        assert_eq!((rows.len(), rows.concat()), (array.shape[0], array.values));
    }
}

#[test]
fn the_energy_never_rises_and_ends_at_the_relaxed_one() {
    /// Tolerance of energies: they are f32 sums, and the transient's error is 1e-6 of the voltages.
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
    std::fs::write(folder.path().join("dead.toml"), "dead_units = 0.1").expect("written");
    std::fs::write(folder.path().join("one.toml"), "levels = 1").expect("written");
    for (options, words) in [
        (["--hardware", "dead.toml"], "profile dead, dead_units: expected 0"),
        (["--hardware", "one.toml"], "profile one, levels"),
        (["--op-amp-gain", "0.5"], "--op-amp-gain: expected a finite number of at least 1"),
        (["--op-amp-offset", "-1"], "--op-amp-offset: expected a finite number of at least 0"),
    ] {
        let crossbar = ["spice", "net", "--level", "crossbar", "--out", "net.cir"];
        refused(fenchel(folder.path(), &[&crossbar as &[&str], &options].concat()), words);
        assert!(!folder.path().join("net.cir").exists());
    }
    for option in
        [["--hardware", "reram"], ["--chip-seed", "4"], ["--op-amp-gain", "0"], ["--op-amp-offset", "1"]]
    {
        let ideal = ["spice", "net", "--out", "net.cir"];
        refused(fenchel(folder.path(), &[&ideal[..], &option].concat()), "--level: expected crossbar");
        assert!(!folder.path().join("net.cir").exists());
    }
    let energy = ["spice", "net", "--level", "crossbar", "--energy", "e.svg"];
    refused(fenchel(folder.path(), &energy), "there is no energy");
    let output = command(folder.path()).args(["spice", "net", "--energy", "e.svg"]).env("PATH", "").output();
    refused(output.expect("it starts"), "Debian's package ngspice");
    assert!(!folder.path().join("e.svg").exists());
}
