//! Lets a model learn from drifted digits on the device, and compares it with the learner on this machine.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use fenchel::adapt::{Drift, Drifter};
use fenchel::data::{Dataset, Split};
use fenchel::store::model_file::ModelBytes;
use fenchel_core::{LearnMemory, LearnSettings, Learner, Model, checksum, label};

use crate::boards::Variant;
use crate::firmware::{self, Contents};
use crate::qemu;
use crate::samples::Samples;
use crate::toolchain::Toolchain;

#[path = "../../../../firmware/src/adapting.rs"]
mod adapting;

pub use adapting::LEARNED;

/// The results of the device.
pub struct Report {
    /// Number of test samples.
    pub tested: usize,
    /// Number of right labels before learning, and after it.
    pub right: [usize; 2],
    /// Number of learned weights and biases, with the rows of each matrix rounded up to a multiple of 8.
    pub parameters: usize,
    /// Whether the learned parameters and both numbers of right labels are this machine's.
    pub is_identical: bool,
    /// Mean instructions of a step.
    pub instructions: f64,
    /// Bytes of the parameters, of the state, and of the learner itself.
    pub bytes: [usize; 3],
}

/// Gives each pixel of `data` a gain and an offset of its own, runs `adapt` on the device, and compares.
pub fn run(
    toolchain: &Toolchain,
    variant: &Variant,
    model: &Path,
    data: &Dataset,
    folder: &Path,
) -> Result<Report> {
    let drifter = Drifter::new(Drift::Gain, &data.shape, &data.train, 0)?;
    let stream: Vec<usize> = (0..LEARNED).collect();
    let stream = drifter.apply(&data.train.select(data.features, &stream), 1);
    let test = drifter.apply(&data.test, 2);
    let all = Split::concat(&[&stream, &test]);
    let samples = Samples::of(&all, data.features, all.len())?;
    let path = folder.join("drifted");
    samples.write(&path)?;
    let image = firmware::build(toolchain, variant, &Contents { model, samples: &path }, "adapt", "")?;
    let ended = qemu::run(variant.board, &image)?;
    ensure!(ended.success, "adapt failed on {}:\n{}", variant.board.machine, ended.lines.join("\n"));
    let words = |what: &str| {
        let line = ended.lines.iter().find_map(|line| line.strip_prefix(what)?.strip_prefix(' '));
        Ok::<_, anyhow::Error>(line.with_context(|| format!("{what} in the log"))?.split(' ').collect())
    };
    let numbers = |what: &str| -> Result<Vec<usize>> {
        let words: Vec<&str> = words(what)?;
        Ok(words.into_iter().map(str::parse).collect::<Result<_, _>>()?)
    };
    let bytes = ModelBytes::read(model)?;
    let (right, parameters, crc) = expected(&bytes.model(model.display())?, &samples)?;
    let of_device = [numbers("before")?, numbers("after")?].concat();
    let crc = format!("{crc:08x}");
    Ok(Report {
        tested: test.len(),
        right: of_device.as_slice().try_into().context("two numbers")?,
        parameters,
        is_identical: of_device == right && words("parameters")? == [crc.as_str()],
        instructions: numbers("instructions")?[0] as f64 / LEARNED as f64,
        bytes: numbers("bytes")?.as_slice().try_into().context("three numbers")?,
    })
}

/// Returns the right labels before and after, the number of parameters, and their checksum, on this machine.
fn expected(model: &Model, samples: &Samples) -> Result<([usize; 2], usize, u32)> {
    let network = model.network();
    let settings = LearnSettings::default();
    let sizes = settings.sizes(&network)?;
    let mut memory = [sizes.parameters, sizes.state, sizes.step, sizes.copy].map(|n| vec![0.0; n]);
    let [parameters, state, step, copy] = &mut memory;
    let mut learner = Learner::new(network, settings, LearnMemory { parameters, state, step, copy })?;
    let right = |learner: &mut Learner| -> Result<usize> {
        let mut right = 0;
        for (shown, &class) in samples.iter().zip(&samples.labels).skip(LEARNED) {
            right += usize::from(label(learner.infer(&shown.sample(model)?.input)?) == usize::from(class));
        }
        Ok(right)
    };
    let before = right(&mut learner)?;
    for shown in samples.iter().take(LEARNED) {
        let shown = shown.sample(model)?;
        learner.learn(&shown.input, &shown.target)?;
    }
    let mut digest = checksum();
    learner.parameters().iter().for_each(|value| digest.update(&value.to_le_bytes()));
    Ok(([before, right(&mut learner)?], learner.parameters().len(), digest.finalize()))
}
