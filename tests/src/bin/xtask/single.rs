//! `cargo xtask device`: a model of one's own on the emulated device, and its figures for the report.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use fenchel::analysis::cost;
use fenchel::data;
use fenchel::store::model_file::ModelBytes;
use fenchel::store::run::{BEST, DEVICE};
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
    /// Test samples to run, of what the model was trained on
    #[arg(long, default_value_t = 500)]
    samples: usize,
}

/// Run, compare, print; an error if a bit differs.
pub fn run(toolchain: &Toolchain, args: &Args) -> Result<()> {
    let board = cost::board("--board", &args.board)?;
    let given = args.model.canonicalize().with_context(|| format!("reading {}", args.model.display()))?;
    let model = if given.is_dir() { given.join(BEST) } else { given.clone() };
    let bytes = ModelBytes::read(&model)?;
    let name = bytes.model(model.display())?.header().data.name.to_string();
    let data = data::load(&name)?;
    let samples = Samples::of(&data.test, data.features, args.samples)?;
    let folder = root().join("target/device");
    std::fs::create_dir_all(&folder)?;
    let report = device::run(toolchain, &Variant::plain(board), &model, &samples, &folder)?;
    println!("board: {} ({})", board.machine, board.about);
    println!("images with identical output bits: {} of {}", report.identical, report.samples);
    println!("lines of relaxation that are identical: {} of {}", report.relaxation.0, report.relaxation.1);
    println!("right labels: {} of {}", report.correct, report.samples);
    println!("instructions per inference: {:.0}", report.instructions);
    if given.is_dir() {
        let figures = json!({
            "board": format!("{} ({})", board.machine, board.about),
            "test accuracy": report.correct as f64 / report.samples as f64,
            "images with identical output bits": format!("{} of {}", report.identical, report.samples),
            "identical lines of relaxation": format!("{} of {}", report.relaxation.0, report.relaxation.1),
            "instructions per inference": report.instructions.round(),
            "flash, bytes": report.footprint.flash.saturating_sub(report.sample_bytes as u64),
            "RAM, bytes": report.footprint.ram,
        });
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
