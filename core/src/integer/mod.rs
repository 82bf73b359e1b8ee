//! Integer arithmetic: int8 weights, int16 activities, exact 32-bit sums, and no floating-point operation.
//!
//! | letter | is |
//! |---|---|
//! | w, s_i | weights of a connection, whole numbers of 8 bits; the scale of row i: W_ij = s_i · w_ij |
//! | q, t | activities of a block, whole numbers of at most 2¹⁴ in size; their fraction bits: z = q · 2^−t |
//! | A, p | pre-activations of a block, whole numbers of at most 2³⁰ in size; their fraction bits: a = A · 2^−p |
//!
//! For each block, upwards:
//!
//! ```text
//! S_i = Σ_j w_ij q_j                               exact, for every connection into the block
//! A_i = Σ round(s_i · S_i · 2^(p − t)) + round(b_i · 2^p)
//! A_i ← f(A_i)
//! q_i = round(A_i · 2^(t − p))                     t: the largest with |q| ≤ 2^width for the whole block
//! ```
//!
//! round(v) = ⌊v + ½⌋ everywhere. docs/model.md says how p and width follow from the weights, and why nothing overflows.
//! Exact sums don't depend on their order, so that every kernel gives the same numbers.

mod infer;
mod input;
mod matrix;
mod memory;
mod number;
mod outputs;

use heapless::Vec;

use crate::error::same;
use crate::file::{MAX_BLOCKS, Parts};
use crate::{Activation, Error, Graph, Header, PANEL, Quantity, Scaling, Task, Training};
pub use input::RawValue;
pub use matrix::IntegerMatrix;
pub use memory::{IntegerState, IntegerView};
use number::{NOTHING, bound};
pub use outputs::IntegerOutputs;

/// Activities are at most 2 to this power.
const ACTIVITY_BITS: i32 = 14;
/// Pre-activations are at most 2 to this power.
const SUM_BITS: i32 = 30;
/// Those of the output, which are then exact in `f32`.
const OUTPUT_BITS: i32 = 24;

/// A validated model of integer arithmetic, which uses the weights in place, in the file's own bytes.
#[derive(Clone, Debug)]
pub struct IntegerModel<'a> {
    parts: Parts<'a, IntegerMatrix<'a>>,
    /// The largest size of an activity of each block that can't overflow a sum.
    largest: Vec<i32, MAX_BLOCKS>,
    /// n with |b_i| < 2ⁿ for each block, which counts a bound of its clip that excludes 0 too.
    constants: Vec<i32, MAX_BLOCKS>,
}

impl<'a> IntegerModel<'a> {
    /// Loads the model in `bytes`, which begin at a multiple of 4 bytes and hold one file, no more.
    /// Everything is checked here, so that nothing can go wrong later: no sum can overflow.
    ///
    /// # Errors
    /// As [`crate::Model::load`]; [`Error::Activation`] for a simplex, which has no integer arithmetic.
    pub fn load(bytes: &'a [u8]) -> Result<Self, Error> {
        let parts = Parts::load(bytes)?;
        let mut model = Self { parts, largest: Vec::new(), constants: Vec::new() };
        model.measure()?;
        Ok(model)
    }

    #[inline(never)]
    fn measure(&mut self) -> Result<(), Error> {
        let graph = self.parts.graph();
        for (k, block) in graph.blocks().iter().enumerate() {
            let of_block = graph.outgoing(k).filter_map(|(index, _)| self.parts.weights.get(index));
            let norm = of_block.map(IntegerMatrix::norm).max().unwrap_or(0).max(1);
            let largest = (i32::MAX as u32 / norm).min(1 << ACTIVITY_BITS) as i32;
            let outside = match block.activation {
                Activation::Simplex if k > 0 => return Err(Error::Activation { block: k }),
                Activation::Clip { low, high } => [low, -high],
                Activation::Linear | Activation::Relu | Activation::Simplex => [0.0; 2],
            };
            // Bounds that 0 lies beyond: others stop no value that is as large as they are.
            let outside = outside.into_iter().filter(|bound| bound.to_bits() >> 31 == 0);
            let biases = if k == 0 { 0..0 } else { graph.range(k, 1) };
            let biases = self.parts.biases.get(biases).unwrap_or_default();
            let constants = biases.iter().copied().chain(outside).map(bound).max().unwrap_or(NOTHING);
            let _ = (self.largest.push(largest), self.constants.push(constants));
        }
        Ok(())
    }

