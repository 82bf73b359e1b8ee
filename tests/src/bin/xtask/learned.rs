//! Runs learning in place on the device, and compares it bit by bit with `core` on this machine.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use fenchel::store::model_file::ModelBytes;
use fenchel_core::{LearnMemory, Learner, Model, checksum};

use crate::boards::Variant;
use crate::firmware::{self, Contents};
use crate::qemu;
use crate::samples::Samples;
use crate::toolchain::Toolchain;

#[path = "../../../../firmware/src/learning.rs"]
mod learning;

/// The results of the device.
pub struct Report {
    /// Number of lines of losses and checksums of all learned parameters, and how many of them are this
    /// machine's.
    pub lines: (usize, usize),
    /// Mean instructions of a step by the default settings.
    pub instructions: f64,
    /// Multiply-adds of such a step.
    pub macs: usize,
    /// Bytes of the parameters, of the state, and of the learner itself, by the default settings.
    pub bytes: [usize; 3],
    /// Number of learned weights and biases.
    pub learned: usize,
    /// Number of units of the network.
    pub units: usize,
}

/// Builds `learn` around `model`, runs it, and compares.
pub fn run(
    toolchain: &Toolchain,
    variant: &Variant,
    model: &Path,
    samples: &Samples,
    folder: &Path,
) -> Result<Report> {
    let path = folder.join("samples");
    samples.write(&path)?;
    let image = firmware::build(toolchain, variant, &Contents { model, samples: &path }, "learn", "")?;
    let ended = qemu::run(variant.board, &image)?;
    let machine = variant.board.machine;
    ensure!(ended.success, "learn failed on {machine}:\n{}", ended.lines.join("\n"));
    let bytes = ModelBytes::read(model)?;
    let model = bytes.model(model.display())?;
    let lines: Vec<_> = ended.lines.iter().filter(|line| line.starts_with("way")).cloned().collect();
    let expected = expected_lines(&model, samples)?;
    ensure!(lines.len() == expected.len(), "expected {} lines, got {}", expected.len(), lines.len());
    if let Some((device, host)) = lines.iter().zip(&expected).find(|(device, host)| device != host) {
        eprintln!("first difference on {machine}: expected {host:?}, got {device:?}");
    }
    let same = lines.iter().zip(&expected).filter(|(device, host)| device == host).count();
    let number = |line: &String, place: usize| -> Result<usize> {
        Ok(line.split(' ').nth(place).context("a number")?.parse()?)
    };
    let counted: Vec<_> = ended.lines.iter().filter(|line| line.starts_with("instructions")).collect();
    ensure!(!counted.is_empty(), "no instructions counted");
    let instructions = counted.iter().map(|line| number(line, 1)).sum::<Result<usize>>()?;
    let of = |what: &str| {
        let line = ended.lines.iter().find(|line| line.starts_with(what)).context("bytes in the log")?;
        number(line, 1)
    };
    let network = model.network();
    Ok(Report {
        lines: (same, expected.len()),
        instructions: instructions as f64 / counted.len() as f64,
        macs: number(counted[0], 3)?,
        bytes: [of("parameters")?, of("state")?, of("learner")?],
        learned: network.macs() + network.units(),
        units: network.units(),
    })
}

/// Returns what `learn` must print, in its own words.
fn expected_lines(model: &Model, samples: &Samples) -> Result<Vec<String>> {
    let network = model.network();
    let mut lines = Vec::new();
    for (way, (settings, steps)) in learning::STEPS.into_iter().enumerate() {
        let sizes = settings.sizes(&network)?;
        let mut memory = [sizes.parameters, sizes.state, sizes.step, sizes.copy].map(|n| vec![0.0; n]);
        let [parameters, state, step, copy] = &mut memory;
        let mut learner = Learner::new(network, settings, LearnMemory { parameters, state, step, copy })?;
        let repeated = std::iter::repeat_with(|| samples.iter()).flatten();
        for (number, shown) in (1..=steps).zip(repeated) {
            let shown = shown.sample(model)?;
            let attack: &[f32] = if learner.is_attacked() { &shown.attack } else { &[] };
            let update = learner.learn_against(&shown.input, &shown.target, attack)?;
            if [1, 10, 100, 1000, steps].contains(&number) {
                let mut digest = checksum();
                learner.parameters().iter().for_each(|value| digest.update(&value.to_le_bytes()));
                let (loss, digest) = (update.loss.to_bits(), digest.finalize());
                lines.push(format!("way {way} steps {number} loss {loss:08x} parameters {digest:08x}"));
            }
        }
    }
    Ok(lines)
}
