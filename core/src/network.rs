//! The network: a graph with weights, biases and γ (eq. 4), and plain inference.

use core::ops::Deref;

use crate::error::same;
use crate::kernel::slices::{part, part_mut, split_mut};
use crate::kernel::units::map;
use crate::{Connection, Error, Graph, Quantity, Weights};

/// A graph with its parameters, all borrowed: build one over weights in flash once, or anew over
/// weights in RAM between two changes of them.
///
/// What the shape alone decides is a method of its [`Graph`], which a network can be used as.
#[derive(Clone, Copy, Debug)]
pub struct Network<'a, W> {
    graph: Graph<'a>,
    weights: &'a [W],
    biases: &'a [f32],
    gammas: &'a [f32],
}

impl<'a, W> Deref for Network<'a, W> {
    type Target = Graph<'a>;

    fn deref(&self) -> &Graph<'a> {
        &self.graph
    }
}

impl<'a, W: Weights> Network<'a, W> {
    /// Creates a network from a `graph` and its parameters: `weights`, one matrix W_kj (n_k, n_j) for each
    /// connection in the graph's order; `biases` and `gammas`, one for each unit of the blocks 1..=L.
    ///
    /// # Errors
    /// [`Error::Size`] for a length or shape that doesn't fit; [`Error::Gamma`] for γ ≤ 0;
    /// [`Error::Potential`] for a potential that doesn't go with its activation or γ.
    pub fn new(
        graph: Graph<'a>,
        weights: &'a [W],
        biases: &'a [f32],
        gammas: &'a [f32],
    ) -> Result<Self, Error> {
        let network = Self { graph, weights, biases, gammas };
        network.check_sizes()?;
        network.graph.check_gammas(gammas)?;
        Ok(network)
    }

    /// Refuses parameters of sizes that don't fit the graph.
    fn check_sizes(&self) -> Result<(), Error> {
        same(Quantity::Weights, self.connections().len(), self.weights.len())?;
        for (c, weights) in self.connections().iter().zip(self.weights) {
            let (rows, columns) = weights.shape();
            same(Quantity::WeightRows, self.size(c.to), rows)?;
            same(Quantity::WeightColumns, self.size(c.from), columns)?;
        }
        same(Quantity::Biases, self.units(), self.biases.len())?;
        same(Quantity::Gammas, self.units(), self.gammas.len())
    }

    /// Creates a network of parts whose sizes fit; the caller calls [`check_gammas`](Graph::check_gammas).
    pub(crate) const fn unchecked(
        graph: Graph<'a>,
        weights: &'a [W],
        biases: &'a [f32],
        gammas: &'a [f32],
    ) -> Self {
        Self { graph, weights, biases, gammas }
    }

    /// Returns the blocks and connections, without the parameters.
    pub fn graph(&self) -> &Graph<'a> {
        &self.graph
    }

    /// Returns the weights, one matrix for each connection in the graph's order.
    pub fn weights(&self) -> &'a [W] {
        self.weights
    }

    /// Returns the connections that end in block k, each with its weights.
    pub fn weights_into(&self, k: usize) -> impl Iterator<Item = (&'a Connection, &'a W)> + use<'a, W> {
        let weights = self.weights;
        self.incoming(k).filter_map(move |(index, c)| weights.get(index).map(|weights| (c, weights)))
    }

    /// Returns the connections that start in block k, each with its weights.
    pub fn weights_from(&self, k: usize) -> impl Iterator<Item = (&'a Connection, &'a W)> + use<'a, W> {
        let weights = self.weights;
        self.outgoing(k).filter_map(move |(index, c)| weights.get(index).map(|weights| (c, weights)))
    }

    /// Returns the number of multiply-adds of one forward pass for one row.
    pub fn macs(&self) -> usize {
        self.weights.iter().map(Weights::macs).sum()
    }

    /// Returns the biases b_k, (n_k).
    pub fn bias(&self, k: usize) -> &'a [f32] {
        self.biases.get(self.range(k, 1)).unwrap_or_default()
    }

    /// The biases of all units.
    #[cfg(feature = "learn")]
    pub(crate) fn biases(&self) -> &'a [f32] {
        self.biases
    }

    #[cfg(feature = "learn")]
    /// The weights γ of all units' potentials.
    pub(crate) fn gammas(&self) -> &'a [f32] {
        self.gammas
    }

    /// Returns the weights γ_k of the units' potentials, (n_k).
    pub fn gamma(&self, k: usize) -> &'a [f32] {
        self.gammas.get(self.range(k, 1)).unwrap_or_default()
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
        for (c, weights) in self.weights_into(k) {
            if c.from == 0 {
                let samples = input.len() / self.input_units().max(1);
                for a in a.chunks_mut((samples * units).max(1)) {
                    weights.apply(input, a);
                }
            } else {
                let z = part(below, self.range(c.from, stride));
                let z = part(z, 0..rows * self.size(c.from));
                weights.apply(z, a);
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
    /// `activities` is scratch of rows·[`units`](Graph::units) values and holds every z_k afterwards.
    ///
    /// # Errors
    /// [`Error::Size`] if a length doesn't fit; [`Error::NotFinite`] if an input isn't finite.
    ///
    /// ```
    /// # use fenchel_core::*;
    /// let blocks = [2, 1].map(|units| Block::new(units, Activation::Relu));
    /// let mut panels = [0.0; packed_len(1, 2)];
    /// pack(1, 2, &[3.0, -1.0], &mut panels);
    /// let weights = [Packed::new(1, 2, &panels)?];
    /// let connections = [Connection { from: 0, to: 1 }];
    /// let graph = Graph::new(&blocks, &connections)?;
    /// let network = Network::new(graph, &weights, &[0.5], &[1.0])?;
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
