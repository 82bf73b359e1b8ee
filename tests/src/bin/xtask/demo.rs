//! `cargo xtask demo`: from digits to the device, and one table.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use fenchel::data;
use serde_json::Value;

use crate::adapted::{self, LEARNED};
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
        let learned = adapted::run(toolchain, &Variant::plain(board), &model, &digits, &folder)?;
        columns.push(Column {
            accuracy: evaluated["accuracy"].as_f64().context("an accuracy")?,
            report,
            learned,
        });
    }
    let table = table(&columns);
    println!("\n{table}");
    std::fs::write(folder.join("table.md"), &table).context("writing the table")?;
    if !columns.iter().all(|column| column.report.is_identical() && column.learned.is_identical) {
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

/// The results of one model.
struct Column {
    /// Accuracy on this machine.
    accuracy: f64,
    report: Report,
    learned: adapted::Report,
}

fn table(columns: &[Column]) -> String {
    let row = |name: &str, cell: &dyn Fn(&Column) -> String| {
        let cells: Vec<_> = columns.iter().map(cell).collect();
        format!("| {name:<41} | {:>15} | {:>15} |\n", cells[0], cells[1])
    };
    let share = |n: usize, all: usize| format!("{n} of {all}");
    let percent = |n: usize, all: usize| format!("{:.1} %", 100.0 * n as f64 / all as f64);
    let [bp, arovr] = METHODS.map(|method| method.0);
    let mut table = format!("| {:<41} | {bp:>15} | {arovr:>15} |\n", "digits, 64-64-32-10");
    table += &format!("|{:-<43}|{:->16}:|{:->16}:|\n", "", "", "");
    table += &row("test accuracy, this machine", &|c| format!("{:.1} %", 100.0 * c.accuracy));
    table += &row("test accuracy, Cortex-M4F", &|c| percent(c.report.correct, c.report.samples));
    table += &row("images with identical output bits", &|c| share(c.report.identical, c.report.samples));
    table += &row("relaxation: identical energies and states", &|c| {
        share(c.report.relaxation.0, c.report.relaxation.1)
    });
    table += &row("energy before relaxation (nudged)", &|c| format!("{:.5}", c.report.energy.0));
    table += &row("energy after relaxation, on the device", &|c| format!("{:.5}", c.report.energy.1));
    table += &row("instructions per inference", &|c| format!("{:.0}", c.report.instructions));
    table += &row("instructions per multiply-add", &|c| {
        format!("{:.2}", c.report.instructions / c.report.macs as f64)
    });
    table += &row("flash: model, bytes", &|c| c.report.model_bytes.to_string());
    table += &row("flash: code, logging included, bytes", &|c| {
        (c.report.footprint.flash.saturating_sub((c.report.model_bytes + c.report.sample_bytes) as u64))
            .to_string()
    });
    table += &row("RAM: static, relaxation state, bytes", &|c| c.report.footprint.ram.to_string());
    table += &row("sensor drifted: accuracy, Cortex-M4F", &|c| percent(c.learned.right[0], c.learned.tested));
    table += &row(&format!("… after learning {LEARNED} samples there"), &|c| {
        percent(c.learned.right[1], c.learned.tested)
    });
    table += &row("learned parameters with identical bits", &|c| match c.learned.is_identical {
        true => share(c.learned.parameters, c.learned.parameters),
        false => "not all".into(),
    });
    table += &row("instructions per update", &|c| format!("{:.0}", c.learned.instructions));
    table += &row("RAM: learning, bytes", &|c| c.learned.bytes.iter().sum::<usize>().to_string());
    table
}
