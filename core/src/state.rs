//! The memory of a relaxation: fixed-size outside, slices inside.

use core::ops::Range;

use crate::error::same;
use crate::kernel::slices::{part_mut, split_mut};
use crate::{Error, Graph, Quantity};

/// The state of `rows` rows as slices over units, each block after block, row after row.
/// Six values a unit and row. What a relaxation leaves is read by any view of the same memory.
#[derive(Debug)]
pub struct StateView<'a> {
    pub(crate) rows: usize,
    /// Pre-activations.
    pub(crate) a: &'a mut [f32],
    /// Errors: z = f(a + e).
    pub(crate) e: &'a mut [f32],
    /// Forces u = −∂U/∂a, γ(z − f(a)) with Fenchel–Young: what is fed back, and what the gradient takes.
    pub(crate) u: &'a mut [f32],
    /// Activities; during a backward pass of forward–backward sweeps, the errors' next iterate w.
    pub(crate) z: &'a mut [f32],
    /// The e before (Anderson).
    pub(crate) e_before: &'a mut [f32],
    /// The w before (Anderson).
    pub(crate) w_before: &'a mut [f32],
}

impl<'a> StateView<'a> {
    /// Returns the number of values that `memory` needs for `rows` rows of a network of `units` units.
    #[must_use]
    pub const fn len(units: usize, rows: usize) -> usize {
        6 * units * rows
    }

    /// Lays the state out in `memory`, [`len`](Self::len)(units, rows) values.
    ///
    /// # Errors
    /// [`Error::Size`] if the length is another.
    pub fn new(units: usize, rows: usize, memory: &'a mut [f32]) -> Result<Self, Error> {
        same(Quantity::StateUnits, Self::len(units, rows), memory.len())?;
        let n = units * rows;
        let (a, rest) = split_mut(memory, n);
        let (e, rest) = split_mut(rest, n);
        let (u, rest) = split_mut(rest, n);
        let (z, rest) = split_mut(rest, n);
        let (e_before, w_before) = split_mut(rest, n);
        Ok(Self { rows, a, e, u, z, e_before, w_before })
    }

    /// Values that `memory` needs for `rows` rows of a network of `units` units, `outputs` of them in the
    /// output block, if no sweep is made.
    #[must_use]
    pub const fn len_without_sweeps(units: usize, outputs: usize, rows: usize) -> usize {
        (3 * units + outputs) * rows
    }

    /// Lay out the state of a relaxation without sweeps in `memory`,
    /// [`len_without_sweeps`](Self::len_without_sweeps)(units, outputs, rows) values: three values a unit and
    /// row instead of six. Only [`crate::Network::relax_without_sweeps`] takes it.
    ///
    /// # Errors
    /// [`Error::Size`] if the length is another.
    pub fn without_sweeps(
        units: usize,
        outputs: usize,
        rows: usize,
        memory: &'a mut [f32],
    ) -> Result<Self, Error> {
        same(Quantity::StateUnits, Self::len_without_sweeps(units, outputs, rows), memory.len())?;
        let n = units * rows;
        let (a, rest) = split_mut(memory, n);
        let (u, rest) = split_mut(rest, n);
        let (z, e) = split_mut(rest, n);
        Ok(Self { rows, a, e, u, z, e_before: &mut [], w_before: &mut [] })
    }

    /// Returns the number of rows: problems times samples.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Returns the activities z_k of a relaxed state, (rows, n_k).
    pub fn activities(&self, graph: &Graph<'_>, k: usize) -> &[f32] {
        self.z.get(graph.range(k, self.rows)).unwrap_or_default()
    }

    /// Returns the activities z_k, (rows, n_k), to write those from which
    /// [`crate::Network::relax_from`] begins.
    pub fn activities_mut(&mut self, graph: &Graph<'_>, k: usize) -> &mut [f32] {
        self.z.get_mut(graph.range(k, self.rows)).unwrap_or_default()
    }

    /// Returns the forces −∂U/∂a_k of a relaxed state, (rows, n_k), exact to rounding: γ_k(z_k − f(a_k)) with
    /// the Fenchel–Young potential.
    pub fn forces(&self, graph: &Graph<'_>, k: usize) -> &[f32] {
        self.u.get(graph.range(k, self.rows)).unwrap_or_default()
    }

