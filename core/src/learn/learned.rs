//! The parameters in RAM, and the network over them.

use heapless::Vec;

use super::learner::dot;
use crate::error::same;
use crate::kernel::slices::{part, part_mut, split_mut};
use crate::kernel::square_root;
use crate::kernel::units::map;
use crate::{
    Connection, Error, Gradient, MAX_CONNECTIONS, Network, Operator, Quantity, Scope, StateView, StepRule,
    Weights,
};

/// Where the parameters that learn lie in RAM: the matrices of the connections that learn, unpadded, in
/// the order of the connections; then the biases of all blocks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout<'m> {
    /// The network as the model has it.
    pub network: Network<'m, Operator<'m>>,
    pub scope: Scope,
}

impl<'m> Layout<'m> {
    #[inline]
    fn learns(&self, connection: &Connection) -> bool {
        self.scope.has_weights(connection.to, self.network.output())
    }

    #[inline]
    fn learned(&self) -> impl Iterator<Item = &'m Operator<'m>> {
        let layout = *self;
        let all = self.network.connections().iter().zip(self.network.weights());
        all.filter(move |(connection, _)| layout.learns(connection)).map(|(_, weights)| weights)
    }

    /// Values of all weights that learn.
    #[inline]
    pub fn weights(&self) -> usize {
        self.learned().map(Weights::values).sum()
    }

    /// Values of all parameters in RAM.
    #[inline]
    pub fn len(&self) -> usize {
        self.weights() + self.network.units()
    }

    /// Copy the model's parameters, narrow ones widened.
    #[inline]
    pub fn copy(&self, parameters: &mut [f32]) -> Result<(), Error> {
        same(Quantity::LearnedParameters, self.len(), parameters.len())?;
        let mut rest = parameters;
        for weights in self.learned() {
            let (values, others) = split_mut(rest, weights.values());
            weights.unpack(values);
            rest = others;
        }
        let mut start = 0;
        for k in self.network.above_input() {
            let bias = self.network.bias(k);
            map(bias, part_mut(rest, start..start + bias.len()), |b| b);
            start += bias.len();
        }
        Ok(())
    }

    /// `work` on the network of `parameters`: the only place where it is put together.
    #[inline]
    pub fn with<R>(&self, parameters: &[f32], work: impl FnOnce(&Network<Operator>) -> R) -> R {
        // Both for as long as the shorter of them lives.
        let layout: Layout<'_> = *self;
        let mut weights = Vec::new();
        let biases = layout.collect(parameters, &mut weights);
        work(&Network::unchecked(*self.network.graph(), &weights, biases, self.network.gammas()))
    }

    /// Refuses a network with more connections than [`with`](Self::with) has room for.
    #[inline]
    pub fn check(&self) -> Result<(), Error> {
        let (limit, got) = (MAX_CONNECTIONS, self.network.connections().len());
        if got > limit {
            return Err(Error::TooLarge { what: Quantity::Connections, limit, got });
        }
        Ok(())
    }

    /// The weights of every connection, those that learn over `parameters`; returns the biases.
    // Not inlined: once for all that is done with a network.
    #[inline(never)]
    fn collect(&self, parameters: &'m [f32], all: &mut Vec<Operator<'m>, MAX_CONNECTIONS>) -> &'m [f32] {
        let mut rest = parameters;
        for (c, &weights) in self.network.connections().iter().zip(self.network.weights()) {
            let mut weights = weights;
            if self.learns(c) {
                let (values, others) = rest.split_at_checked(weights.values()).unwrap_or_default();
                weights = weights.with_values(values);
                rest = others;
            }
            // `check` has made sure that there is room.
            let pushed = all.push(weights);
            debug_assert!(pushed.is_ok());
        }
        rest
    }

    /// Where the weights of the connection with this index lie, if it learns.
    #[inline]
    fn place(&self, index: usize) -> Option<core::ops::Range<usize>> {
        let connections = || self.network.connections().iter().zip(self.network.weights());
        let (_, weights) = connections().nth(index).filter(|(c, _)| self.learns(c))?;
        let before = connections().take(index).filter(|(c, _)| self.learns(c));
        let start = before.map(|(_, weights)| weights.values()).sum();
        Some(start..start + weights.values())
    }

    /// ‖G‖² over the parameters that learn, G = Σ over the problems p of factor·u_p z_pᵀ, told from ‖x‖² and the
    /// products of the units' arrays: ‖Σ u zᵀ‖² = Σ over pairs of (u·u')(z·z').
    #[inline]
    pub fn squared_gradient(&self, squared_input: f32, state: &StateView, factors: &[f32]) -> f32 {
        let (network, rows) = (&self.network, state.rows());
        let mut sum = 0.0;
        for k in network.above_input() {
            if !self.scope.has_biases(k, network.output()) {
                continue;
            }
            for (p, of_p) in factors.iter().enumerate() {
                for (q, of_q) in factors.iter().enumerate() {
                    let u = |row| part(state.u, network.row_range(k, rows, row));
                    let mut squared = 1.0;
                    for (_, c) in network.incoming(k).filter(|(_, c)| self.learns(c)) {
                        let z = |row| part(state.z, network.row_range(c.from, rows, row));
                        squared += if c.from == 0 { squared_input } else { dot(z(p), z(q)) };
                    }
                    sum += of_p * of_q * dot(u(p), u(q)) * squared;
                }
            }
        }
        sum
    }

    /// Limit every weight that learns to ±`limit`/√(fan-in).
    #[inline]
    pub fn clip(&self, limit: f32, parameters: &mut [f32]) {
        let mut rest = parameters;
        for weights in self.learned() {
            let (values, others) = split_mut(rest, weights.values());
            let (_, fan_in) = weights.shape();
            let limit = limit / square_root(fan_in as f32);
            for w in values {
                if *w > limit {
                    *w = limit;
                } else if *w < -limit {
                    *w = -limit;
                }
            }
            rest = others;
        }
    }
}

/// The parameters as the place that a gradient goes to: each part of it becomes a change at once.
pub(super) struct InPlace<'p, 'm> {
    pub layout: Layout<'m>,
    pub rule: StepRule,
    pub parameters: &'p mut [f32],
    /// As many values, if the rule needs them.
    pub memory: &'p mut [f32],
}

impl Gradient for InPlace<'_, '_> {
    #[inline]
    fn weights(&mut self, index: usize, u: &[f32], z: &[f32]) {
        let (Some(range), Some(weights)) =
            (self.layout.place(index), self.layout.network.weights().get(index))
        else {
            return;
        };
        let values = part_mut(self.parameters, range.clone());
        let memory = self.memory.get_mut(range).unwrap_or_default();
        self.rule.apply(values, memory, &|sum| weights.add_outer(u, z, sum));
    }

    #[inline]
    fn bias(&mut self, k: usize, u: &[f32]) {
        let network = &self.layout.network;
        if !self.layout.scope.has_biases(k, network.output()) {
            return;
        }
        let (start, range) = (self.layout.weights(), network.range(k, 1));
        let range = start + range.start..start + range.end;
        let n = range.len();
        let values = part_mut(self.parameters, range.clone());
        let memory = self.memory.get_mut(range).unwrap_or_default();
        self.rule.apply(values, memory, &|sum| {
            for u in u.chunks_exact(n.max(1)) {
                sum.iter_mut().zip(u).for_each(|(sum, &u)| *sum += u);
            }
        });
    }
}
