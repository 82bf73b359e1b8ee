//! Probabilities mean what they say: the expected calibration error on test samples, of digits and of two tables.

use std::io::{Cursor, Write};
use std::path::Path;
use std::process::Command;

use npyz::WriterBuilder;
use serde_json::Value;

/// Largest expected calibration error, 15 bins, with the model's temperature. A model whose probabilities were exact
/// would have 0.5 to 1 points on these test samples, for the bins' shares are counted on finitely many.
const LARGEST: f64 = 0.03;
/// Test samples of the drawn tables.
const TEST: usize = 3000;

fn fenchel(folder: &Path, arguments: &[&str]) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fenchel"));
    let output = command.current_dir(folder).args(arguments).output().expect("it starts");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// Train by default settings with this objective, and hold the errors of the best model on the test split to what they
/// should be.
fn check(data: &str, folder: &Path, objective: &str, accuracies: std::ops::Range<f64>) {
    let train = ["train", "--data", data, "--objective", objective, "--quiet", "--json", "--out", objective];
    fenchel(folder, &train);
    let report = fenchel(folder, &["eval", objective, "--json"]);
    let [accuracy, calibrated, plain] = ["accuracy", "calibration_error", "uncalibrated_error"]
        .map(|name| report[name].as_f64().expect(name));
    assert!(accuracies.contains(&accuracy), "another task than was meant: {report}");
    assert!(calibrated <= LARGEST && calibrated < plain, "{data}, {objective}: {report}");
}

/// Drawn values: uniform ones, and by Box and Muller normal ones.
struct Draw(u64);

impl Draw {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (((mixed ^ (mixed >> 31)) >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        (-2.0 * self.uniform().ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

/// An NPZ file of samples that `sample` draws, with their classes.
fn write(path: &Path, train: usize, mut sample: impl FnMut(usize) -> (Vec<f32>, i64)) {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (part, count) in [("train", train), ("test", TEST)] {
        let (rows, labels): (Vec<_>, Vec<_>) = (0..count).map(&mut sample).unzip();
        let width = rows[0].len() as u64;
        let mut put = |name: &str, bytes: Vec<u8>| {
            let options = zip::write::SimpleFileOptions::default();
            archive.start_file(format!("{name}_{part}.npy"), options).expect("started");
            archive.write_all(&bytes).expect("written");
        };
        put("x", array(&[count as u64, width], &rows.concat()));
        put("y", array(&[count as u64], &labels));
    }
    std::fs::write(path, archive.finish().expect("finished").into_inner()).expect("written");
}

/// An array as numpy saves it.
fn array<T: npyz::AutoSerialize + Copy>(shape: &[u64], values: &[T]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer =
        npyz::WriteOptions::new().default_dtype().shape(shape).writer(&mut bytes).begin_nd().expect("begun");
    writer.extend(values.iter().copied()).expect("written");
    writer.finish().expect("finished");
    bytes
}

#[test]
fn digits() {
    let folder = tempfile::tempdir().expect("a folder");
    for objective in ["backprop", "arovr-g"] {
        check("digits", folder.path(), objective, 0.96..1.0);
    }
}

/// 124 training samples of 13 values in three classes, as many as wine has: too few validate for a temperature.
#[test]
fn a_small_table() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut draw = Draw(1);
    write(&folder.path().join("small.npz"), 124, |n| {
        let class = n % 3;
        let value = |place: usize| draw.normal() + if place % 3 == class { 1.6 } else { 0.0 };
        ((0..13).map(value).map(|value| value as f32).collect(), class as i64)
    });
    for objective in ["backprop", "arovr-g"] {
        check("small.npz", folder.path(), objective, 0.9..1.0);
    }
}

/// Two half circles of 1,500 training samples, of which the validation samples tell the temperature.
#[test]
fn a_larger_table() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut draw = Draw(2);
    write(&folder.path().join("moons.npz"), 1500, |n| {
        let angle = std::f64::consts::PI * draw.uniform();
        let (x, y) =
            if n % 2 == 0 { (angle.cos(), angle.sin()) } else { (1.0 - angle.cos(), 0.5 - angle.sin()) };
        (vec![(x + 0.3 * draw.normal()) as f32, (y + 0.3 * draw.normal()) as f32], (n % 2) as i64)
    });
    for objective in ["backprop", "arovr-g"] {
        check("moons.npz", folder.path(), objective, 0.85..0.97);
    }
}
