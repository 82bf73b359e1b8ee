//! `cargo xtask device`: runs a model of one's own on the emulated device, and keeps its figures for the
//! report.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use fenchel::analysis::cost;
use fenchel::data::{self, Reading};
use fenchel::store::model_file::ModelBytes;
use fenchel::store::run::{BEST, DEVICE, SETTINGS};
use fenchel::task::TaskName;
use fenchel::train::Settings;
use fenchel_core::Task;
use serde_json::json;

use crate::boards::Variant;
use crate::device;
use crate::process::root;
use crate::samples::Samples;
use crate::toolchain::Toolchain;

#[derive(clap::Args)]
pub struct Args {
    /// Run folder, which gets the figures for `fenchel report`, or model file
    model: PathBuf,
    /// Machine that QEMU emulates
    #[arg(long, default_value = "mps2-an386")]
    board: String,
    /// Number of test samples to run, of the data that the model was trained on
    #[arg(long, default_value_t = 500)]
    samples: usize,
}

/// Runs, compares and prints; returns an error if a bit differs.
pub fn run(toolchain: &Toolchain, args: &Args) -> Result<()> {
    let board = cost::board("--board", &args.board)?;
    let given = args.model.canonicalize().with_context(|| format!("reading {}", args.model.display()))?;
    let model = if given.is_dir() { given.join(BEST) } else { given.clone() };
    let bytes = ModelBytes::read(&model)?;
    let loaded = bytes.model(model.display())?;
    let task = TaskName::of(loaded.task());
    let settings = given.join(SETTINGS);
    let reading = match settings.is_file() {
        true => Settings::from_toml(&std::fs::read_to_string(settings)?)?.reading,
        false => Reading { target: task.target(), label: targets(loaded.task()), ..Reading::default() },
    };
    let data = data::load_as(loaded.header().data.name, &reading)?;
    let samples = Samples::of_model(&loaded, &data.test, args.samples)?;
    let folder = root().join("target/device");
    std::fs::create_dir_all(&folder)?;
    let report = device::run(toolchain, &Variant::plain(board), &model, &samples, &folder)?;
    println!("board: {} ({})", board.machine, board.about);
    println!("images with identical output bits: {} of {}", report.identical, report.samples);
    println!("lines of relaxation that are identical: {} of {}", report.relaxation.0, report.relaxation.1);
    if task == TaskName::Classify {
        println!("right labels: {} of {}", report.correct, report.samples);
    }
    println!("instructions per inference: {:.0}", report.instructions);
    if given.is_dir() {
        let mut figures = json!({
            "board": format!("{} ({})", board.machine, board.about),
            "images with identical output bits": format!("{} of {}", report.identical, report.samples),
            "identical lines of relaxation": format!("{} of {}", report.relaxation.0, report.relaxation.1),
            "instructions per inference": report.instructions.round(),
            "flash, bytes": report.footprint.flash.saturating_sub(report.sample_bytes as u64),
            "RAM, bytes": report.footprint.ram,
        });
        if task == TaskName::Classify {
            figures["test accuracy"] = json!(report.correct as f64 / report.samples as f64);
        }
        fenchel::store::files::write(
            &given.join(DEVICE),
            serde_json::to_string_pretty(&figures)?.as_bytes(),
        )?;
    }
    if !report.is_identical() {
        bail!("the device's bits differ from this machine's");
    }
    Ok(())
}

/// Returns the columns of a table that hold the targets, by their names.
fn targets(task: &Task) -> Vec<String> {
    match task {
        Task::Regression { targets, .. } => targets.iter().map(String::from).collect(),
        Task::Classification { .. } | Task::Reconstruction { .. } => Vec::new(),
    }
}
