//! A memory of raw samples to learn from again.

use rand_core::Rng;

use crate::error::same;
use crate::{Error, Quantity};

/// Samples as they came from the sensor, a byte a value or another type, and their labels: a uniform choice
/// among all that were seen (a reservoir), in memory that the caller lends.
#[derive(Debug)]
pub struct Ring<'m, T = u8> {
    values: &'m mut [T],
    labels: &'m mut [u8],
    seen: u32,
}

impl<'m, T: Copy> Ring<'m, T> {
    /// An empty ring of as many places as there are `labels`; `values` has `features` values for each.
    ///
    /// # Errors
    /// [`Error::Size`] if the lengths don't fit each other.
    pub fn new(features: usize, values: &'m mut [T], labels: &'m mut [u8]) -> Result<Self, Error> {
        same(Quantity::InputValues, features * labels.len(), values.len())?;
        Ok(Self { values, labels, seen: 0 })
    }

    /// Samples that it holds.
    pub fn len(&self) -> usize {
        self.labels.len().min(self.seen as usize)
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Any of the samples that it holds: raw values and label.
    pub fn draw(&self, random: &mut impl Rng) -> Option<(&[T], u8)> {
        let place = below(random, self.len());
        let size = self.values.len().checked_div(self.labels.len())?;
        let label = *self.labels.get(..self.len())?.get(place)?;
        Some((self.values.get(place * size..(place + 1) * size)?, label))
    }

    /// Take a sample in: into a free place, or with a falling probability in place of another.
    ///
    /// # Errors
    /// [`Error::Size`] if it has another number of values.
    pub fn push(&mut self, raw: &[T], label: u8, random: &mut impl Rng) -> Result<(), Error> {
        let Some(size) = self.values.len().checked_div(self.labels.len()) else { return Ok(()) };
        same(Quantity::InputValues, size, raw.len())?;
        let free = self.seen as usize;
        self.seen = self.seen.saturating_add(1);
        let place = if free < self.labels.len() { free } else { below(random, self.seen as usize) };
        let values = self.values.get_mut(place * size..(place + 1) * size);
        if let (Some(values), Some(kept)) = (values, self.labels.get_mut(place)) {
            values.iter_mut().zip(raw).for_each(|(value, &raw)| *value = raw);
            *kept = label;
        }
        Ok(())
    }
}

/// Any of 0..n; 0 of none.
fn below(random: &mut impl Rng, n: usize) -> usize {
    ((u64::from(random.next_u32()) * n as u64) >> 32) as usize
}
