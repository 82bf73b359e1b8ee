//! The course of an adaptation: samples one after the other, with replays, and the accuracy at marks.

use anyhow::Result;
use fenchel_core::{Model, Random, Ring, Scaling, UpdateStatus};
use rand_core::SeedableRng;

use super::{Plan, Point, Settings, originals};
use crate::analysis::evaluate::score;
use crate::data::{Split, below};
use crate::error::require;

/// What learns one sample at a time.
pub(super) trait Pupil {
    /// Returns whether it needs the target of an attack.
    fn is_attacked(&self) -> bool;
    /// Learns from `input` x, shape (n_0), with `target` y and the attack's target, each of shape (n_L);
    /// the latter is empty unless it [`is_attacked`](Self::is_attacked).
    fn learn(&mut self, input: &[f32], target: &[f32], attack: &[f32]) -> Result<UpdateStatus>;
    /// Returns the answers z_L to every sample, shape (samples, n_L).
    fn answers(&mut self, split: &Split, scaling: Scaling) -> Result<Vec<f32>>;
}

/// What happened on the way.
#[derive(Clone, Debug)]
pub struct Course {
    /// Accuracy before, and at each mark.
    pub points: Vec<Point>,
    /// Number of samples that changed the parameters, including replays.
    pub steps: usize,
    /// Number of samples that didn't change them: skipped, or without a minimum.
    pub without_step: usize,
}

/// Teaches `pupil` the samples of `plan`, and calls `see` with each accuracy.
pub(super) fn run(
    pupil: &mut impl Pupil,
    model: &Model,
    plan: &Plan,
    settings: &Settings,
    see: &mut dyn FnMut(&Point) -> Result<()>,
) -> Result<Course> {
    require!(!plan.stream.is_empty(), "the stream", "at least 1 sample", 0);
    let features = model.network().input_units();
    let random = Random::seed_from_u64(settings.seed);
    let mut teacher = Teacher { model, pupil, random, steps: 0, without_step: 0 };
    let kept = originals::kept(model, plan, settings, &mut teacher.random)?;
    let (mut values, mut labels) = (vec![0.0; settings.ring * features], vec![0; settings.ring]);
    let mut ring = Ring::new(features, &mut values, &mut labels)?;
    if settings.balanced {
        ring = ring.balanced();
    }

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
    let Teacher { steps, without_step, .. } = teacher;
    Ok(Course { points, steps, without_step })
}

struct Teacher<'m, P> {
    model: &'m Model<'m>,
    pupil: &'m mut P,
    random: Random,
    steps: usize,
    without_step: usize,
}

impl<P: Pupil> Teacher<'_, P> {
    fn teach(&mut self, raw: &[f32], label: usize) -> Result<()> {
        let mut input = vec![0.0; raw.len()];
        self.model.scaling().apply(raw, &mut input)?;
        let classes = self.model.network().output_units();
        let one_hot = |class| (0..classes).map(|c| if c == class { 1.0 } else { 0.0 }).collect::<Vec<f32>>();
        let attack = if self.pupil.is_attacked() {
            one_hot((label + 1 + below(classes - 1, &mut self.random)) % classes)
        } else {
            Vec::new()
        };
        match self.pupil.learn(&input, &one_hot(label), &attack)? {
            UpdateStatus::Learned => self.steps += 1,
            UpdateStatus::Skipped | UpdateStatus::Unbounded | UpdateStatus::RolledBack => {
                self.without_step += 1;
            }
        }
        Ok(())
    }

    fn measure(&mut self, samples: usize, plan: &Plan) -> Result<Point> {
        let mut of = |split: &Split| {
            let answers = self.pupil.answers(split, self.model.scaling())?;
            Ok::<f64, anyhow::Error>(score(&answers, &split.labels).0)
        };
        let original_accuracy = plan.original_test.map(&mut of).transpose()?;
        Ok(Point { samples, accuracy: of(plan.test)?, original_accuracy })
    }
}
