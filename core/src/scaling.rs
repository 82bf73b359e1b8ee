//! Between the raw values of a sensor, or a target in the user's unit, and the network's numbers.

use crate::error::same;
use crate::{Error, Quantity};

/// The scaling x = (raw − offset)·factor, rounded after each operation: the same bits on every machine.
///
/// Each pair of offset and factor serves a run of neighbouring values, and all runs are equally long: one
/// pair for all values, one for each channel, or one for each feature.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scaling<'a> {
    offsets: &'a [f32],
    factors: &'a [f32],
}

impl<'a> Scaling<'a> {
    /// The scaling that leaves raw values as they are.
    pub const IDENTITY: Scaling<'static> = Scaling { offsets: &[0.0], factors: &[1.0] };

    /// Creates a scaling from `offsets`, the raw values that become 0, and as many `factors`, at least one.
    ///
    /// # Errors
    /// [`Error::Size`] or [`Error::TooSmall`] for other lengths; [`Error::NotFinite`].
    ///
    /// ```
    /// # use fenchel_core::*;
    /// let scaling = Scaling::new(&[20.0, 0.0], &[0.1, 2.0])?;
    /// let mut input = [0.0; 2];
    /// scaling.apply(&[25i16, -3], &mut input)?;
    /// assert_eq!(input, [0.5, -6.0]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn new(offsets: &'a [f32], factors: &'a [f32]) -> Result<Self, Error> {
        let what = Quantity::ScalingValues;
        if offsets.is_empty() {
            return Err(Error::TooSmall { what, expected: 1, got: 0 });
        }
        same(what, offsets.len(), factors.len())?;
        for values in [offsets, factors] {
            if let Some(index) = values.iter().position(|value| !value.is_finite()) {
                return Err(Error::NotFinite { what, index });
            }
        }
        Ok(Self { offsets, factors })
    }

    /// Creates a scaling from parts that were checked before.
    pub(crate) const fn trusted(offsets: &'a [f32], factors: &'a [f32]) -> Self {
        Self { offsets, factors }
    }

    /// Returns the offsets, the raw values that become 0.
    pub fn offsets(&self) -> &'a [f32] {
        self.offsets
    }

    /// Returns the factors, the inverses of the raw values' ranges.
    pub fn factors(&self) -> &'a [f32] {
        self.factors
    }

    /// Scales one sample of `f32`, `i16`, `i8` or `u8` into `input`, of the same length, a multiple of the
    /// number of factors.
    ///
    /// # Errors
    /// [`Error::Size`] for another length; then nothing was written.
    pub fn apply<T: Copy + Into<f32>>(&self, raw: &[T], input: &mut [f32]) -> Result<(), Error> {
        let run = self.run(raw.len(), input.len())?;
        let mut values = input.iter_mut().zip(raw);
        for (offset, factor) in self.pairs() {
            for (x, &raw) in values.by_ref().take(run) {
                *x = (raw.into() - offset) * factor;
            }
        }
        Ok(())
    }

    /// Inverts the scaling in place: raw = x/factor + offset, rounded after each operation. A factor of 0
    /// belongs to a value that never changed, which comes back as its offset.
    ///
    /// # Errors
    /// [`Error::Size`] for a length that isn't a multiple of the number of factors.
    pub fn restore(&self, values: &mut [f32]) -> Result<(), Error> {
        let run = self.run(values.len(), values.len())?;
        let mut values = values.iter_mut();
        for (offset, factor) in self.pairs() {
            for value in values.by_ref().take(run) {
                *value = if factor == 0.0 { offset } else { *value / factor + offset };
            }
        }
        Ok(())
    }

    fn pairs(&self) -> impl Iterator<Item = (f32, f32)> {
        self.offsets.iter().copied().zip(self.factors.iter().copied())
    }

    /// Returns how many neighbouring values one factor serves, of `got` values where `expected` are to come.
    fn run(&self, got: usize, expected: usize) -> Result<usize, Error> {
        let factors = self.factors.len().max(1);
        let run = expected / factors;
        same(Quantity::InputValues, run * factors, got)?;
        same(Quantity::InputValues, expected, got)?;
        Ok(run)
    }
}
