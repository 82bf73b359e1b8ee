//! Adversaries at the input, which follow gradients of the margin, and inside the network, which use the
//! relaxation.

use anyhow::Result;
use fenchel_core::{Nudge, Problem, Schedule, Settings, StateView, label};
use rayon::prelude::*;

use super::Samples;
use crate::Parameters;
use crate::analysis::evaluate::runner_up;
use crate::model::backprop::Backprop;

/// The norm that bounds a perturbation of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Norm {
    /// The largest change of an input value.
    LInfinity,
    /// The Euclidean length of the change.
    L2,
}

/// Projected gradient ascent on the margin max_{j≠y} z_j − z_y, starting at the sample itself, within \[0,
/// 1\], or within the range of all samples where that is larger. A single step of the whole radius is FGSM.
#[derive(Clone, Copy, Debug)]
pub struct GradientAttack {
    /// Norm that bounds the perturbation.
    pub norm: Norm,
    /// Bound ε on the perturbation, in units of the input's range.
    pub radius: f32,
    /// Number of steps, each of length 2.5·ε/steps, or ε if there is only one.
    pub steps: u32,
}

impl GradientAttack {
    /// Returns the share of the samples that no step of the attack mislabels.
    ///
    /// # Errors
    /// Fails if the samples don't fit the network.
    pub fn accuracy(&self, parameters: &Parameters, samples: &Samples) -> Result<f64> {
        let network = parameters.network();
        let features = network.input_units();
        let widen = |(low, high): (f32, f32), &x: &f32| (low.min(x), high.max(x));
        let range = samples.input.iter().fold((0.0, 1.0), widen);
        let withstood: Result<Vec<usize>> = samples
            .pieces(features)
            .into_par_iter()
            .map(|(clean, labels)| {
                let mut backprop = Backprop::default();
                let mut input = clean.to_vec();
                let mut force = vec![0.0; input.len()];
                let mut right = vec![true; labels.len()];
                for step in 0..=self.steps {
                    let outputs = backprop.forward(&network, &input, &[])?;
                    let classes = outputs.len() / labels.len();
                    for ((right, outputs), &truth) in
                        right.iter_mut().zip(outputs.chunks_exact(classes)).zip(labels)
                    {
                        *right &= label(outputs) == truth;
                    }
                    if step == self.steps {
                        break;
                    }
                    backprop.backward(&network, |z, delta| {
                        delta.fill(0.0);
                        let rows = z.chunks_exact(classes).zip(delta.chunks_exact_mut(classes));
                        for ((z, delta), &truth) in rows.zip(labels) {
                            delta[runner_up(z, truth)] = 1.0;
                            delta[truth] = -1.0;
                        }
                    });
                    backprop.input_force(&network, &mut force);
                    let rows = input.chunks_exact_mut(features).zip(clean.chunks_exact(features));
                    for ((input, clean), force) in rows.zip(force.chunks_exact(features)) {
                        self.step(input, clean, force, range);
                    }
                }
                Ok(right.into_iter().filter(|right| *right).count())
            })
            .collect();
        Ok(withstood?.into_iter().sum::<usize>() as f64 / samples.labels.len() as f64)
    }

