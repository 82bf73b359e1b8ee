//! The network: blocks and connections (eq. 4), and plain inference.

use core::ops::Range;

use crate::kernel::slices::{part, part_mut, split_mut};
use crate::kernel::units::map;
use crate::{Activation, Error, Potential, Quantity, Weights};
use serde::{Deserialize, Serialize};

/// A block of units that share an activation. Block 0 is the input.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Block {
    /// n_k.
    pub units: u32,
    /// Places of each channel, from top to bottom: 1 of a block that is a mere list of units.
    pub height: u32,
    /// Places of each channel, from left to right: 1 of a block that is a mere list of units.
    pub width: u32,
    /// f_k; unused for the input.
    pub activation: Activation,
    /// What it costs to leave f_k(a_k); unused for the input.
    pub potential: Potential,
}

impl Block {
    /// A list of units, of the Fenchel–Young potential.
    pub const fn new(units: u32, activation: Activation) -> Self {
        Self { units, height: 1, width: 1, activation, potential: Potential::FenchelYoung }
    }

    /// n_k.
    pub fn size(&self) -> usize {
        self.units as usize
    }

    /// n_k over the places: a channel's units are neighbours, row after row.
    pub fn channels(&self) -> usize {
        self.units.checked_div(self.height.saturating_mul(self.width)).unwrap_or(0) as usize
    }
}

/// The weights W_kj from block j into block k > j.
#[derive(Clone, Copy, Debug)]
pub struct Connection<W> {
    /// j.
    pub from: usize,
    /// k.
    pub to: usize,
    /// W_kj, (n_k, n_j).
    pub weights: W,
}

/// A feed-forward graph of blocks; a layered network has the connections 0→1→…→L.
///
/// Arrays over units are concatenated over the blocks 1..=L; with several rows, block after block
/// and inside a block row after row: see [`Network::range`].
#[derive(Clone, Copy, Debug)]
pub struct Network<'a, W> {
    blocks: &'a [Block],
    connections: &'a [Connection<W>],
    biases: &'a [f32],
    gammas: &'a [f32],
}

pub(crate) fn same(what: Quantity, expected: usize, got: usize) -> Result<(), Error> {
    if expected == got { Ok(()) } else { Err(Error::Size { what, expected, got }) }
}

/// Refuse `values` unless all are finite.
pub(crate) fn finite(what: Quantity, values: &[f32]) -> Result<(), Error> {
    for (index, value) in values.iter().enumerate() {
        if !value.is_finite() {
            return Err(Error::NotFinite { what, index });
        }
    }
    Ok(())
}

impl<'a, W: Weights> Network<'a, W> {
    /// Put together `blocks` (L + 1), `connections` sorted by (to, from), `biases` and `gammas`
    /// (one a unit of the blocks 1..=L).
    ///
    /// # Errors
    /// Whatever doesn't fit together, with the size expected and the size that came; γ ≤ 0; a
    /// potential that doesn't go with its activation or γ.
    pub fn new(
        blocks: &'a [Block],
        connections: &'a [Connection<W>],
        biases: &'a [f32],
        gammas: &'a [f32],
    ) -> Result<Self, Error> {
        let network = Self { blocks, connections, biases, gammas };
        network.check()?;
        Ok(network)
    }

