//! Every member of the training family trains, from one command line.

use std::process::Command;

use serde_json::Value;

/// Trains with the options: their effect must be found in settings.toml, and the network must have learnt
/// something.
fn trains(arguments: &str, settings: &[&str]) {
    let folder = tempfile::tempdir().expect("a folder");
    let output = Command::new(env!("CARGO_BIN_EXE_fenchel"))
        .current_dir(&folder)
        .args(["train", "--layers", "24,16", "--out", "run", "--json"])
        .args(if arguments.contains("--epochs") { [].as_slice() } else { &["--epochs", "6"] })
        .args(arguments.split_whitespace())
        .output()
        .expect("it starts");
    assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let accuracy = report["test_accuracy"].as_f64().expect("a number");
    // Guessing gets 0.1.
    assert!(accuracy > 0.3, "{arguments}: {accuracy}");
    let written = std::fs::read_to_string(folder.path().join("run/settings.toml")).expect("settings");
    let read: fenchel::train::Settings = toml::from_str(&written).expect("settings can be read back");
    assert_eq!(toml::to_string(&read).expect("TOML"), written);
    for line in settings {
        assert!(written.lines().any(|written| written == *line), "{arguments}: {line} isn't in\n{written}");
    }
}

#[test]
fn every_objective_with_and_without_a_skip() {
    for row in fenchel::train::OBJECTIVES {
        let name = fenchel::spelling::name(row.name);
        trains(&format!("--objective {name}"), &[&format!("name = \"{name}\""), "skip = []"]);
        trains(&format!("--objective {name} --skip 1:3,0:2"), &["skip = [\"1:3\", \"0:2\"]"]);
    }
}

#[test]
fn every_attack() {
    for attack in ["random-label", "untargeted", "none", "runner-up"] {
        trains(&format!("--objective arovr-ab --attack {attack}"), &[&format!("loss = \"{attack}\"")]);
        trains(&format!("--objective rovr-ab --attack {attack}"), &[]);
    }
}

#[test]
fn every_potential_weight_and_activation() {
    trains("--gamma 1,0.5,1", &["gamma = [1.0, 0.5, 1.0]"]);
    trains("--gamma 0.8,0.5,1 --distance elementwise", &["distance = \"elementwise\""]);
    trains("--potential quadratic", &["potential = \"quadratic\""]);
    trains("--potential quadratic --activation clip:0:1", &["activation = [\"clip:0:1\"]"]);
    for activation in ["relu", "linear", "clip:0:1"] {
        trains(&format!("--activation {activation}"), &[]);
    }
    // A simplex's units share a sum of 1: it learns, but more slowly.
    trains("--activation relu,simplex --epochs 40", &["activation = [\"relu\", \"simplex\"]"]);
}

#[test]
fn every_perturbation() {
    for perturbation in ["none", "gaussian:0.0625", "dropout:0.2"] {
        trains(&format!("--perturbation {perturbation}"), &[&format!("perturbation = \"{perturbation}\"")]);
        trains(
            &format!("--perturbation {perturbation} --perturbed-per batch"),
            &["perturbed-per = \"batch\""],
        );
    }
    trains("--perturbation dropout:0.2", &["perturbed-blocks = \"hidden\""]);
    trains("--perturbed-blocks hidden", &["perturbed-blocks = \"hidden\""]);
}

#[test]
fn everything_beyond_the_paper() {
    trains("--preset robust", &["input-block = \"box:0.02\"", "weight-clip = 2.0", "name = \"arovr-g\""]);
    trains("--preset robust --input-block none", &["input-block = \"none\"", "weight-clip = 2.0"]);
    trains("--input-block quadratic:0.25", &["input-block = \"quadratic:0.25\""]);
    trains("--objective backprop --input-noise 0.2 --hidden-noise 0.06", &["hidden-noise = 0.06"]);
    trains("--pretrain 3", &["pretrain = 3"]);
}

#[test]
fn an_untargeted_objective_beyond_its_bound_warns_once_and_stays_finite() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = Command::new(env!("CARGO_BIN_EXE_fenchel"))
        .current_dir(&folder)
        .args("train --objective arovr --pretrain 200 --epochs 20 --out run".split_whitespace())
        .output()
        .expect("it starts");
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{message}");
    assert_eq!(message.matches("warning:").count(), 1, "{message}");
    let log = std::fs::read_to_string(folder.path().join("run/log.jsonl")).expect("a log");
    let epochs: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let trained = epochs.iter().filter(|epoch| epoch["pretraining"] == false);
    assert!(trained.clone().any(|epoch| epoch["unbounded"].as_u64() > Some(0)), "{log}");
    assert!(trained.clone().any(|epoch| epoch["safety"]["beyond"].as_u64() > Some(0)), "{log}");
    // A weight that isn't finite would make the loss null, and the model would be refused.
    assert!(trained.clone().all(|epoch| epoch["validation_loss"].is_f64()), "{log}");
    let bounds = Command::new(env!("CARGO_BIN_EXE_fenchel"))
        .current_dir(&folder)
        .args(["inspect", "run", "--safe-beta", "--split", "train", "--json"])
        .output()
        .expect("it starts");
    let report: Value = serde_json::from_slice(&bounds.stdout).expect("JSON");
    let bound = |name: &str| report["safe_beta"][name].as_f64().expect("a number");
    assert!(0.0 < bound("global_bound") && bound("global_bound") < bound("local_bound"), "{report}");
    assert!(bound("local_bound") < bound("median_local_bound"), "{report}");
}

#[test]
fn every_schedule_by_sweeps_and_by_tolerance() {
    for schedule in ["forward-backward", "backward", "unitwise"] {
        trains(&format!("--schedule {schedule} --sweeps 4"), &["sweeps = 4", "tolerance = 0.0"]);
        trains(&format!("--schedule {schedule} --tolerance 0.01"), &["sweeps = 100"]);
    }
}
