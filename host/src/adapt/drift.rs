//! Changes after training, made from a data set, which a network in the field has to learn.

use fenchel_core::{Perturbation, Random};
use rand_core::{Rng, SeedableRng};

use crate::BadInput;
use crate::data::{Split, Values, permutation};

/// A kind of drift.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Drift {
    /// Each value has a gain exp(N(0, ½²)) and an offset N(0, 0.2²) of the range, the same for all samples.
    Gain,
    /// Pictures are turned by 20°, or 25° from 16 rows on, in a direction that depends on the seed.
    Rotate,
    /// A quarter of a picture's rows are 0, and an eighth are noise; for other data, of the values.
    Rows,
    /// Each value of each sample has noise N(0, ¼²) of the range.
    Noise,
    /// The last class is new: the model's output for it starts at 0.
    NewClass,
}

/// The change that a drift makes to every sample of a data set, fixed by a seed.
#[derive(Clone, Debug)]
pub struct Drifter {
    drift: Drift,
    height: usize,
    width: usize,
    low: f32,
    high: f32,
    whole: bool,
    gains: Vec<f32>,
    offsets: Vec<f32>,
    rows: Vec<Row>,
    angle: f32,
}

/// The change of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Row {
    Whole,
    Dead,
    Noise,
}

impl Drifter {
    /// Builds the drift for samples of `shape` whose raw values have the range of `seen`.
    ///
    /// # Errors
    /// Returns [`BadInput`] for a rotation of samples that aren't pictures of one channel.
    pub fn new(drift: Drift, shape: &[usize], seen: &Split, seed: u64) -> Result<Self, BadInput> {
        let features: usize = shape.iter().product();
        let (height, width) = match (drift, shape) {
            (_, &[height, width]) => (height, width),
            (Drift::Gain | Drift::Rows | Drift::Noise | Drift::NewClass, _) => (features, 1),
            (Drift::Rotate, _) => {
                return Err(BadInput::new(
                    "`drift`",
                    "pictures of one channel to rotate",
                    format!("{shape:?}"),
                ));
            }
        };
        let (low, high, whole) = match &seen.values {
            Values::Bytes(bytes) => {
                let least = bytes.iter().min().copied().unwrap_or(0);
                (f32::from(least), f32::from(bytes.iter().max().copied().unwrap_or(u8::MAX)), true)
            }
            Values::Floats(floats) => {
                let low = floats.iter().copied().fold(f32::INFINITY, f32::min);
                (low, floats.iter().copied().fold(f32::NEG_INFINITY, f32::max), false)
            }
        };
        let mut random = Random::seed_from_u64(seed);
        let mut normals = |std| {
            let mut values = vec![0.0; features];
            Perturbation::Gaussian { std }.fill(&mut random, &mut values);
            values
        };
        let gains = normals(0.5).into_iter().map(|n| f64::from(n).exp() as f32).collect();
        let offsets = normals(0.2);
        let mut rows = vec![Row::Whole; height];
        let (dead, noise) = (height / 4, (height / 8).max(1));
        for (place, row) in permutation(height, &mut random).into_iter().enumerate() {
            if place < dead {
                rows[row] = Row::Dead;
            } else if place < dead + noise {
                rows[row] = Row::Noise;
            }
        }
        let degrees: f32 = if height > 8 { 25.0 } else { 20.0 };
        let angle = if random.next_u32() & 1 == 0 { degrees } else { -degrees }.to_radians();
        Ok(Self { drift, height, width, low, high, whole, gains, offsets, rows, angle })
    }

    /// Returns `split` after the drift; new noise is drawn by `seed`.
    pub fn apply(&self, split: &Split, seed: u64) -> Split {
        let mut random = Random::seed_from_u64(seed);
        let features = self.height * self.width;
        let mut values = Vec::with_capacity(split.len() * features);
        for index in 0..split.len() {
            values.extend(self.sample(&split.raw(index, features), &mut random));
        }
        let values = if self.whole {
            Values::Bytes(values.into_iter().map(|value| value.round_ties_even() as u8).collect())
        } else {
            Values::Floats(values)
        };
        Split { values, labels: split.labels.clone(), targets: split.targets.clone() }
    }

    fn sample(&self, raw: &[f32], random: &mut Random) -> Vec<f32> {
        let range = self.high - self.low;
        let within = |value: f32| value.clamp(self.low, self.high);
        match self.drift {
            Drift::NewClass => raw.to_vec(),
            Drift::Gain => {
                let factors = self.gains.iter().zip(&self.offsets);
                let drifted = |(x, (gain, offset)): (&f32, (&f32, &f32))| {
                    within(self.low + (x - self.low) * gain + offset * range)
                };
                raw.iter().zip(factors).map(drifted).collect()
            }
            Drift::Noise => {
                let mut noise = vec![0.0; raw.len()];
                Perturbation::Gaussian { std: 0.25 * range }.fill(random, &mut noise);
                raw.iter().zip(noise).map(|(x, noise)| within(x + noise)).collect()
            }
            Drift::Rows => {
                let mut uniform = || self.low + range * ((random.next_u32() >> 8) as f32 / 16_777_216.0);
                let mut value = |(index, &x): (usize, &f32)| match self.rows[index / self.width] {
                    Row::Whole => x,
                    Row::Dead => self.low,
                    Row::Noise => uniform(),
                };
                raw.iter().enumerate().map(&mut value).collect()
            }
            Drift::Rotate => {
                (0..raw.len()).map(|i| self.rotated(raw, i / self.width, i % self.width)).collect()
            }
        }
    }

    /// Returns the value at a place of the turned picture: bilinear, and the smallest value beyond the
    /// edge.
    fn rotated(&self, raw: &[f32], row: usize, column: usize) -> f32 {
        let (sin, cos) = f64::from(self.angle).sin_cos();
        let (sin, cos) = (sin as f32, cos as f32);
        let (middle_y, middle_x) = ((self.height as f32 - 1.0) / 2.0, (self.width as f32 - 1.0) / 2.0);
        let (dy, dx) = (row as f32 - middle_y, column as f32 - middle_x);
        let (y, x) = (cos * dy - sin * dx + middle_y, sin * dy + cos * dx + middle_x);
        let (top, left) = (y.floor(), x.floor());
        let mut sum = 0.0;
        for (y, share_y) in [(top, 1.0 - (y - top)), (top + 1.0, y - top)] {
            for (x, share_x) in [(left, 1.0 - (x - left)), (left + 1.0, x - left)] {
                let inside = y >= 0.0 && x >= 0.0 && y < self.height as f32 && x < self.width as f32;
                let value = if inside { raw[y as usize * self.width + x as usize] } else { self.low };
                sum += share_y * share_x * value;
            }
        }
        sum
    }
}
