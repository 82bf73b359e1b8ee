//! Runs a model on the device, and compares it bit by bit with `core` on this machine.

use std::path::Path;

use anyhow::{Context, Result, bail};
use fenchel::store::model_file::ModelBytes;
use fenchel_core::Model;

use crate::boards::{Board, Variant};
use crate::expected::Answer;
use crate::firmware::{self, Contents, Footprint};
use crate::samples::Samples;
use crate::toolchain::Toolchain;
use crate::{expected, qemu};

/// The results of the device, and how many of them agree with this machine.
pub struct Report {
    /// Number of samples that ran.
    pub samples: usize,
    /// Number of right labels on the device.
    pub correct: usize,
    /// Number of samples whose outputs and label are the same in every bit.
    pub identical: usize,
    /// Probabilities that the device printed; `identical` counts them too.
    pub probabilities: usize,
    /// Largest difference of an output from this machine's, as a share of the sample's largest output.
    pub furthest: f32,
    /// Number of lines of energies, residuals, statuses and state checksums, and how many of them are the
    /// same.
    pub relaxation: (usize, usize),
    /// Energy of the first sample's first nudged problem on the device: after the forward pass, and
    /// relaxed.
    pub energy: (f32, f32),
    /// Mean number of instructions of an inference.
    pub instructions: f64,
    /// Number of multiply-adds of an inference.
    pub macs: usize,
    /// Memory of the image `infer`.
    pub footprint: Footprint,
    /// Size of the model file, part of the flash.
    pub model_bytes: usize,
    /// Size of the samples, part of the flash.
    pub sample_bytes: usize,
}

impl Report {
    /// Returns whether everything agrees.
    pub fn is_identical(&self) -> bool {
        self.identical == self.samples && self.relaxation.0 == self.relaxation.1
    }
}

/// Builds the firmware around `model`, runs `infer` and `relax`, and compares.
pub fn run(
    toolchain: &Toolchain,
    variant: &Variant,
    model: &Path,
    samples: &Samples,
    folder: &Path,
) -> Result<Report> {
    let samples_path = folder.join("samples");
    samples.write(&samples_path)?;
    let contents = Contents { model, samples: &samples_path };
    let build = |image| firmware::build(toolchain, variant, &contents, image, "");
    let board = variant.board;
    let (infer, relax) = (build("infer")?, build("relax")?);
    let bytes = ModelBytes::read(model)?;
    let model = bytes.model(model.display())?;
    let inferred = succeed(board, &infer)?;
    let answers = answers(&inferred)?;
    let expected = expected::infer(&model, samples)?;
    let is_probability = |line: &&String| line.starts_with("probability");
    let agree = |(device, host): &(&Answered, &Answer)| device.answer == **host;
    let relaxed: Vec<_> = succeed(board, &relax)?;
    let relaxed: Vec<_> = relaxed.into_iter().filter(|line| !line.starts_with("instructions")).collect();
    let expected_lines = expected::relax(&model, samples)?;
    if let Some((device, host)) = relaxed.iter().zip(&expected_lines).find(|(device, host)| device != host) {
        eprintln!("first difference on {}: expected {host:?}, got {device:?}", board.machine);
    }
    let same = relaxed.iter().zip(&expected_lines).filter(|(device, host)| device == host).count();
    Ok(Report {
        samples: samples.labels.len(),
        correct: answers
            .iter()
            .zip(&samples.labels)
            .filter(|(a, label)| a.answer.label == usize::from(**label))
            .count(),
        identical: answers.iter().zip(&expected).filter(agree).count(),
        probabilities: answers.iter().flat_map(|a| &a.answer.meaning).filter(is_probability).count(),
        furthest: answers
            .iter()
            .zip(&expected)
            .map(|(device, host)| distance(&device.answer.bits, &host.bits))
            .fold(0.0, f32::max),
        relaxation: (same, expected_lines.len().max(relaxed.len())),
        energy: (forward_energy(&model, samples)?, relaxed_energy(&relaxed)?),
        instructions: answers.iter().map(|a| a.instructions as f64).sum::<f64>()
            / answers.len().max(1) as f64,
        macs: model.network().macs(),
        footprint: firmware::footprint(&infer)?,
        model_bytes: bytes.len(),
        sample_bytes: samples.file_len(),
    })
}

/// Returns the largest difference of two outputs given as bits, as a share of the second's largest value.
fn distance(device: &[u32], host: &[u32]) -> f32 {
    let largest = host.iter().fold(0.0, |largest, z| f32::from_bits(*z).abs().max(largest));
    let differences = device.iter().zip(host).map(|(a, b)| (f32::from_bits(*a) - f32::from_bits(*b)).abs());
    differences.fold(0.0, f32::max) / largest
}

fn succeed(board: &Board, image: &Path) -> Result<Vec<String>> {
    let ended = qemu::run(board, image)?;
    if !ended.success {
        bail!("{} failed on {}:\n{}", image.display(), board.machine, ended.lines.join("\n"));
    }
    Ok(ended.lines)
}

struct Answered {
    answer: Answer,
    instructions: u64,
}

/// Parses `sample I label L instructions N` and the `bits HEX` that follow it.
fn answers(lines: &[String]) -> Result<Vec<Answered>> {
    let mut answers: Vec<Answered> = Vec::new();
    for line in lines {
        let words: Vec<_> = line.split(' ').collect();
        match words.as_slice() {
            ["sample", _, "label", label, "instructions", instructions] => {
                let answer = Answer { label: label.parse()?, bits: Vec::new(), meaning: Vec::new() };
                answers.push(Answered { answer, instructions: instructions.parse()? });
            }
            ["bits", bits] => {
                let answer = answers.last_mut().context("bits before a sample")?;
                answer.answer.bits.push(u32::from_str_radix(bits, 16)?);
            }
            ["value" | "score" | "probability", ..] => {
                let answer = answers.last_mut().context("a value before a sample")?;
                answer.answer.meaning.push(line.clone());
            }
            _ => {}
        }
    }
    Ok(answers)
}

/// Index of the problem whose energies the table shows: the first sample's, the second of the contrast (the
/// first may be the free one).
const SHOWN: usize = 1;

/// Computes s/2 ‖z_L‖² − r·z_L after the forward pass, where every potential is 0.
fn forward_energy(model: &Model, samples: &Samples) -> Result<f32> {
    let network = model.network();
    let contrast = model.training().contrast().context("no inference problems")?;
    let nudge = contrast.nudges[SHOWN];
    let sample = samples.iter().next().context("a sample")?.sample(model)?;
    let mut activities = vec![0.0; network.units()];
    let outputs = network.infer(&sample.input, &mut activities)?;
    let pulled = outputs.iter().zip(sample.pull(&nudge));
    Ok(pulled.map(|(z, r)| (0.5 * nudge.s * z - r) * z).sum())
}

/// Returns the energy after the last forward–backward sweep of the problem shown.
fn relaxed_energy(lines: &[String]) -> Result<f32> {
    let heading = format!("sample 0 problem {SHOWN} schedule ForwardBackward");
    let sweeps = lines.iter().skip_while(|line| **line != heading).skip(1);
    let last = sweeps.take_while(|line| line.starts_with("sweep")).last().context("no sweep in the log")?;
    let bits = last.split(' ').nth(3).context("no energy in the log")?;
    Ok(f32::from_bits(u32::from_str_radix(bits, 16)?))
}
