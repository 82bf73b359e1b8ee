//! The memory of an inference in integer arithmetic: fixed-size outside, slices inside.

use crate::error::same;
use crate::{Error, IntegerModel, Quantity};

/// The memory for models with up to `VALUES` input values and units together, and up to `WIDEST` units in a block
/// above the input, rounded up to a multiple of 8.
#[derive(Debug)]
#[repr(C, align(4))]
pub struct IntegerState<const VALUES: usize, const WIDEST: usize> {
    activities: [i16; VALUES],
    sums: [i32; WIDEST],
    totals: [i32; WIDEST],
}

impl<const VALUES: usize, const WIDEST: usize> IntegerState<VALUES, WIDEST> {
    /// The RAM that it takes, in bytes.
    pub const BYTES: usize = size_of::<Self>();

    /// Creates memory of zeros.
    pub const fn new() -> Self {
        Self { activities: [0; VALUES], sums: [0; WIDEST], totals: [0; WIDEST] }
    }

    /// Returns a view for `model`.
    ///
    /// # Errors
    /// [`Error::TooLarge`] if the model has more values than `VALUES`, or a block with more units than `WIDEST`.
    pub fn view(&mut self, model: &IntegerModel) -> Result<IntegerView<'_>, Error> {
        let (values, widest) = (model.values(), model.widest());
        match (self.activities.get_mut(..values), self.sums.get_mut(..widest), self.totals.get_mut(..widest))
        {
            (Some(activities), Some(sums), Some(totals)) => Ok(IntegerView { activities, sums, totals }),
            (None, _, _) => Err(Error::TooLarge { what: Quantity::StateUnits, limit: VALUES, got: values }),
            (Some(_), _, _) => {
                Err(Error::TooLarge { what: Quantity::BlockUnits, limit: WIDEST, got: widest })
            }
        }
    }
}

impl<const VALUES: usize, const WIDEST: usize> Default for IntegerState<VALUES, WIDEST> {
    fn default() -> Self {
        Self::new()
    }
}

/// The memory of one inference as slices.
#[derive(Debug)]
pub struct IntegerView<'a> {
    /// q of the blocks 0..L, one after the other.
    pub(super) activities: &'a mut [i16],
    /// The exact sums of one product.
    pub(super) sums: &'a mut [i32],
    /// The pre-activations of one block.
    pub(super) totals: &'a mut [i32],
}

impl<'a> IntegerView<'a> {
    /// Lays the memory out in [`IntegerModel::values`] and twice [`IntegerModel::widest`] numbers.
    ///
    /// # Errors
    /// [`Error::Size`] for other lengths.
    pub fn new(model: &IntegerModel, activities: &'a mut [i16], sums: &'a mut [i32]) -> Result<Self, Error> {
        same(Quantity::StateUnits, model.values(), activities.len())?;
        same(Quantity::BlockUnits, 2 * model.widest(), sums.len())?;
        let (sums, totals) = sums.split_at_mut_checked(model.widest()).unwrap_or_default();
        Ok(Self { activities, sums, totals })
    }
}