    /// Moves one sample along `force`, then back into the ball around `clean` and into `range`. A force
    /// that isn't finite, as after a diverged training, has no direction and moves nothing.
    fn step(&self, input: &mut [f32], clean: &[f32], force: &[f32], (low, high): (f32, f32)) {
        let squares: f32 = force.iter().map(|v| v * v).sum();
        if !squares.is_finite() {
            return;
        }
        let size = if self.steps == 1 { self.radius } else { 2.5 * self.radius / self.steps as f32 };
        let length = |values: &mut dyn Iterator<Item = f32>| values.map(|v| v * v).sum::<f32>().sqrt();
        match self.norm {
            Norm::LInfinity => {
                for ((x, clean), force) in input.iter_mut().zip(clean).zip(force) {
                    let sign = if *force == 0.0 { 0.0 } else { force.signum() };
                    *x = (*x + size * sign).clamp(clean - self.radius, clean + self.radius);
                }
            }
            Norm::L2 => {
                let scale = size / length(&mut force.iter().copied()).max(f32::MIN_POSITIVE);
                input.iter_mut().zip(force).for_each(|(x, force)| *x += scale * force);
                let away = length(&mut input.iter().zip(clean).map(|(x, clean)| x - clean));
                if away > self.radius {
                    let shrink = self.radius / away;
                    for (x, clean) in input.iter_mut().zip(clean) {
                        *x = clean + shrink * (*x - clean);
                    }
                }
            }
        }
        input.iter_mut().for_each(|x| *x = x.clamp(low, high));
    }
}

/// Returns the share of the samples whose label withstands an attack on all hidden blocks at once. Each
/// block's pre-activations move by `share` of the Euclidean length of its activities, in the direction in
/// which the relaxation moves them when the output is nudged from the label to the runner-up.
///
/// # Errors
/// Fails if the samples don't fit the network.
pub fn internal_accuracy(parameters: &Parameters, samples: &Samples, share: f32) -> Result<f64> {
    /// Strength of the nudge, weak enough that no unit crosses a kink: then the direction is the
    /// gradient's.
    const NUDGE: f32 = 1e-3;
    let network = parameters.network();
    let withstood: Result<Vec<usize>> = samples
        .pieces(network.input_units())
        .into_par_iter()
        .map(|(input, labels)| {
            let rows = labels.len();
            let mut activities = vec![0.0; rows * network.units()];
            let outputs = network.infer(input, &mut activities)?.to_vec();
            let classes = outputs.len() / rows;
            let (mut target, mut attack) = (vec![0.0; outputs.len()], vec![0.0; outputs.len()]);
            for (row, (outputs, &truth)) in outputs.chunks_exact(classes).zip(labels).enumerate() {
                target[row * classes + truth] = 1.0;
                attack[row * classes + runner_up(outputs, truth)] = 1.0;
            }
            let nudges = [Nudge { s: 0.0, weight_target: -NUDGE, weight_attack: NUDGE }];
            let problem = Problem::new(input, &nudges, &target).with_attack(&attack);
            let mut memory = vec![0.0; StateView::len(network.units(), rows)];
            let mut state = StateView::new(network.units(), rows, &mut memory)?;
            let settings = Settings { schedule: Schedule::ForwardBackward, sweeps: 10, tolerance: 0.0 };
            network.relax(&problem, &mut state, &settings)?;
            let mut disturbance = vec![0.0; activities.len()];
            for k in 1..network.output() {
                let range = network.range(k, rows);
                let units = network.blocks()[k].size();
                let values = disturbance[range.clone()].chunks_exact_mut(units);
                let forces = state.forces(&network, k).chunks_exact(units);
                for ((n, u), z) in values.zip(forces).zip(activities[range].chunks_exact(units)) {
                    let length = |values: &[f32]| values.iter().map(|v| v * v).sum::<f32>().sqrt();
                    let scale = share * length(z) / length(u).max(f32::MIN_POSITIVE);
                    // One that isn't finite has no direction.
                    let moves = scale.is_finite() && scale > 0.0;
                    n.iter_mut().zip(u).for_each(|(n, u)| *n = if moves { scale * u } else { 0.0 });
                }
            }
            let mut attacked = vec![0.0; activities.len()];
            let outputs = network.infer_disturbed(input, &disturbance, &mut attacked)?;
            let answers = outputs.chunks_exact(classes).zip(labels);
            Ok(answers.filter(|(outputs, truth)| label(outputs) == **truth).count())
        })
        .collect();
    Ok(withstood?.into_iter().sum::<usize>() as f64 / samples.labels.len() as f64)
}
