//! The devices of an array, which programming pulses change in place.

use fenchel_core::{Perturbation, Random, Weights};
use rand_core::Rng;

use super::array::devices;
use super::{Pair, Profile};
use crate::Matrix;

/// The devices of one array, with what decides how pulses change them.
///
/// Sides of weights are in units of a weight, from 0 at G_low to ŵ at G_high, column after column: first
/// all sides of G⁺, then all of G⁻.
#[derive(Clone, Debug)]
pub struct Cells {
    shape: (usize, usize),
    /// Largest magnitude ŵ of the weights that were programmed.
    largest: f32,
    sides: Vec<f32>,
    stuck: Vec<bool>,
    /// Factor of each device's steps; empty if all are 1.
    responses: Vec<f32>,
}

impl Cells {
    /// Programs the devices as [`super::Array`] does, from the same random numbers.
    pub fn program(weights: &Matrix, backwards: bool, profile: &Profile, random: &mut Random) -> Self {
        let (mut sides, mut stuck) = (Vec::new(), Vec::new());
        let largest = devices(weights, backwards, profile, random, |_, of_column, are_stuck| {
            sides.extend_from_slice(of_column);
            stuck.extend_from_slice(are_stuck);
        });
        Self { shape: weights.shape(), largest, sides, stuck, responses: Vec::new() }
    }

    /// Returns the conductances, and the ohms that turn them into weights.
    pub fn conductances(&self, profile: &Profile) -> (Pair, f64) {
        Pair::of_sides(&self.sides, self.shape, self.largest, profile)
    }

    /// Draws how far the steps of each device go.
    pub fn spread(&mut self, profile: &Profile, random: &mut Random) {
        if profile.step_spread > 0.0 {
            self.responses.resize(self.sides.len(), 0.0);
            Perturbation::Gaussian { std: profile.step_spread as f32 }.fill(random, &mut self.responses);
            self.responses.iter_mut().for_each(|response| *response = (*response + 1.0).max(0.0));
        }
    }

    /// Changes the weights by about `factor`·`changes`, given column after column: half of a change raises
    /// one device of the pair, half lowers the other. Passes the row, the column and the change that was
    /// made of each weight to `see`.
    pub fn pulse(
        &mut self,
        changes: &[f32],
        factor: f32,
        profile: &Profile,
        random: &mut Random,
        see: &mut dyn FnMut(usize, usize, f32),
    ) {
        if self.largest == 0.0 {
            return;
        }
        let rows = self.shape.0;
        let compensation = profile.compensation() as f32;
        let half = 0.5 * factor / compensation;
        let mut noise = vec![0.0; if profile.write_noise > 0.0 { 2 * rows } else { 0 }];
        for (j, changes) in changes.chunks_exact(rows).enumerate() {
            // A unit that is silent changes nothing.
            if changes.iter().all(|&change| change == 0.0) {
                continue;
            }
            Perturbation::Gaussian { std: 1.0 }.fill(random, &mut noise);
            for (i, &change) in changes.iter().enumerate() {
                let [plus, minus] =
                    [(i, half * change), (rows + i, -half * change)].map(|(place, change)| {
                        let noise = noise.get(place).copied().unwrap_or_default();
                        self.step(2 * rows * j + place, change, noise, profile, random)
                    });
                see(i, j, compensation * (plus - minus));
            }
        }
    }

    /// Changes one device by about `change`, and returns by how much it did.
    fn step(&mut self, place: usize, change: f32, noise: f32, profile: &Profile, random: &mut Random) -> f32 {
        if change == 0.0 || self.stuck[place] {
            return 0.0;
        }
        let side = self.sides[place];
        let noise = profile.write_noise as f32 * noise;
        let steps = profile.pulses.or(profile.levels.map(|levels| levels - 1));
        let length = match steps {
            Some(steps) => {
                let pulse = self.largest / steps as f32;
                let count = change.abs() / pulse;
                let rest = (random.next_u32() >> 8) as f32 / 16_777_216.0;
                let count = (count + rest).floor();
                (count + noise * count.sqrt()) * pulse
            }
            None => change.abs() * (1.0 + noise),
        };
        let (asymmetry, saturation) = (profile.step_asymmetry as f32, profile.step_saturation as f32);
        let height = (side / self.largest).clamp(0.0, 1.0);
        let bent = if change > 0.0 {
            length * (1.0 + asymmetry) * (1.0 - saturation * height)
        } else {
            -length * (1.0 - asymmetry) * (1.0 - saturation * (1.0 - height))
        };
        let response = self.responses.get(place).copied().unwrap_or(1.0);
        // Programming may have left a device beyond the range; pulses lead no further.
        let changed = (side + response * bent).clamp(side.min(0.0), side.max(self.largest));
        self.sides[place] = changed;
        changed - side
    }
}
