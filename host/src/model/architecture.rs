//! The shape of a network, before it has weights.

use std::str::FromStr;

use anyhow::Result;
use fenchel_core::{Activation, Block, Connection, Graph, Network, Potential, Weights};

use crate::error::require;
use crate::spelling::Spelled;

/// A connection beside the chain of layers, from block `from` into block `to`; written `from:to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Skip {
    /// Block in which it starts; 0 is the input.
    pub from: usize,
    /// Block in which it ends.
    pub to: usize,
}

impl Spelled for Skip {
    fn spell(&self) -> String {
        format!("{}:{}", self.from, self.to)
    }

    fn parse(text: &str) -> Result<Self, String> {
        let block = |text: &str| usize::from_str(text).ok();
        let skip =
            text.split_once(':').and_then(|(from, to)| Some(Self { from: block(from)?, to: block(to)? }));
        skip.ok_or_else(|| "expected FROM:TO, two numbers of blocks (0 is the input)".into())
    }
}

/// The shape of a network: blocks, connections (sorted by (to, from)) and γ.
#[derive(Clone, Debug, PartialEq)]
pub struct Architecture {
    /// The blocks 0..=L.
    pub blocks: Vec<Block>,
    /// The connections, sorted by (to, from).
    pub connections: Vec<Connection>,
    /// γ of each unit in the blocks 1..=L.
    pub gammas: Vec<f32>,
}

impl Architecture {
    /// Builds a chain of blocks with `sizes` units, the input's first, and with `skips` beside it.
    ///
    /// `activations` holds one for all hidden blocks, one for each, or one for each and the output, which
    /// is linear otherwise. `gammas` is empty for 1, or holds one for all, one for each block, or one for
    /// each unit of the blocks 1..=L. If `potential` is the element-wise distance, the output still has the
    /// Fenchel–Young potential, which is the same for a linear output.
    ///
    /// # Errors
    /// Returns [`crate::BadInput`] for lists of another length, and for skips that don't run upwards
    /// between blocks that aren't neighbours; [`fenchel_core::Error`] for what core refuses.
    pub fn new(
        sizes: &[usize],
        activations: &[Activation],
        potential: Potential,
        skips: &[Skip],
        gammas: &[f32],
    ) -> Result<Self> {
        let output = sizes.len() - 1;
        let hidden = output - 1;
        let fits = activations.len() <= 1 || [hidden, hidden + 1].contains(&activations.len());
        let expected = format!("1, {hidden} (one a hidden block) or {} (and the output)", hidden + 1);
        require!(fits, "`activation`", expected, activations.len());
        let activation = |k: usize| match (k, activations) {
            (0, _) => Activation::Linear,
            (k, [one]) if k < output => *one,
            (k, list) => list.get(k - 1).copied().unwrap_or(if k < output {
                Activation::Relu
            } else {
                Activation::Linear
            }),
        };
        let block = |(k, &units): (usize, &usize)| {
            let elementwise_output = k == output && potential == Potential::Distance;
            let potential = if elementwise_output { Potential::FenchelYoung } else { potential };
            Block { potential, ..Block::new(units as u32, activation(k)) }
        };
        let blocks: Vec<_> = sizes.iter().enumerate().map(block).collect();
        let mut connections: Vec<_> = (1..=output).map(|k| Connection { from: k - 1, to: k }).collect();
        for skip in skips {
            let place = format!("`skip` {}", skip.spell());
            let expected = format!("FROM + 1 < TO, TO at most {output}");
            require!(
                skip.from < skip.to.saturating_sub(1) && skip.to <= output,
                place,
                expected,
                skip.spell()
            );
            let connection = Connection { from: skip.from, to: skip.to };
            require!(!connections.contains(&connection), place, "each skip once", "it twice");
            connections.push(connection);
        }
        connections.sort_by_key(|c| (c.to, c.from));
        let units: usize = sizes[1..].iter().sum();
        let gammas = match gammas {
            [] => vec![1.0; units],
            [one] => vec![*one; units],
            list if list.len() == output => {
                list.iter().zip(&sizes[1..]).flat_map(|(&gamma, &n)| std::iter::repeat_n(gamma, n)).collect()
            }
            list => {
                let expected = format!("1, {output} (one a block) or {units} (one a unit) values");
                require!(list.len() == units, "`gamma`", expected, list.len());
                list.to_vec()
            }
        };
        let architecture = Self { blocks, connections, gammas };
        architecture.check()?;
        Ok(architecture)
    }

    /// Checks what core would refuse, without weights.
    fn check(&self) -> Result<()> {
        let shape = |c: &Connection| Shape(self.blocks[c.to].size(), self.blocks[c.from].size());
        let graph = Graph::new(&self.blocks, &self.connections)?;
        let weights: Vec<_> = self.connections.iter().map(shape).collect();
        Network::new(graph, &weights, &vec![0.0; self.gammas.len()], &self.gammas)?;
        Ok(())
    }

    /// Returns the number of units that feed block k, over all its connections.
    pub fn fan_in(&self, k: usize) -> usize {
        let incoming = self.connections.iter().filter(|c| c.to == k);
        incoming.map(|c| self.blocks[c.from].size()).sum()
    }

    /// Returns the smallest γ of the output block.
    pub fn output_gamma(&self) -> f32 {
        let units = self.blocks.last().map_or(0, Block::size);
        self.gammas[self.gammas.len() - units..].iter().copied().fold(f32::INFINITY, f32::min)
    }
}

/// Weights without values, whose shape is all that matters.
struct Shape(usize, usize);

impl Weights for Shape {
    fn shape(&self) -> (usize, usize) {
        (self.0, self.1)
    }
    fn apply(&self, _: &[f32], _: &mut [f32]) {}
    fn apply_transposed(&self, _: &[f32], _: &mut [f32]) {}
    fn fan_out(&self, _: usize) -> impl Iterator<Item = (usize, f32)> {
        std::iter::empty()
    }
}
