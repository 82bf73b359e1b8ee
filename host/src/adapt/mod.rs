//! Learning in place on the PC: the same [`Learner`] as on a device, to the same bits, with its accuracy on
//! the way.

mod drift;

use anyhow::Result;
use fenchel_core::{
    LearnMemory, LearnSettings, Learner, Model, ModelFields, Network, Operator, Packed, Random, Ring,
    UpdateStatus, Weights, checksum, pack, packed_len,
};
use rand_core::SeedableRng;

use crate::analysis::evaluate::{outputs, score};
use crate::data::{Split, below, permutation};
use crate::error::require;
use crate::store::model_file::{self, ModelBytes};
pub use drift::{Drift, Drifter};

/// Settings with which a model goes on learning.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Settings of the learner.
    pub learn: LearnSettings,
    /// Number of samples to learn from; a shorter stream begins again.
    pub samples: usize,
    /// Number of past samples of the stream that are kept.
    pub ring: usize,
    /// Number of past samples that are learned again after each new one.
    pub replays: usize,
    /// Number of original samples that are kept, one of which is learned after each new sample.
    pub originals: usize,
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
    require!(!plan.stream.is_empty(), "the stream", "at least 1 sample", 0);
    let network = model.network();
    let features = network.input_units();
    let sizes = settings.learn.sizes(&network)?;
    let mut memory = [sizes.parameters, sizes.state, sizes.step, sizes.copy].map(|n| vec![0.0; n]);
    let [parameters, state, step, copy] = &mut memory;
    let memory = LearnMemory { parameters, state, step, copy };
    let mut teacher = Teacher {
        model,
        learner: Learner::new(network, settings.learn, memory)?,
        random: Random::seed_from_u64(settings.seed),
        steps: 0,
        without_step: 0,
    };
    let kept = kept(plan, settings, features, &mut teacher.random)?;
    let (mut values, mut labels) = (vec![0.0; settings.ring * features], vec![0; settings.ring]);
    let mut ring = Ring::new(features, &mut values, &mut labels)?;

    let mut points = vec![teacher.measure(0, plan)?];
    see(&points[0])?;
    let mut marks = settings.marks.iter().copied().peekable();
    for number in 0..settings.samples {
        let index = number % plan.stream.len();
        let (raw, label) = (plan.stream.raw(index, features), plan.stream.labels[index]);
        teacher.teach(&raw, label)?;
        if !kept.is_empty() {
            let again = below(kept.len(), &mut teacher.random);
            teacher.teach(&kept.raw(again, features), kept.labels[again])?;
        }
        for _ in 0..settings.replays {
            let Some((raw, label)) = ring.draw(&mut teacher.random) else { break };
            let (raw, label) = (raw.to_vec(), label.into());
            teacher.teach(&raw, label)?;
        }
        if settings.ring > 0 {
            ring.push(&raw, u8::try_from(label)?, &mut teacher.random)?;
        }
        if marks.next_if_eq(&(number + 1)).is_some() {
            let point = teacher.measure(number + 1, plan)?;
            see(&point)?;
            points.push(point);
        }
    }
    let mut crc = checksum();
    teacher.learner.parameters().iter().for_each(|value| crc.update(&value.to_le_bytes()));
    let file = teacher.learner.with_network(|network| write(model, network))??;
    let Teacher { steps, without_step, .. } = teacher;
    Ok(Adapted { file, points, weights_crc: crc.finalize(), steps, without_step })
}

/// Chooses the original samples that are kept: as many of each class as fit.
fn kept(plan: &Plan, settings: &Settings, features: usize, random: &mut Random) -> Result<Split> {
    let Some(originals) = plan.originals.filter(|_| settings.originals > 0) else {
        return Ok(Split::default());
    };
    require!(
        settings.originals <= originals.len(),
        "`originals`",
        format!("at most {}", originals.len()),
        settings.originals
    );
    let classes = originals.labels.iter().max().map_or(0, |most| most + 1);
    let order = permutation(originals.len(), random);
    let mut chosen = Vec::new();
    // Round by round one of each class, until there are enough.
    let mut of_class: Vec<_> = (0..classes)
        .map(|class| order.iter().copied().filter(move |&index| originals.labels[index] == class))
        .collect();
    while chosen.len() < settings.originals {
        chosen.extend(of_class.iter_mut().filter_map(Iterator::next));
    }
    chosen.truncate(settings.originals);
    Ok(originals.select(features, &chosen))
}

struct Teacher<'m> {
    model: &'m Model<'m>,
    learner: Learner<'m>,
    random: Random,
    steps: usize,
    without_step: usize,
}

impl Teacher<'_> {
    fn teach(&mut self, raw: &[f32], label: usize) -> Result<()> {
        let mut input = vec![0.0; raw.len()];
        self.model.scaling().apply(raw, &mut input)?;
        let classes = self.model.network().output_units();
        let one_hot = |class| (0..classes).map(|c| if c == class { 1.0 } else { 0.0 }).collect::<Vec<f32>>();
        let target = one_hot(label);
        let update = if self.learner.is_attacked() {
            let other = (label + 1 + below(classes - 1, &mut self.random)) % classes;
            self.learner.learn_against(&input, &target, &one_hot(other))?
        } else {
            self.learner.learn(&input, &target)?
        };
        match update.status {
            UpdateStatus::Learned => self.steps += 1,
            UpdateStatus::Skipped | UpdateStatus::Unbounded | UpdateStatus::RolledBack => {
                self.without_step += 1;
            }
        }
        Ok(())
    }

    fn measure(&self, samples: usize, plan: &Plan) -> Result<Point> {
        let of = |split: &Split| {
            let answers =
                self.learner.with_network(|network| outputs(network, split, self.model.scaling()))??;
            Ok::<f64, anyhow::Error>(score(&answers, &split.labels).0)
        };
        let original_accuracy = plan.original_test.map(of).transpose()?;
        Ok(Point { samples, accuracy: of(plan.test)?, original_accuracy })
    }
}

fn write(model: &Model, network: &Network<Operator>) -> Result<ModelBytes> {
    let fields = model.fields();
    let biases: Vec<f32> = (1..=network.output()).flat_map(|k| network.bias(k)).copied().collect();
    model_file::write(&ModelFields { weights: network.weights(), biases: &biases, ..fields })
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
