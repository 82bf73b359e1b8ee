//! How far a state is from stationary.

use crate::kernel::slices::part;
use crate::{Network, StateView, Weights};

impl<W: Weights> Network<'_, W> {
    /// The largest change of an activity that the errors w (in z) would make to the errors e.
    pub(crate) fn residual(&self, state: &StateView) -> f32 {
        let mut largest = 0.0;
        for k in 1..self.output() {
            let range = self.range(k, state.rows);
            let a = part(state.a, range.clone());
            let e = part(state.e, range.clone());
            let w = part(state.z, range);
            let change = self.block(k).largest_change(self.gamma(k), a, e, w);
            largest = larger(largest, change);
        }
        largest
    }
}

/// max(largest, |change|), and NaN once a change was NaN.
pub(crate) fn larger(largest: f32, change: f32) -> f32 {
    let change = change.abs();
    if change <= largest || largest.is_nan() { largest } else { change }
}
