//! A chip whose weights learn: pulses change its devices in place.

use anyhow::Result;
use fenchel_core::{Connection, Random, Scope, Weights};
use rand_core::Rng;

use super::cells::Cells;
use super::{Chip, Devices, Profile};
use crate::{DenseGradient, Matrix, Parameters};

/// A chip with its devices, which learning changes.
///
/// The units' offsets count as shifts of the pre-activations, −g/γ, and are part of the chip's biases.
#[derive(Clone, Debug)]
pub struct LearningChip<'p> {
    chip: Chip<'p>,
    profile: &'p Profile,
    /// The devices of each connection, in the order of the network's connections.
    cells: Vec<Arrays>,
}

/// The devices of one connection.
#[derive(Clone, Debug)]
struct Arrays {
    forward: Cells,
    feedback: Feedback,
}

/// What Wᵀ is applied with.
#[derive(Clone, Debug)]
enum Feedback {
    /// The forward array, read backwards.
    Forward,
    /// An array of its own.
    Own(Cells),
    /// Weights that don't change.
    Fixed,
}

impl<'p> LearningChip<'p> {
    /// Draws the chip that [`Chip::draw`] draws from the same random numbers, and how its devices respond
    /// to pulses.
    pub fn draw(parameters: &'p Parameters, profile: &'p Profile, random: &mut Random) -> Self {
        let mut same = random.clone();
        let mut chip = Chip::draw(parameters, profile, random);
        let mut program = |(c, weights): (&Connection, &Matrix)| {
            let forward = Cells::program(weights, false, profile, &mut same);
            let feedback = if c.from > 0 && profile.separate_feedback {
                Feedback::Own(Cells::program(weights, true, profile, &mut same))
            } else {
                Feedback::Forward
            };
            Arrays { forward, feedback }
        };
        let cells = parameters.connections.iter().zip(&parameters.weights).map(&mut program);
        let mut cells: Vec<_> = cells.collect();
        for pair in &mut cells {
            pair.forward.spread(profile, random);
            if let Feedback::Own(cells) = &mut pair.feedback {
                cells.spread(profile, random);
            }
        }
        let shifts = chip.disturbance(1);
        chip.biases.iter_mut().zip(shifts).for_each(|(bias, shift)| *bias += shift);
        chip.offsets.clear();
        Self { chip, profile, cells }
    }

    /// Replaces every array of Wᵀ by random weights, uniform in ±1/√fan-in, which never change.
    pub fn fix_feedback(&mut self, random: &mut Random) {
        for (array, pair) in self.chip.arrays.iter_mut().zip(&mut self.cells) {
            let (rows, columns) = array.forward.shape();
            let bound = 1.0 / (columns as f32).sqrt();
            let mut uniform = || bound * (random.next_u32() as i32 as f32 / 2_147_483_648.0);
            let values: Vec<_> = (0..rows * columns).map(|_| uniform()).collect();
            array.feedback = Some(Matrix::from_row_major(rows, columns, &values));
            pair.feedback = Feedback::Fixed;
        }
    }

    /// Returns the chip as it is now.
    pub fn chip(&self) -> &Chip<'p> {
        &self.chip
    }

    /// Returns the biases as they are now, before the gains of the units' amplifiers.
    pub fn biases(&self) -> Vec<f32> {
        let gain = |unit: usize| self.chip.gains[0].get(unit).copied().unwrap_or(1.0);
        self.chip.biases.iter().enumerate().map(|(unit, bias)| bias / gain(unit)).collect()
    }

    /// Returns the conductances as they are now, in the order of the network's connections; those of a
    /// fixed Wᵀ aren't among them.
    pub fn devices(&self) -> Vec<Devices> {
        let of = |arrays: &Arrays| {
            let (forward, ohms) = arrays.forward.conductances(self.profile);
            let feedback = match &arrays.feedback {
                Feedback::Own(cells) => Some(cells.conductances(self.profile).0.transposed()),
                Feedback::Forward | Feedback::Fixed => None,
            };
            Devices { ohms, forward, feedback }
        };
        self.cells.iter().map(of).collect()
    }

    /// Returns the chip's outputs, as [`Chip::infer`].
    ///
    /// # Errors
    /// Fails if a size doesn't fit.
    pub fn infer(&self, input: &[f32], random: &mut Random) -> Result<Vec<f32>> {
        self.chip.infer(input, random)
    }

    /// Changes the parameters of `scope` by `factor`·`gradient`: weights by pulses as the devices take
    /// them, separately in every array, and biases exactly.
    pub fn change(&mut self, gradient: &DenseGradient, factor: f32, scope: Scope, random: &mut Random) {
        let Self { chip, profile, cells } = self;
        let graph = chip.graph();
        let output = graph.output();
        let [gains, feedback_gains] = &chip.gains;
        let gain = |gains: &[f32], unit: usize| gains.get(unit).copied().unwrap_or(1.0);
        let tensors: Vec<_> = gradient.tensors().collect();
        let arrays = graph.connections().iter().zip(&mut chip.arrays).zip(cells).zip(&tensors);
        for (((c, array), pair), changes) in arrays.filter(|(((c, _), _), _)| scope.has_weights(c.to, output))
        {
            let rows = array.forward.shape().0;
            let first = graph.range(c.to, 1).start;
            let below = if c.from > 0 { graph.range(c.from, 1).start } else { 0 };
            let forward = array.forward.column_major_mut();
            let mut feedback = array.feedback.as_mut().map(Matrix::column_major_mut);
            let follows = matches!(pair.feedback, Feedback::Forward);
            pair.forward.pulse(changes, factor, profile, random, &mut |i, j, change| {
                forward[j * rows + i] += gain(gains, first + i) * change;
                if let Some(feedback) = feedback.as_mut().filter(|_| follows) {
                    feedback[j * rows + i] += gain(feedback_gains, below + j) * change;
                }
            });
            if let (Feedback::Own(cells), Some(feedback)) = (&mut pair.feedback, feedback) {
                cells.pulse(changes, factor, profile, random, &mut |i, j, change| {
                    feedback[j * rows + i] += gain(feedback_gains, below + j) * change;
                });
            }
        }
        for k in (1..=output).filter(|&k| scope.has_biases(k, output)) {
            for unit in graph.range(k, 1) {
                chip.biases[unit] += gain(gains, unit) * factor * tensors[tensors.len() - 1][unit];
            }
        }
    }
}
