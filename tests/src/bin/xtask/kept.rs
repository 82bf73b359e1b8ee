//! Runs learning over resets on the device, and compares what it loads with `core` on this machine.

use std::path::Path;

use anyhow::{Result, ensure};
use fenchel::store::model_file::{self, ModelBytes};
use fenchel_core::{LearnMemory, LearnSettings, Learner, Model, checksum};

use crate::boards::Variant;
use crate::firmware::{self, Contents};
use crate::qemu;
use crate::samples::Samples;
use crate::toolchain::Toolchain;

#[path = "../../../../firmware/src/keeping.rs"]
mod keeping;

/// Builds `keep` around `model`, runs it through its resets, and compares; returns the lines that it printed.
pub fn run(
    toolchain: &Toolchain,
    variant: &Variant,
    model: &Path,
    samples: &Samples,
    folder: &Path,
) -> Result<Vec<String>> {
    let path = folder.join("samples");
    samples.write(&path)?;
    let image = firmware::build(toolchain, variant, &Contents { model, samples: &path }, "keep", "")?;
    let ended = qemu::run(variant.board, &image)?;
    let machine = variant.board.machine;
    ensure!(ended.success, "keep failed on {machine}:\n{}", ended.lines.join("\n"));
    let bytes = ModelBytes::read(model)?;
    let expected = expected(&bytes.model(model.display())?, samples)?;
    ensure!(ended.lines == expected, "{machine}: expected {expected:#?}, got {:#?}", ended.lines);
    Ok(ended.lines)
}

/// Returns what `keep` must print, from a learner that was never saved.
fn expected(model: &Model, samples: &Samples) -> Result<Vec<String>> {
    let network = model.network();
    let settings = LearnSettings::default();
    let sizes = settings.sizes(&network)?;
    let mut memory = [sizes.parameters, sizes.state, sizes.step, sizes.copy].map(|n| vec![0.0; n]);
    let [parameters, state, step, copy] = &mut memory;
    let mut learner = Learner::new(network, settings, LearnMemory { parameters, state, step, copy })?;
    let saves = keeping::STARTS as usize - 2;
    let mut lines = Vec::new();
    for (number, shown) in (1..=saves * keeping::STEPS).zip(samples.iter()) {
        let shown = shown.sample(model)?;
        learner.learn(&shown.input, &shown.target)?;
        if number.is_multiple_of(keeping::STEPS) {
            let mut parameters = checksum();
            learner.parameters().iter().for_each(|value| parameters.update(&value.to_le_bytes()));
            let file = learner.with_fields(&model.fields(), model_file::write)??;
            let file = file.last_chunk().map_or(0, |sum| u32::from_le_bytes(*sum));
            let (version, parameters) = (number / keeping::STEPS, parameters.finalize());
            lines.push(format!("version {version} parameters {parameters:08x} file {file:08x}"));
        }
    }
    // The save that is cut short leaves the one before it.
    lines.extend(lines.last().cloned());
    ensure!(lines.len() + 1 == keeping::STARTS as usize, "too few samples: {} lines", lines.len());
    Ok(lines)
}