    /// Returns blocks and connections.
    pub fn graph(&self) -> Graph<'_> {
        self.parts.graph()
    }

    /// Returns training, data, task and input. The input's scaling leads to whole numbers.
    pub fn header(&self) -> &Header<'a> {
        &self.parts.header
    }

    /// Returns how the model was trained.
    pub fn training(&self) -> &Training {
        &self.parts.header.training
    }

    /// Returns the scaling from raw values to whole numbers, to which [`infer`](Self::infer) rounds.
    pub fn scaling(&self) -> Scaling<'a> {
        self.parts.header.input.scaling
    }

    /// Returns the task, which says what the outputs mean.
    pub fn task(&self) -> &Task<'a> {
        &self.parts.header.task
    }

    /// Returns the weights, one matrix for each connection in the graph's order.
    pub fn weights(&self) -> &[IntegerMatrix<'a>] {
        &self.parts.weights
    }

    /// Returns the biases b, one for each unit of the blocks 1..=L.
    pub fn biases(&self) -> &'a [f32] {
        self.parts.biases
    }

    /// Returns the weights γ of the potentials, one for each unit of the blocks 1..=L.
    pub fn gammas(&self) -> &'a [f32] {
        self.parts.gammas
    }

    /// Returns the number of multiply-adds of one inference.
    pub fn macs(&self) -> usize {
        self.weights().iter().map(|matrix| matrix.shape().0 * matrix.shape().1).sum()
    }

    /// Returns the number of activities that an inference keeps, 2 bytes each: those of the blocks 0..L, each block's
    /// rounded up to an even number.
    pub fn values(&self) -> usize {
        self.start(self.parts.graph().output())
    }

    /// Where block k begins among the activities: at an even place, so that words of two are aligned.
    fn start(&self, k: usize) -> usize {
        self.parts.blocks.iter().take(k).map(|block| block.size().next_multiple_of(2)).sum()
    }

    /// Returns the largest number of units of a block above the input, rounded up to a multiple of 8: an inference
    /// needs memory for two sums of each, 4 bytes each.
    pub fn widest(&self) -> usize {
        let blocks = self.parts.blocks.iter().skip(1);
        blocks.map(|block| block.size().next_multiple_of(PANEL)).max().unwrap_or(0)
    }

    /// Returns the largest whole number of an input: beyond ± it, inputs saturate.
    pub fn largest_input(&self) -> i32 {
        self.largest.first().copied().unwrap_or(0)
    }

    /// Refuses memory of another size.
    fn check(&self, view: &IntegerView) -> Result<(), Error> {
        same(Quantity::StateUnits, self.values(), view.activities.len())?;
        same(Quantity::BlockUnits, self.widest(), view.totals.len())
    }

    /// The connections that end in block k: the block below and the weights.
    fn incoming(&self, k: usize) -> impl Iterator<Item = (usize, &IntegerMatrix<'a>)> {
        let weights = &self.parts.weights;
        self.parts.graph().incoming(k).filter_map(|(index, c)| weights.get(index).map(|w| (c.from, w)))
    }

    fn bias(&self, k: usize) -> &'a [f32] {
        self.parts.biases.get(self.parts.graph().range(k, 1)).unwrap_or_default()
    }

    /// n: the activities of block k are at most 2ⁿ.
    fn width(&self, k: usize) -> i32 {
        self.largest.get(k).map_or(0, |largest| largest.max(&1).ilog2() as i32)
    }

    fn constant_reach(&self, k: usize) -> i32 {
        self.constants.get(k).copied().unwrap_or(NOTHING)
    }
}
