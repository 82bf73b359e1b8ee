//! `fenchel spice` with the real ngspice, which `cargo xtask test` installs.

use std::path::Path;
use std::process::{Command, Output};

use fenchel::hardware::spice::{self, Crossbar};
use fenchel::hardware::{LearningChip, Profile};
use fenchel::{Architecture, DenseGradient, Parameters};
use fenchel_core::rand_core::SeedableRng;
use fenchel_core::{
    Activation, Attack, Objective, Potential, Problem, Random, Scope, Settings, StateView, Status,
};
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
fn a_circuit_s_gradient_is_that_of_its_chip() {
    /// Tolerance of a gradient, relative to its largest value. Op-amps of gain 1e6 and clamps err by 1e-6 to
    /// 1e-5 of a force, and the gradient divides a difference of forces by β = 1/4.
    const TOLERANCE: f32 = 1e-3;
    let architecture =
        Architecture::new(&[16, 16, 10], &[Activation::Relu], Potential::FenchelYoung, &[], &[])
            .expect("an architecture");
    let mut random = Random::seed_from_u64(4);
    let parameters = Parameters::new(&architecture, &mut random);
    let profile = Profile::load("severe").expect("a preset");
    let mut learning = LearningChip::draw(&parameters, &profile, &mut random);
    let mut gradient = DenseGradient::zeros(&parameters);
    let contrast = Objective::Rovr.contrast(Attack::Targeted, 0.5, 0.25).expect("two problems");
    let factors = [1.0 / contrast.divisor, -1.0 / contrast.divisor];
    for sample in 0..3 {
        let input: Vec<f32> = (0..16).map(|i| 0.5 + 0.5 * (1.7 * i as f32 + sample as f32).sin()).collect();
        let mut target = vec![0.0; 10];
        target[sample] = 1.0;
        let problem = Problem::new(&input, &contrast.nudges, &target);

        let of_circuit = {
            let parameters = Parameters { biases: learning.biases(), ..parameters.clone() };
            let crossbar = Crossbar::of_learning(&parameters, &profile, &learning, 1e6).expect("a circuit");
            let weights = learning.chip().read(1, &mut random);
            let network = learning.chip().network(&weights);
            spice::contrast(&network, &crossbar, &problem, &contrast.nudges, &factors, &mut gradient)
                .expect("an operating point");
            gradient.tensors().flatten().copied().collect::<Vec<_>>()
        };
        let weights = learning.chip().read(1, &mut random);
        let network = learning.chip().network(&weights);
        let mut memory = vec![0.0; StateView::len(network.units(), 2)];
        let mut state = StateView::new(network.units(), 2, &mut memory).expect("a state");
        let settings = Settings { sweeps: 400, tolerance: 1e-6, ..Settings::default() };
        let outcome = network.relax(&problem, &mut state, &settings).expect("a minimum");
        assert_eq!(outcome.status, Status::Converged);
        network.contrastive_gradient(&problem, &mut state, &factors, &mut gradient).expect("a gradient");
        let of_core: Vec<f32> = gradient.tensors().flatten().copied().collect();

        let largest = of_core.iter().fold(0.0f32, |largest, g| largest.max(g.abs()));
        let away = of_core.iter().zip(&of_circuit).fold(0.0f32, |away, (a, b)| away.max((a - b).abs()));
        assert!(largest > 0.1 && away < TOLERANCE * largest, "{sample}: {away} of {largest}");
        // The next sample meets conductances that pulses have changed.
        drop(weights);
        learning.change(&gradient, -0.1, Scope::All, &mut random);
    }
}

#[test]
fn a_circuit_learns_as_its_simulation_does() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    // Three classes by which third of nine values is large.
    let row = |i: usize| {
        let value =
            |j: usize| ((i * 31 + j * 17) % 10) as f64 / 20.0 + if j / 3 == i % 3 { 0.5 } else { 0.0 };
        (0..9).map(|j| format!("{},", value(j))).collect::<String>() + ["a", "b", "c"][i % 3] + "\n"
    };
    let rows =
        |count: usize| String::from("p,q,r,s,t,u,v,w,x,label\n") + &(0..count).map(row).collect::<String>();
    std::fs::write(folder.join("all.csv"), rows(300)).expect("written");
    std::fs::write(folder.join("few.csv"), rows(75)).expect("written");
    let train =
        ["train", "--data", "all.csv", "--layers", "6", "--objective", "backprop", "--quiet", "--out", "net"];
    assert!(fenchel(folder, &train).status.success());
    let adapt =
        ["adapt", "net", "--data", "few.csv", "--hardware", "severe", "--chips", "1", "--samples", "20"];
    let lines = json_lines(&fenchel(folder, &[&adapt[..], &["--circuit", "--json"]].concat()));
    let (simulated, circuit) = lines.split_at(lines.len() / 2);
    assert!(circuit[0]["method"] == "in-loop, circuit" && circuit.len() == 4, "{lines:?}");
    for (simulated, circuit) in simulated[..3].iter().zip(circuit) {
        let away = simulated["accuracy"].as_f64().unwrap() - circuit["accuracy"].as_f64().unwrap();
        // The simulation makes no sweep; a circuit settles. That may tip 2 of the 15 samples.
        assert!(away.abs() < 0.14, "{lines:?}");
    }
    assert_eq!(circuit[3]["steps"], 20);
    let refused = fenchel(folder, &[&adapt[..], &["--circuit", "--method", "off-chip"]].concat());
    assert_eq!(refused.status.code(), Some(2), "{}", String::from_utf8_lossy(&refused.stderr));
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
