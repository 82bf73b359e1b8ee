//! The shape of a network: its blocks and connections, without weights.

use core::ops::Range;

use crate::{Activation, Error, Potential, Quantity, bits};
use serde::{Deserialize, Serialize};

/// A block of units that share an activation. Block 0 is the input.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Block {
    /// The number of units, n_k.
    pub units: u32,
    /// The number of places of each channel from top to bottom; 1 for a block that is a mere list of units.
    pub height: u32,
    /// The number of places of each channel from left to right; 1 for a block that is a mere list of units.
    pub width: u32,
    /// The activation f_k; unused for the input.
    pub activation: Activation,
    /// The cost of activities other than f_k(a_k); unused for the input.
    pub potential: Potential,
}

impl Block {
    /// Creates a list of `units` units with the Fenchel–Young potential.
    pub const fn new(units: u32, activation: Activation) -> Self {
        Self { units, height: 1, width: 1, activation, potential: Potential::FenchelYoung }
    }

    /// Returns the number of units, n_k.
    pub fn size(&self) -> usize {
        self.units as usize
    }

    /// Returns the number of channels, n_k over the places. A channel's units are neighbours, row after row.
    pub fn channels(&self) -> usize {
        self.units.checked_div(self.height.saturating_mul(self.width)).unwrap_or(0) as usize
    }
}

/// A connection from block j into block k > j. Its weights are kept elsewhere: see [`crate::Network`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connection {
    /// The block j that it starts in; 0 is the input.
    pub from: usize,
    /// The block k that it ends in.
    pub to: usize,
}

/// A feed-forward graph of blocks; a layered network has the connections 0→1→…→L.
///
/// It says where everything lies, but holds no weights, so that it can outlive a change of them.
/// Arrays over units are concatenated over the blocks 1..=L; with several rows, block after block
/// and inside a block row after row: see [`Graph::range`].
///
/// ```
/// # use fenchel_core::*;
/// let blocks = [4, 3, 2].map(|units| Block::new(units, Activation::Relu));
/// let connections = [Connection { from: 0, to: 1 }, Connection { from: 1, to: 2 }];
/// let graph = Graph::new(&blocks, &connections)?;
/// assert_eq!((graph.input_units(), graph.units(), graph.output_units()), (4, 5, 2));
/// assert_eq!(graph.range(2, 10), 30..50);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Graph<'a> {
    blocks: &'a [Block],
    connections: &'a [Connection],
}

impl<'a> Graph<'a> {
    /// Creates a graph from `blocks` (L + 1) and `connections` sorted by (to, from).
    ///
    /// # Errors
    /// [`Error::TooSmall`] for fewer than two blocks or a block without units; [`Error::Activation`],
    /// [`Error::Unconnected`], [`Error::Order`].
    pub fn new(blocks: &'a [Block], connections: &'a [Connection]) -> Result<Self, Error> {
        let graph = Self { blocks, connections };
        graph.check()?;
        Ok(graph)
    }

    /// Refuses blocks and connections that make no graph.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let &Self { blocks, connections } = self;
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
        for &Connection { from, to } in connections {
            let place = to * blocks.len() + from;
            if from >= to || to >= blocks.len() || place < next {
                return Err(Error::Order { from, to });
            }
            next = place + 1;
        }
        Ok(())
    }

    /// Refuses γ ≤ 0, and potentials that don't go with their block; one γ for each unit of the blocks 1..=L.
    pub(crate) fn check_gammas(&self, gammas: &[f32]) -> Result<(), Error> {
        for (unit, &got) in gammas.iter().enumerate() {
            if !bits::is_above_zero(got) {
                return Err(Error::Gamma { unit, got });
            }
        }
        for (k, block) in self.blocks().iter().enumerate().skip(1) {
            let gamma = gammas.get(self.range(k, 1)).unwrap_or_default();
            if let Some(misfit) = block.misfit(gamma, k == self.output()) {
                return Err(Error::Potential { block: k, misfit });
            }
        }
        Ok(())
    }

    /// Creates a graph without [`check`](Self::check), which the caller calls.
    pub(crate) const fn unchecked(blocks: &'a [Block], connections: &'a [Connection]) -> Self {
        Self { blocks, connections }
    }

    /// Returns the blocks 0..=L.
    pub fn blocks(&self) -> &'a [Block] {
        self.blocks
    }

    /// Returns the connections, sorted by (to, from).
    pub fn connections(&self) -> &'a [Connection] {
        self.connections
    }

    /// Returns the connections that end in block k, each with its index among all.
    pub fn incoming(&self, k: usize) -> impl Iterator<Item = (usize, &'a Connection)> + use<'a> {
        self.connections.iter().enumerate().filter(move |(_, c)| c.to == k)
    }

    /// Returns the connections that start in block k, each with its index among all.
    pub fn outgoing(&self, k: usize) -> impl Iterator<Item = (usize, &'a Connection)> + use<'a> {
        self.connections.iter().enumerate().filter(move |(_, c)| c.from == k)
    }

    /// Returns whether a_k depends on the input alone, and so never changes during a relaxation.
    pub fn is_clamped(&self, k: usize) -> bool {
        !self.connections.iter().any(|c| c.to == k && c.from != 0)
    }

    /// Returns the index L of the output block.
    pub fn output(&self) -> usize {
        self.blocks.len().saturating_sub(1)
    }

    /// Returns the number of input values, n_0.
    pub fn input_units(&self) -> usize {
        self.size(0)
    }

    /// Returns the number of output units, n_L.
    pub fn output_units(&self) -> usize {
        self.size(self.output())
    }

    /// Returns the number of units that a state holds, Σ n_k over the blocks 1..=L.
    pub fn units(&self) -> usize {
        self.blocks.iter().skip(1).map(Block::size).sum()
    }

    /// Returns where block k ≥ 1 lies in an array over units with `rows` rows.
    pub fn range(&self, k: usize, rows: usize) -> Range<usize> {
        let start: usize = self.blocks.iter().take(k).skip(1).map(Block::size).sum();
        start * rows..(start + self.size(k)) * rows
    }

    /// Returns where `row` of block k ≥ 1 lies in an array over units with `rows` rows.
    #[inline(never)]
    pub(crate) fn row_range(&self, k: usize, rows: usize, row: usize) -> Range<usize> {
        let start = self.range(k, rows).start + row * self.size(k);
        start..start + self.size(k)
    }

    /// Returns the indices of the blocks 1..=L.
    pub(crate) fn above_input(&self) -> Range<usize> {
        1..self.blocks.len()
    }

    pub(crate) fn size(&self, k: usize) -> usize {
        self.blocks.get(k).map_or(0, Block::size)
    }

    pub(crate) fn block(&self, k: usize) -> Block {
        self.blocks.get(k).copied().unwrap_or(Block::new(0, Activation::Linear))
    }
}
