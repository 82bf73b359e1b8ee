//! Inference in integer arithmetic, block after block.

use super::input::{Raw, convert};
use super::number::Number;
use super::{ACTIVITY_BITS, IntegerOutputs, IntegerView, OUTPUT_BITS, SUM_BITS};
use crate::file::MAX_BLOCKS;
use crate::{Activation, Error, IntegerMatrix, IntegerModel, RawValue};

impl IntegerModel<'_> {
    /// Returns the network's answer z_L to one sample of `raw` values, (n_0): the same whole numbers on every machine.
    ///
    /// Neither this nor loading uses a floating-point operation.
    ///
    /// # Errors
    /// [`Error::Size`] if a length doesn't fit; [`Error::NotFinite`] if a raw value isn't finite.
    pub fn infer<'s, T: RawValue>(
        &self,
        raw: &[T],
        view: &'s mut IntegerView<'_>,
    ) -> Result<IntegerOutputs<'s>, Error> {
        self.take_input(raw, view)?;
        let fraction_bits = self.forward(view);
        let values = view.totals.get(..self.graph().output_units()).unwrap_or_default();
        Ok(IntegerOutputs { values, fraction_bits })
    }

    fn take_input<T: Raw>(&self, raw: &[T], view: &mut IntegerView) -> Result<(), Error> {
        self.check(view)?;
        let input = view.activities.get_mut(..self.graph().input_units()).unwrap_or_default();
        convert(raw, self.scaling(), self.largest_input(), input)
    }

    /// z of every block from the input; returns the fraction bits of the output's, which are left in `totals`.
    #[inline(never)]
    fn forward(&self, view: &mut IntegerView) -> i32 {
        let graph = self.graph();
        // How many fraction bits the activities of each block have.
        let mut fractions = [0; MAX_BLOCKS];
        for k in graph.above_input() {
            let is_output = k == graph.output();
            let n = graph.size(k);
            let fraction_of = |block: usize| fractions.get(block).copied().unwrap_or(0);
            let fraction_bits = self.fraction_bits(k, is_output, fraction_of);
            let totals = view.totals.get_mut(..n).unwrap_or_default();
            for (total, &bias) in totals.iter_mut().zip(self.bias(k)) {
                *total = Number::of(bias).in_small_units(fraction_bits);
            }
            for (from, matrix) in self.incoming(k) {
                let start = self.start(from);
                let q = view.activities.get(start..start + graph.size(from)).unwrap_or_default();
                let sums = view.sums.get_mut(..matrix.scales().len()).unwrap_or_default();
                matrix.product(q, sums);
                add_scaled(matrix, sums, fraction_of(from) - fraction_bits, totals);
            }
            activate(graph.block(k).activation, fraction_bits, totals);
            if is_output {
                return fraction_bits;
            }
            let start = self.start(k);
            let q = view.activities.get_mut(start..start + n).unwrap_or_default();
            let fraction = quantise(totals, self.width(k), q) + fraction_bits;
            if let Some(place) = fractions.get_mut(k) {
                *place = fraction;
            }
        }
        0
    }

    /// The fraction bits p of block k's pre-activations: the most with which none can reach 2³⁰, whatever the
    /// activities below are; 2²⁴ for the output, so that its values are exact in `f32`.
    fn fraction_bits(&self, k: usize, is_output: bool, fraction_of: impl Fn(usize) -> i32) -> i32 {
        let mut reach = self.constant_reach(k);
        let mut terms = 1u32;
        for (from, matrix) in self.incoming(k) {
            reach = reach.max(matrix.reach() + ACTIVITY_BITS - fraction_of(from));
            terms += 1;
        }
        let most = if is_output { OUTPUT_BITS } else { SUM_BITS };
        // ⌈log₂ terms⌉: there are at least two.
        most - reach - (32 - (terms - 1).leading_zeros()) as i32
    }
}

/// totals += scale · sums · 2^−`bits`, each rounded.
#[inline(never)]
fn add_scaled(matrix: &IntegerMatrix, sums: &[i32], bits: i32, totals: &mut [i32]) {
    for ((total, &sum), &scale) in totals.iter_mut().zip(sums).zip(matrix.scales()) {
        // The loader ensures that scales are normal and above 0, or 0 where the sum is 0 too.
        let field = (scale.to_bits() >> 23) as i32;
        let mantissa = (scale.to_bits() & 0x7f_ffff | 0x80_0000) as i32;
        // Rounded to a number that 32 bits hold twice: never less than 6 bits are dropped, and from 63 on nothing is left.
        let dropped = (bits + 149 - field).min(62);
        let product = i64::from(sum) * i64::from(mantissa);
        *total = total.wrapping_add(((product.wrapping_shr(dropped as u32) as i32) + 1) >> 1);
    }
}

/// f of every unit, in place.
fn activate(activation: Activation, fraction_bits: i32, totals: &mut [i32]) {
    let fixed = |bound: f32| {
        let most = i64::from(i32::MAX);
        Number::of(bound).in_units(fraction_bits).clamp(-most, most) as i32
    };
    let (low, high) = match activation {
        Activation::Relu => (0, i32::MAX),
        Activation::Clip { low, high } => (fixed(low), fixed(high)),
        // The loader refuses a simplex.
        Activation::Linear | Activation::Simplex => return,
    };
    totals.iter_mut().for_each(|total| *total = (*total).max(low).min(high));
}

/// q = totals · 2^−s, rounded, with the least s for which all lie in [−2^`width`, 2^`width`]; returns −s.
fn quantise(totals: &[i32], width: i32, q: &mut [i16]) -> i32 {
    // n bits hold every total if −2ⁿ ≤ total < 2ⁿ.
    let all = totals.iter().fold(0, |all, &total| all | (total ^ total >> 31));
    let shift = 32 - all.leading_zeros() as i32 - width;
    if shift > 0 {
        let half = 1 << (shift - 1);
        q.iter_mut().zip(totals).for_each(|(q, &total)| *q = ((total + half) >> shift) as i16);
    } else {
        q.iter_mut().zip(totals).for_each(|(q, &total)| *q = (total << -shift) as i16);
    }
    -shift
}
