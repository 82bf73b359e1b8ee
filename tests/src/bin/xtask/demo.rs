//! `cargo xtask demo`: from digits to the device, and one table.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use fenchel::data;
use serde_json::Value;

use crate::boards::{BOARDS, Variant};
use crate::device::{self, Report};
use crate::process::{cargo, output, root};
use crate::samples::Samples;
use crate::toolchain::Toolchain;

const METHODS: [(&str, &str); 2] = [("BP", "backprop"), ("AROVR^g", "arovr-g")];

/// Trains both models, exports and runs them, and compares; returns an error if a bit differs.
pub fn run(toolchain: &Toolchain) -> Result<()> {
    let folder = root().join("target/demo");
    if folder.exists() {
        std::fs::remove_dir_all(&folder).context("clearing target/demo")?;
    }
    std::fs::create_dir_all(&folder)?;
    let board = BOARDS.first().context("a board")?;
    let digits = data::load("digits")?;
    let samples = Samples::of(&digits.test, digits.features, digits.test.len())?;
    let mut columns = Vec::new();
    for (name, objective) in METHODS {
        eprintln!("training {name} on digits");
        let model = train(objective, &folder)?;
        let evaluated = json(fenchel(&["eval"]).arg(&model))?;
        eprintln!("running {name} on QEMU's {} ({})", board.machine, board.about);
        let report = device::run(toolchain, &Variant::plain(board), &model, &samples, &folder)?;
        columns.push((evaluated["accuracy"].as_f64().context("an accuracy")?, report));
    }
    let table = table(&columns);
    println!("\n{table}");
    std::fs::write(folder.join("table.md"), &table).context("writing the table")?;
    if !columns.iter().all(|(_, report)| report.is_identical()) {
        bail!("the device's bits differ from this machine's");
    }
    Ok(())
}

/// Trains with the command, as a user would, and exports; returns the model file.
pub fn train(objective: &str, folder: &Path) -> Result<PathBuf> {
    let run = folder.join(objective);
    json(fenchel(&["train", "--objective", objective, "--out"]).arg(&run))?;
    let model = folder.join(format!("{objective}.fenchel"));
    json(fenchel(&["export", "-o"]).arg(&model).arg(&run))?;
    Ok(model)
}

/// Returns the command `fenchel`, as the README shows it.
pub fn fenchel(arguments: &[&str]) -> Command {
    cargo(&[&["run", "--quiet", "--release", "--package", "fenchel", "--"], arguments].concat())
}

fn json(command: &mut Command) -> Result<Value> {
    Ok(serde_json::from_str(&output(command.arg("--json"))?)?)
}

fn table(columns: &[(f64, Report)]) -> String {
    let row = |name: &str, cell: &dyn Fn(&(f64, Report)) -> String| {
        let cells: Vec<_> = columns.iter().map(cell).collect();
        format!("| {name:<41} | {:>15} | {:>15} |\n", cells[0], cells[1])
    };
    let share = |n: usize, all: usize| format!("{n} of {all}");
    let [bp, arovr] = METHODS.map(|method| method.0);
    let mut table = format!("| {:<41} | {bp:>15} | {arovr:>15} |\n", "digits, 64-64-32-10");
    table += &format!("|{:-<43}|{:->16}:|{:->16}:|\n", "", "", "");
    table += &row("test accuracy, this machine", &|c| format!("{:.1} %", 100.0 * c.0));
    table += &row("test accuracy, Cortex-M4F", &|(_, r)| {
        format!("{:.1} %", 100.0 * r.correct as f64 / r.samples as f64)
    });
    table += &row("images with identical output bits", &|(_, r)| share(r.identical, r.samples));
    table +=
        &row("relaxation: identical energies and states", &|(_, r)| share(r.relaxation.0, r.relaxation.1));
    table += &row("energy before relaxation (nudged)", &|(_, r)| format!("{:.5}", r.energy.0));
    table += &row("energy after relaxation, on the device", &|(_, r)| format!("{:.5}", r.energy.1));
    table += &row("instructions per inference", &|(_, r)| format!("{:.0}", r.instructions));
    table +=
        &row("instructions per multiply-add", &|(_, r)| format!("{:.2}", r.instructions / r.macs as f64));
    table += &row("flash: model, bytes", &|(_, r)| r.model_bytes.to_string());
    table += &row("flash: code, logging included, bytes", &|(_, r)| {
        (r.footprint.flash.saturating_sub((r.model_bytes + r.sample_bytes) as u64)).to_string()
    });
    table += &row("RAM: static, relaxation state, bytes", &|(_, r)| r.footprint.ram.to_string());
    table
}
