//! One weight matrix in arrays of devices, and how it is read.

use fenchel_core::{Perturbation, Random, Weights};
use rand_core::Rng;

use super::Profile;
use crate::Matrix;

/// A connection's weights as one chip has them.
#[derive(Clone, Debug)]
pub struct Array {
    /// W, (fan-out, fan-in), with the gains of the units that it feeds.
    pub forward: Matrix,
    /// What Wᵀ is applied with, of the same shape; none where that is the forward array.
    pub feedback: Option<Matrix>,
    /// Standard deviation of a weight from one sample to the next.
    read_noise: f32,
}

impl Array {
    /// Program `weights`, with a feedback array of its own if `backwards`.
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

    /// The array as `samples` samples see it: each reads every device once in each direction, and holds
    /// what it read for as long as it relaxes.
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

/// The weights that the devices come to, and the largest of those that they were meant to be.
///
/// Each side of a weight is kept in units of the weight, from 0 at G_low: no flaws change no bits.
fn program(weights: &Matrix, backwards: bool, profile: &Profile, random: &mut Random) -> (Matrix, f32) {
    let (rows, columns) = weights.shape();
    let mut programmed = weights.clone();
    let largest = weights.column_major().iter().fold(0.0f32, |largest, w| largest.max(w.abs()));
    if largest == 0.0 {
        return (programmed, largest);
    }
    let per_siemens = largest / profile.range() as f32;
    let floor = per_siemens * profile.low_conductance as f32;
    let (absolute, relative) =
        (profile.programming_noise as f32 * largest, profile.programming_noise_relative as f32);
    let noisy = absolute > 0.0 || relative > 0.0;
    let elapsed = (profile.drift_time / profile.drift_start).ln() as f32;
    let (exponent, spread) = (profile.drift_exponent as f32, profile.drift_exponent_spread as f32);
    let drifts = elapsed > 0.0 && (exponent > 0.0 || spread > 0.0);
    let compensation = if profile.drift_compensation { (exponent * elapsed).exp() } else { 1.0 };
    let stuck_low = share(profile.stuck_low);
    let stuck = stuck_low + share(profile.stuck_high);
    let resistance = profile.wire_resistance as f32;
    let normal = Perturbation::Gaussian { std: 1.0 };
    let (mut noise, mut spreads) = (vec![0.0; 2 * rows], vec![0.0; 2 * rows]);
    for (j, column) in programmed.column_major_mut().chunks_exact_mut(rows).enumerate() {
        if noisy {
            normal.fill(random, &mut noise);
        }
        if drifts && spread > 0.0 {
            normal.fill(random, &mut spreads);
        }
        for (i, w) in column.iter_mut().enumerate() {
            let mut device = |side: f32, at: usize| {
                if stuck > 0 {
                    let draw = u64::from(random.next_u32());
                    if draw < stuck {
                        return if draw < stuck_low { 0.0 } else { largest };
                    }
                }
                let mut side = profile.nearest_level(side.max(0.0), largest);
                if noisy {
                    let relative = relative * (side + floor);
                    let std = (absolute * absolute + relative * relative).sqrt();
                    side = (side + std * noise[at]).max(-floor);
                }
                if drifts {
                    side = (side + floor) * (-(exponent + spread * spreads[at]) * elapsed).exp() - floor;
                }
                side
            };
            let mut sides = [device(*w, 2 * i), device(-*w, 2 * i + 1)];
            if resistance > 0.0 {
                let segments = if backwards { j + 1 + rows - i } else { i + 1 + columns - j };
                let factor = resistance * segments as f32 / per_siemens;
                sides = sides.map(|side| (side + floor) / (1.0 + factor * (side + floor)) - floor);
            }
            *w = compensation * (sides[0] - sides[1]);
        }
    }
    (programmed, largest)
}

/// So much of 2³².
fn share(share: f64) -> u64 {
    (share * 4_294_967_296.0).round() as u64
}

/// An array as a batch of samples reads it. Noise of the devices that an output sums is Gaussian
/// whatever the weights: a sample's comes to σ‖z‖ times a standard normal value of each output.
#[derive(Clone, Debug)]
pub struct Reading<'c> {
    array: &'c Array,
    forward: Vec<f32>,
    feedback: Vec<f32>,
}

/// out += ‖in‖·noise of every row; with more rows than `noise` has, its rows over and over.
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

    fn column(&self, j: usize) -> impl Iterator<Item = f32> {
        self.array.forward.column(j)
    }
}