    /// Returns the forces of block k, (rows, n_k), to write those that a physical network settled at, for
    /// [`Graph::contrastive_gradient`].
    pub fn forces_mut(&mut self, graph: &Graph<'_>, k: usize) -> &mut [f32] {
        self.u.get_mut(graph.range(k, self.rows)).unwrap_or_default()
    }

    /// Everything of block k.
    #[inline(always)]
    pub(crate) fn block(&mut self, graph: &Graph<'_>, k: usize) -> Part<'_> {
        self.part(graph.range(k, self.rows))
    }

    /// Everything of row `row` of block k.
    #[inline(always)]
    pub(crate) fn block_row(&mut self, graph: &Graph<'_>, k: usize, row: usize) -> Part<'_> {
        self.part(graph.row_range(k, self.rows, row))
    }

    /// Everything in `range`, a block's or that of a row of one. Of the errors a state without sweeps has the
    /// output's alone, which are then those of any block; what else it leaves out is empty, or means nothing.
    pub(crate) fn part(&mut self, range: Range<usize>) -> Part<'_> {
        let all = 0..self.e.len();
        let of_errors = if range.end > all.end { all } else { range.clone() };
        Part {
            a: part_mut(self.a, range.clone()),
            e: part_mut(self.e, of_errors),
            u: part_mut(self.u, range.clone()),
            z: self.z.get_mut(range.clone()).unwrap_or_default(),
            e_before: self.e_before.get_mut(range.clone()).unwrap_or_default(),
            w_before: self.w_before.get_mut(range).unwrap_or_default(),
        }
    }

    /// Refuse a state that is too small for sweeps, or of another size.
    pub(crate) fn check(&self, graph: &Graph<'_>, rows: usize) -> Result<(), Error> {
        same(Quantity::StateRows, rows, self.rows)?;
        same(Quantity::StateUnits, rows * graph.units(), self.w_before.len())
    }

    /// Refuse a state of another size, with or without room for sweeps.
    pub(crate) fn check_any(&self, graph: &Graph<'_>, rows: usize) -> Result<(), Error> {
        same(Quantity::StateRows, rows, self.rows)?;
        same(Quantity::StateUnits, rows * graph.units(), self.a.len())
    }
}

/// One part of a state, a block or a row of one: the same values of every array of [`StateView`].
pub(crate) struct Part<'a> {
    pub(crate) a: &'a mut [f32],
    pub(crate) e: &'a mut [f32],
    pub(crate) u: &'a mut [f32],
    pub(crate) z: &'a mut [f32],
    pub(crate) e_before: &'a mut [f32],
    pub(crate) w_before: &'a mut [f32],
}

/// The state of one row, for networks of up to `UNITS` units in the blocks 1..=L.
#[derive(Debug)]
pub struct State<const UNITS: usize> {
    memory: [[f32; UNITS]; 6],
}

impl<const UNITS: usize> State<UNITS> {
    /// The RAM that the state takes, in bytes.
    pub const BYTES: usize = size_of::<Self>();

    /// Creates a state of zeros.
    pub const fn new() -> Self {
        Self { memory: [[0.0; UNITS]; 6] }
    }

    /// Returns a view for one row of the networks with this `graph`.
    ///
    /// # Errors
    /// [`Error::TooLarge`] if the graph has more units than `UNITS`.
    pub fn view(&mut self, graph: &Graph<'_>) -> Result<StateView<'_>, Error> {
        let units = graph.units();
        let memory = self.memory.as_flattened_mut();
        match memory.get_mut(..StateView::len(units, 1)) {
            Some(memory) => StateView::new(units, 1, memory),
            None => Err(Error::TooLarge { what: Quantity::StateUnits, limit: UNITS, got: units }),
        }
    }

    /// Returns scratch memory for [`crate::Network::infer`] on one sample with a network of this `graph`.
    ///
    /// # Errors
    /// [`Error::TooLarge`] if the graph has more units than `UNITS`.
    pub fn scratch(&mut self, graph: &Graph<'_>) -> Result<&mut [f32], Error> {
        let units = graph.units();
        if units > UNITS {
            return Err(Error::TooLarge { what: Quantity::StateUnits, limit: UNITS, got: units });
        }
        Ok(self.memory.as_flattened_mut().get_mut(..units).unwrap_or_default())
    }
}

impl<const UNITS: usize> Default for State<UNITS> {
    fn default() -> Self {
        Self::new()
    }
}
