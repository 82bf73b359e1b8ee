//! A memory of raw samples to learn from again.

use rand_core::Rng;

use crate::error::same;
use crate::{Error, Quantity};

/// Samples as they came from the sensor, a byte a value or another type, and their labels: a uniform choice
/// among all that were seen (a reservoir), or one that is [`balanced`](Self::balanced), in memory that the caller
/// lends.
#[derive(Debug)]
pub struct Ring<'m, T = u8> {
    values: &'m mut [T],
    labels: &'m mut [u8],
    seen: u32,
    balanced: bool,
}

impl<'m, T: Copy> Ring<'m, T> {
    /// An empty ring of as many places as there are `labels`; `values` has `features` values for each.
    ///
    /// # Errors
    /// [`Error::Size`] if the lengths don't fit each other.
    pub fn new(features: usize, values: &'m mut [T], labels: &'m mut [u8]) -> Result<Self, Error> {
        same(Quantity::InputValues, features * labels.len(), values.len())?;
        Ok(Self { values, labels, seen: 0, balanced: false })
    }

    /// Keeps the classes balanced: once it is full, a sample takes the place of one of the classes that have the most
    /// places; if its own class is one of these, of its own class, with a falling probability. So a class that is
    /// rare, or new, isn't lost among the others.
    #[must_use]
    pub fn balanced(self) -> Self {
        Self { balanced: true, ..self }
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
        let place = if free < self.labels.len() {
            free
        } else if self.balanced {
            match self.place_of_most(label, random) {
                Some(place) => place,
                None => return Ok(()),
            }
        } else {
            below(random, self.seen as usize)
        };
        let values = self.values.get_mut(place * size..(place + 1) * size);
        if let (Some(values), Some(kept)) = (values, self.labels.get_mut(place)) {
            values.iter_mut().zip(raw).for_each(|(value, &raw)| *value = raw);
            *kept = label;
        }
        Ok(())
    }

    /// The place in a full, balanced ring for a sample of the class `label`, or none.
    fn place_of_most(&self, label: u8, random: &mut impl Rng) -> Option<usize> {
        let mut places = [0u16; 256];
        for &kept in self.labels.iter() {
            if let Some(count) = places.get_mut(usize::from(kept)) {
                *count = count.saturating_add(1);
            }
        }
        let count = |class: u8| places.get(usize::from(class)).copied().unwrap_or(0);
        let most = places.iter().copied().max().unwrap_or(0);
        let of_most = count(label) == most;
        if of_most && below(random, self.seen as usize) >= self.labels.len() {
            return None;
        }
        let fits = |kept: u8| if of_most { kept == label } else { count(kept) == most };
        let all = self.labels.iter().filter(|&&kept| fits(kept)).count();
        let chosen = below(random, all);
        let fitting = self.labels.iter().enumerate().filter(|&(_, &kept)| fits(kept));
        fitting.map(|(place, _)| place).nth(chosen)
    }
}

/// Any of 0..n; 0 of none.
pub(super) fn below(random: &mut impl Rng, n: usize) -> usize {
    ((u64::from(random.next_u32()) * n as u64) >> 32) as usize
}
