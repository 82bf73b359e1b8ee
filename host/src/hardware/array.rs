//! One weight matrix stored in arrays of devices, and how samples read it.

use fenchel_core::{Perturbation, Random, Weights};
use rand_core::Rng;

use super::Profile;
use crate::Matrix;

/// The weights of one connection as one chip holds them.
#[derive(Clone, Debug)]
pub struct Array {
    /// The forward array W, shape (fan-out, fan-in), multiplied by the gains of the units that it feeds.
    pub forward: Matrix,
    /// The array with which Wᵀ is applied, stored as W with shape (fan-out, fan-in); none if the forward
    /// array is read backwards.
    pub feedback: Option<Matrix>,
    /// Standard deviation by which a weight's reading varies from sample to sample, in units of a weight.
    read_noise: f32,
}

impl Array {
    /// Programs `weights` into an array, and into a separate feedback array if `backwards`.
    pub(super) fn program(weights: &Matrix, backwards: bool, profile: &Profile, random: &mut Random) -> Self {
        let (forward, largest) = program(weights, false, profile, random);
        let feedback = match (backwards, profile.separate_feedback) {
            (false, _) => None,
            (true, true) => Some(program(weights, true, profile, random).0),
            (true, false) => Some(forward.clone()),
        };
        // Of both devices of a pair.
        let read_noise = std::f32::consts::SQRT_2 * profile.read_noise as f32 * largest;
        Self { forward, feedback, read_noise }
    }

    /// Returns the array as `samples` samples read it: each sample reads every device once in each
    /// direction, and keeps that reading for its whole relaxation.
    pub(super) fn read(&self, samples: usize, random: &mut Random) -> Reading<'_> {
        let (rows, columns) = self.forward.shape();
        let mut draw = |units: usize| {
            let mut noise = vec![0.0; if self.read_noise > 0.0 { samples * units } else { 0 }];
            Perturbation::Gaussian { std: self.read_noise }.fill(random, &mut noise);
            noise
        };
        Reading { array: self, forward: draw(rows), feedback: draw(columns) }
    }
}

/// Returns the weights that the programmed devices represent, and the largest magnitude among the intended
/// weights.
fn program(weights: &Matrix, backwards: bool, profile: &Profile, random: &mut Random) -> (Matrix, f32) {
    let rows = weights.shape().0;
    let mut programmed = weights.clone();
    let values = programmed.column_major_mut();
    let compensation = profile.compensation() as f32;
    let largest = devices(weights, backwards, profile, random, |j, sides, _| {
        let (plus, minus) = sides.split_at(rows);
        for ((w, plus), minus) in values[j * rows..][..rows].iter_mut().zip(plus).zip(minus) {
            *w = compensation * (plus - minus);
        }
    });
    (programmed, largest)
}

/// Programs the devices of an array and passes them to `see` with the number of each column, and whether
/// each is stuck: first all sides of G⁺, then all of G⁻. Returns the largest magnitude ŵ of the intended weights; if it is 0,
/// returns 0 without calling `see`.
///
/// Each side of a weight is in units of the weight, from 0 at G_low to ŵ at G_high, so that an ideal
/// profile changes no bit.
pub(super) fn devices(
    weights: &Matrix,
    backwards: bool,
    profile: &Profile,
    random: &mut Random,
    mut see: impl FnMut(usize, &[f32], &[bool]),
) -> f32 {
    let (rows, columns) = weights.shape();
    let largest = weights.column_major().iter().fold(0.0f32, |largest, w| largest.max(w.abs()));
    if largest == 0.0 {
        return largest;
    }
    let per_siemens = largest / profile.range() as f32;
    let floor = per_siemens * profile.low_conductance as f32;
    let (absolute, relative) =
        (profile.programming_noise as f32 * largest, profile.programming_noise_relative as f32);
    let noisy = absolute > 0.0 || relative > 0.0;
    let elapsed = (profile.drift_time / profile.drift_start).ln() as f32;
    let (exponent, spread) = (profile.drift_exponent as f32, profile.drift_exponent_spread as f32);
    let drifts = elapsed > 0.0 && (exponent > 0.0 || spread > 0.0);
    let mut stuck = Stuck::new(profile, random);
    let resistance = profile.wire_resistance as f32;
    let normal = Perturbation::Gaussian { std: 1.0 };
    let mut sides = vec![0.0; 2 * rows];
    let mut are_stuck = vec![false; 2 * rows];
    let (mut noise, mut spreads) = (sides.clone(), sides.clone());
    for (j, column) in weights.column_major().chunks_exact(rows).enumerate() {
        let (plus, minus) = sides.split_at_mut(rows);
        for ((w, plus), minus) in column.iter().zip(plus).zip(minus) {
            *plus = profile.nearest_level(w.max(0.0), largest);
            *minus = profile.nearest_level((-w).max(0.0), largest);
        }
        if noisy {
            normal.fill(random, &mut noise);
            for (side, noise) in sides.iter_mut().zip(&noise) {
                let relative = relative * (*side + floor);
                let std = (absolute * absolute + relative * relative).sqrt();
                *side = (*side + std * noise).max(-floor);
            }
        }
        if drifts {
            if spread > 0.0 {
                normal.fill(random, &mut spreads);
            }
            for (side, normal) in sides.iter_mut().zip(&spreads) {
                *side = (*side + floor) * (-(exponent + spread * normal) * elapsed).exp() - floor;
            }
        }
        stuck.stick(&mut sides, &mut are_stuck, largest, random);
        if resistance > 0.0 {
            for (place, side) in sides.iter_mut().enumerate() {
                let i = place % rows;
                let segments = if backwards { j + 1 + rows - i } else { i + 1 + columns - j };
                let factor = resistance * segments as f32 / per_siemens;
                *side = (*side + floor) / (1.0 + factor * (*side + floor)) - floor;
            }
        }
        see(j, &sides, &are_stuck);
    }
    largest
}

