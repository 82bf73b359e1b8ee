//! Anderson acceleration of depth 1, each row for itself.

use core::mem::swap;

use crate::kernel::units::{map, zip};
use crate::kernel::vector::wide;
use crate::state::Part;
use crate::{Network, StateView, Weights};

/// θ at least and at most. A residual that turns by λ has θ = λ/(λ − 1): an overshoot, λ < 0, gives θ
/// between 0 and 1 whatever its size, λ = ⅓ gives −½. Beyond, a secant across a change of active sets
/// rather than an eigenvalue is at work.
const THETA: (f32, f32) = (-0.5, 1.0);

impl<W: Weights> Network<'_, W> {
    /// From e and its image w (in z) to the next e = w − θ(w − w'), with θ = r·Δr/‖Δr‖² of the
    /// residual r = w − e, clamped to [`THETA`].
    ///
    /// `step` counts from 1; the first has no step before it and ends at e = w. Unless it is the `last`,
    /// e and w are kept for the next step by an exchange of slices, and what z and e were at the output
    /// is gone. The `last` step of a relaxation leaves every slice where the state's memory has it, so
    /// that a fresh view reads what this one does, and e and z of the output as they were.
    pub(crate) fn anderson(&self, state: &mut StateView, step: u32, last: bool) {
        // Every step but the last has exchanged the slices once.
        let exchange = !last || step % 2 == 0;
        for row in 0..state.rows {
            let theta = if step == 1 { 0.0 } else { self.theta(state, row) };
            for k in 1..self.output() {
                let (start, n) = self.row(k, state.rows, row);
                let Part { e, z: w, e_before, w_before, .. } = state.part(start..start + n);
                let next = if exchange { e_before } else { e };
                let first = step == 1;
                let extrapolate = move |w, w_before| if first { w } else { w - theta * (w - w_before) };
                zip(w, w_before, next, extrapolate);
            }
        }
        if exchange {
            swap(&mut state.e, &mut state.e_before);
            swap(&mut state.z, &mut state.w_before);
            if last {
                let Part { e, z, e_before, w_before, .. } = state.part(self.range(self.output(), state.rows));
                map(e_before, e, |e| e);
                map(w_before, z, |z| z);
            }
        }
    }

    fn theta(&self, state: &mut StateView, row: usize) -> f32 {
        let (mut along, mut square) = (Sum::default(), Sum::default());
        for k in 1..self.output() {
            let (start, n) = self.row(k, state.rows, row);
            let Part { e, z: w, e_before, w_before, .. } = state.part(start..start + n);
            let (e, e_tail) = e.as_chunks::<8>();
            let (w, w_tail) = w.as_chunks::<8>();
            let (e_before, e_before_tail) = e_before.as_chunks::<8>();
            let (w_before, w_before_tail) = w_before.as_chunks::<8>();
            // Copies, which stay in registers.
            (along, square) = wide(|| {
                let (mut along, mut square) = (along, square);
                for (((e, w), e_before), w_before) in e.iter().zip(w).zip(e_before).zip(w_before) {
                    add(&mut along, &mut square, e, w, e_before, w_before);
                }
                (along, square)
            });
            add(&mut along, &mut square, e_tail, w_tail, e_before_tail, w_before_tail);
        }
        let theta = along.total() / square.total();
        if theta.is_finite() { theta.clamp(THETA.0, THETA.1) } else { 0.0 }
    }

    /// First value of `row` in block k, and n_k.
    pub(crate) fn row(&self, k: usize, rows: usize, row: usize) -> (usize, usize) {
        let n = self.size(k);
        (self.range(k, rows).start + row * n, n)
    }
}

/// Eight partial sums, value i of a block in sum i mod 8, added up in ascending order at the end:
/// an order that vector units keep too.
#[derive(Clone, Copy, Default)]
struct Sum([f32; 8]);

impl Sum {
    fn total(&self) -> f32 {
        self.0.iter().fold(0.0, |total, part| total + part)
    }
}

#[inline(always)]
fn add(along: &mut Sum, square: &mut Sum, e: &[f32], w: &[f32], e_before: &[f32], w_before: &[f32]) {
    let values = e.iter().zip(w).zip(e_before).zip(w_before);
    for ((((e, w), e_before), w_before), (along, square)) in values.zip(along.0.iter_mut().zip(&mut square.0))
    {
        let r = w - e;
        let change = r - (w_before - e_before);
        *along += r * change;
        *square += change * change;
    }
}
