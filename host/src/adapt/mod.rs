//! Learning in place on the PC: the same [`Learner`] as on a device, to the same bits, with its accuracy on
//! the way.

mod course;
mod drift;
mod in_loop;
mod originals;
mod rows;

use anyhow::Result;
use fenchel_core::{
    LearnMemory, LearnSettings, Learner, Model, ModelFields, Packed, Scaling, UpdateStatus, Weights,
    checksum, pack, packed_len,
};

use crate::analysis::evaluate::outputs;
use crate::data::Split;
use crate::store::model_file::{self, ModelBytes};
pub use course::Course;
use course::Pupil;
pub use drift::{Drift, Drifter};
pub use in_loop::{CHIP_SHARE, Medium, Method, adapt_chips, spell};
pub use originals::{choose, with_originals};
pub use rows::{Learned, learn};

/// Settings with which a model goes on learning.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Settings of the learner.
    pub learn: LearnSettings,
    /// Number of samples to learn from; a shorter stream begins again.
    pub samples: usize,
    /// Number of past samples of the stream that are kept.
    pub ring: usize,
    /// Whether these past samples are balanced between the classes, as [`fenchel_core::Ring::balanced`] does.
    pub balanced: bool,
    /// Number of past samples that are learned again after each new one.
    pub replays: usize,
    /// Number of original samples that are kept, one of which is learned after each new sample; without it those of
    /// the model file, if it holds any.
    pub originals: Option<usize>,
    /// Seed of every draw.
    pub seed: u64,
    /// Numbers of samples after which the accuracy is measured, in ascending order.
    pub marks: Vec<usize>,
}

/// The samples of an adaptation, each with as many values as the model takes.
#[derive(Clone, Copy, Debug)]
pub struct Plan<'a> {
    /// Samples to learn from, in this order.
    pub stream: &'a Split,
    /// Samples to measure the accuracy on.
    pub test: &'a Split,
    /// Samples to measure the accuracy on the original data.
    pub original_test: Option<&'a Split>,
    /// Samples from which the kept original samples are taken.
    pub originals: Option<&'a Split>,
}

/// The accuracy after a number of samples, as fractions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Number of samples of the stream that were learned.
    pub samples: usize,
    /// Accuracy on the new data.
    pub accuracy: f64,
    /// Accuracy on the original data, if there are any.
    pub original_accuracy: Option<f64>,
}

/// The results of an adaptation.
pub struct Adapted {
    /// The model file with the learned weights.
    pub file: ModelBytes,
    /// Accuracy before, and at each mark.
    pub points: Vec<Point>,
    /// CRC-32 of the learned parameters in the learner's order, little-endian.
    pub weights_crc: u32,
    /// Number of samples that changed the parameters, including replays.
    pub steps: usize,
    /// Number of samples that didn't change them: skipped, or without a minimum.
    pub without_step: usize,
}

/// Returns the powers of ten, twice and five times them, from 10 on below `samples`, and `samples`.
pub fn marks(samples: usize) -> Vec<usize> {
    let powers = (1..18).map(|power| 10_usize.pow(power));
    let series = powers.flat_map(|power| [power, 2 * power, 5 * power]).take_while(|&mark| mark < samples);
    series.chain([samples]).collect()
}

/// Learns from `plan`'s stream as `settings` say, and calls `see` with each accuracy.
///
/// # Errors
/// Fails if samples don't fit the model; returns [`crate::BadInput`] for an empty stream, or more original
/// samples to keep than there are, and whatever `see` returns.
pub fn adapt(
    model: &Model,
    plan: &Plan,
    settings: &Settings,
    see: &mut dyn FnMut(&Point) -> Result<()>,
) -> Result<Adapted> {
    let network = model.network();
    let sizes = settings.learn.sizes(&network)?;
    let mut memory = [sizes.parameters, sizes.state, sizes.step, sizes.copy].map(|n| vec![0.0; n]);
    let [parameters, state, step, copy] = &mut memory;
    let memory = LearnMemory { parameters, state, step, copy };
    let mut learner = Learner::new(network, settings.learn, memory)?;
    let Course { points, steps, without_step } = course::run(&mut learner, model, plan, settings, see)?;
    let mut crc = checksum();
    learner.parameters().iter().for_each(|value| crc.update(&value.to_le_bytes()));
    let file = learner.with_fields(&model.fields(), model_file::write)??;
    Ok(Adapted { file, points, weights_crc: crc.finalize(), steps, without_step })
}

impl Pupil for Learner<'_> {
    fn is_attacked(&self) -> bool {
        Self::is_attacked(self)
    }

    fn learn(&mut self, input: &[f32], target: &[f32], attack: &[f32]) -> Result<UpdateStatus> {
        Ok(self.learn_against(input, target, attack)?.status)
    }

    fn answers(&mut self, split: &Split, scaling: Scaling) -> Result<Vec<f32>> {
        self.with_network(|network| outputs(network, split, scaling))?
    }
}

/// Writes the file of `model` without knowledge of the class `label`: its output is 0 whatever the input.
///
/// # Errors
/// Fails as [`model_file::write`] does.
pub fn without_class(model: &Model, label: usize) -> Result<ModelBytes> {
    let (network, fields) = (model.network(), model.fields());
    let output = network.output();
    let panels = network.connections().iter().zip(network.weights()).map(|(c, weights)| {
        let (rows, columns) = weights.shape();
        let weight = |i, w| if c.to == output && i == label { 0.0 } else { w };
        let row_major: Vec<f32> = (0..rows).flat_map(|i| weights.row(i).map(move |w| weight(i, w))).collect();
        let mut packed = vec![0.0; packed_len(rows, columns)];
        pack(rows, columns, &row_major, &mut packed);
        (rows, columns, packed)
    });
    let panels: Vec<_> = panels.collect();
    let weights =
        panels.iter().map(|(rows, columns, panels)| Ok(Packed::new(*rows, *columns, panels)?.into()));
    let weights = weights.collect::<Result<Vec<_>>>()?;
    let mut biases = fields.biases.to_vec();
    biases[network.range(output, 1)][label] = 0.0;
    model_file::write(&ModelFields { weights: &weights, biases: &biases, ..fields })
}

/// Returns the share of the lost accuracy that was regained: 0 at `before`, 1 at `original`; `None` if
/// nothing was lost.
pub fn recovered(before: f64, original: f64, now: f64) -> Option<f64> {
    (original > before).then(|| (now - before) / (original - before))
}