/// Chooses which devices are stuck, in the order in which they are programmed. Devices fail independently,
/// so the number of healthy devices before the next stuck one has a geometric distribution.
struct Stuck {
    low: f64,
    all: f64,
    /// Number of healthy devices before the next stuck one.
    healthy: usize,
}

impl Stuck {
    fn new(profile: &Profile, random: &mut Random) -> Self {
        let (low, high) = (profile.stuck_low, profile.stuck_high);
        let mut stuck = Self { low, all: low + high, healthy: usize::MAX };
        stuck.count(random);
        stuck
    }

    fn count(&mut self, random: &mut Random) {
        if self.all > 0.0 {
            self.healthy = (unit(random).ln() / (-self.all).ln_1p()) as usize;
        }
    }

    /// Overwrites the stuck ones among the next devices `sides`, whose values go from 0 (G_low) to
    /// `largest` (G_high), and sets which of them `are_stuck`.
    fn stick(&mut self, sides: &mut [f32], are_stuck: &mut [bool], largest: f32, random: &mut Random) {
        let mut place = 0;
        are_stuck.fill(false);
        while self.healthy < sides.len() - place {
            place += self.healthy;
            are_stuck[place] = true;
            sides[place] = if unit(random) * self.all <= self.low { 0.0 } else { largest };
            place += 1;
            self.count(random);
        }
        self.healthy -= sides.len() - place;
    }
}

/// Draws a uniform number in (0, 1].
fn unit(random: &mut Random) -> f64 {
    (f64::from(random.next_u32()) + 1.0) / 4_294_967_296.0
}

/// An array as a batch of samples reads it. The read noise of the devices that one output sums is exactly
/// Gaussian: for each sample and output it is σ‖z‖ times one standard normal value.
#[derive(Clone, Debug)]
pub struct Reading<'c> {
    array: &'c Array,
    forward: Vec<f32>,
    feedback: Vec<f32>,
}

/// Computes out += ‖in‖·noise for every row; if there are more rows than `noise` has, its rows repeat.
fn add_noise(input: &[f32], fan_in: usize, noise: &[f32], out: &mut [f32], fan_out: usize) {
    if noise.is_empty() {
        return;
    }
    let rows = input.chunks_exact(fan_in).zip(out.chunks_exact_mut(fan_out));
    for ((input, out), noise) in rows.zip(noise.chunks_exact(fan_out).cycle()) {
        let norm = input.iter().map(|x| x * x).sum::<f32>().sqrt();
        out.iter_mut().zip(noise).for_each(|(out, noise)| *out += norm * noise);
    }
}

impl Weights for Reading<'_> {
    fn shape(&self) -> (usize, usize) {
        self.array.forward.shape()
    }

    fn apply(&self, z: &[f32], a: &mut [f32]) {
        let (rows, columns) = self.shape();
        self.array.forward.apply(z, a);
        add_noise(z, columns, &self.forward, a, rows);
    }

    fn apply_transposed(&self, u: &[f32], e: &mut [f32]) {
        let (rows, columns) = self.shape();
        self.array.feedback.as_ref().unwrap_or(&self.array.forward).apply_transposed(u, e);
        add_noise(u, rows, &self.feedback, e, columns);
    }

    fn fan_out(&self, j: usize) -> impl Iterator<Item = (usize, f32)> {
        self.array.forward.fan_out(j)
    }
}