    /// What [`new`](Self::new) refuses.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let &Self { blocks, connections, biases, gammas } = self;
        if blocks.len() < 2 {
            return Err(Error::TooSmall { what: Quantity::Blocks, expected: 2, got: blocks.len() });
        }
        for (k, block) in blocks.iter().enumerate() {
            if block.units == 0 {
                return Err(Error::TooSmall { what: Quantity::BlockUnits, expected: 1, got: 0 });
            }
            if !block.activation.is_valid() {
                return Err(Error::Activation { block: k });
            }
            if k > 0 && !connections.iter().any(|c| c.to == k) {
                return Err(Error::Unconnected { block: k });
            }
        }
        let mut next = 0;
        for c in connections {
            let order = Error::Order { from: c.from, to: c.to };
            let (Some(from), Some(to)) = (blocks.get(c.from), blocks.get(c.to)) else {
                return Err(order);
            };
            let place = c.to * blocks.len() + c.from;
            if c.from >= c.to || place < next {
                return Err(order);
            }
            next = place + 1;
            let (rows, columns) = c.weights.shape();
            same(Quantity::WeightRows, to.size(), rows)?;
            same(Quantity::WeightColumns, from.size(), columns)?;
        }
        same(Quantity::Biases, self.units(), biases.len())?;
        same(Quantity::Gammas, self.units(), gammas.len())?;
        for (unit, &got) in gammas.iter().enumerate() {
            if !(0.0 < got && got <= f32::MAX) {
                return Err(Error::Gamma { unit, got });
            }
        }
        for (k, block) in blocks.iter().enumerate().skip(1) {
            if let Some(misfit) = block.misfit(self.gamma(k), k == self.output()) {
                return Err(Error::Potential { block: k, misfit });
            }
        }
        Ok(())
    }

    /// As [`new`](Self::new), of parts that it has passed before.
    pub(crate) fn trusted(
        blocks: &'a [Block],
        connections: &'a [Connection<W>],
        biases: &'a [f32],
        gammas: &'a [f32],
    ) -> Self {
        Self { blocks, connections, biases, gammas }
    }

    /// The blocks 0..=L.
    pub fn blocks(&self) -> &'a [Block] {
        self.blocks
    }

    /// The connections, sorted by (to, from).
    pub fn connections(&self) -> &'a [Connection<W>] {
        self.connections
    }

    /// L, the index of the output block.
    pub fn output(&self) -> usize {
        self.blocks.len().saturating_sub(1)
    }

    /// n_0.
    pub fn input_units(&self) -> usize {
        self.size(0)
    }

    /// n_L.
    pub fn output_units(&self) -> usize {
        self.size(self.output())
    }

    /// Σ n_k over the blocks 1..=L: the units that a state holds.
    pub fn units(&self) -> usize {
        self.blocks.iter().skip(1).map(Block::size).sum()
    }

    /// Multiplications and additions of one forward pass.
    pub fn macs(&self) -> usize {
        self.connections.iter().map(|c| c.weights.macs()).sum()
    }

    /// Where block k ≥ 1 lies in an array over units with `rows` rows.
    pub fn range(&self, k: usize, rows: usize) -> Range<usize> {
        let start: usize = self.blocks.iter().take(k).skip(1).map(Block::size).sum();
        start * rows..(start + self.size(k)) * rows
    }

    /// Where `row` of block k ≥ 1 lies in an array over units with `rows` rows.
    #[inline(never)]
    pub(crate) fn row_range(&self, k: usize, rows: usize, row: usize) -> Range<usize> {
        let start = self.range(k, rows).start + row * self.size(k);
        start..start + self.size(k)
    }

    /// b_k, length n_k.
    pub fn bias(&self, k: usize) -> &'a [f32] {
        self.biases.get(self.range(k, 1)).unwrap_or_default()
    }

    /// γ_k, length n_k.
    pub fn gamma(&self, k: usize) -> &'a [f32] {
        self.gammas.get(self.range(k, 1)).unwrap_or_default()
    }

    /// The blocks 1..=L.
    pub(crate) fn above_input(&self) -> Range<usize> {
        1..self.blocks.len()
    }

    pub(crate) fn size(&self, k: usize) -> usize {
        self.blocks.get(k).map_or(0, Block::size)
    }

    pub(crate) fn block(&self, k: usize) -> Block {
        self.blocks.get(k).copied().unwrap_or(Block::new(0, Activation::Linear))
    }

    pub(crate) fn incoming(&self, k: usize) -> impl Iterator<Item = &'a Connection<W>> {
        self.connections.iter().filter(move |c| c.to == k)
    }

    pub(crate) fn outgoing(&self, k: usize) -> impl Iterator<Item = &'a Connection<W>> {
        self.connections.iter().filter(move |c| c.from == k)
    }

    /// Whether a_k depends on the input alone, and so never changes.
    pub(crate) fn is_clamped(&self, k: usize) -> bool {
        self.incoming(k).all(|c| c.from == 0)
    }

    /// a_k = Σ_j W_kj z_j + b_k (eq. 4). `below` holds z of the blocks 1..k with `stride` rows
    /// a block, of which the first rows are used, as many as `a` has; the input may have fewer
    /// rows and is then used over and over.
    pub(crate) fn preactivate(&self, k: usize, input: &[f32], below: &[f32], stride: usize, a: &mut [f32]) {
        let units = self.size(k).max(1);
        let rows = a.len() / units;
        for row in a.chunks_exact_mut(units) {
            map(self.bias(k), row, |b| b);
        }
        for c in self.incoming(k) {
            if c.from == 0 {
                let samples = input.len() / self.input_units().max(1);
                for a in a.chunks_mut((samples * units).max(1)) {
                    c.weights.apply(input, a);
                }
            } else {
                let z = part(below, self.range(c.from, stride));
                let z = part(z, 0..rows * self.size(c.from));
                c.weights.apply(z, a);
            }
        }
    }

    /// Refuse an input that isn't finite, told by the pre-activations `a`, block 1's `rows` rows first.
    ///
    /// The sum of a unit runs over every input, w·∞ and w·NaN are never finite, not even for w = 0, and no
    /// finite term makes the sum finite again. So one value a row is looked at, not every input.
    pub(crate) fn check_input(&self, input: &[f32], a: &[f32], rows: usize) -> Result<(), Error> {
        let what = Quantity::InputValues;
        self.wrong_input(input, a, rows).map_or(Ok(()), |index| Err(Error::NotFinite { what, index }))
    }

    #[inline(never)]
    fn wrong_input(&self, input: &[f32], a: &[f32], rows: usize) -> Option<usize> {
        let mut sums = a.chunks_exact(self.size(1).max(1)).take(rows);
        if sums.all(|row| row.first().is_some_and(|a| a.is_finite())) {
            return None;
        }
        input.iter().position(|value| !value.is_finite())
    }

    /// The network's answer z_L, (rows, n_L), to `input`, (rows, n_0): every potential at its
    /// minimum, z_k = f_k(a_k).
    ///
    /// `activities` is scratch of rows·[`units`](Self::units) values and holds every z_k afterwards.
    ///
    /// # Errors
    /// [`Error::Size`] if a length doesn't fit; [`Error::NotFinite`] if an input isn't finite.
    ///
    /// ```
    /// # use fenchel_core::*;
    /// let blocks = [2, 1].map(|units| Block::new(units, Activation::Relu));
    /// let mut panels = [0.0; packed_len(1, 2)];
    /// pack(1, 2, &[3.0, -1.0], &mut panels);
    /// let weights = Packed::new(1, 2, &panels)?;
    /// let connections = [Connection { from: 0, to: 1, weights }];
    /// let network = Network::new(&blocks, &connections, &[0.5], &[1.0])?;
    /// assert_eq!(network.infer(&[1.0, 2.0], &mut [0.0])?, [1.5]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn infer<'s>(&self, input: &[f32], activities: &'s mut [f32]) -> Result<&'s [f32], Error> {
        self.infer_disturbed(input, &[], activities)
    }

    /// As [`infer`](Self::infer), with `disturbance` added to the pre-activations: z_k = f_k(a_k + n_k),
    /// n over units, or empty for none.
    ///
    /// # Errors
    /// As [`infer`](Self::infer).
    pub fn infer_disturbed<'s>(
        &self,
        input: &[f32],
        disturbance: &[f32],
        activities: &'s mut [f32],
    ) -> Result<&'s [f32], Error> {
        let rows = input.len() / self.input_units().max(1);
        same(Quantity::InputValues, rows * self.input_units(), input.len())?;
        same(Quantity::ActivityValues, rows * self.units(), activities.len())?;
        if !disturbance.is_empty() {
            same(Quantity::PerturbationValues, rows * self.units(), disturbance.len())?;
        }
        for k in self.above_input() {
            let range = self.range(k, rows);
            let (below, z) = split_mut(activities, range.start);
            let z = part_mut(z, 0..range.len());
            self.preactivate(k, input, below, rows, z);
            if k == 1 {
                self.check_input(input, z, rows)?;
            }
            let disturbance = disturbance.get(range).unwrap_or_default();
            z.iter_mut().zip(disturbance).for_each(|(z, n)| *z += n);
            self.block(k).activation.activate_in_place(self.size(k), z);
        }
        Ok(part(activities, self.range(self.output(), rows)))
    }
}
