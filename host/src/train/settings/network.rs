//! The group `network`: the network's shape and its energy.

use anyhow::Result;
use clap::ValueEnum;
use fenchel_core::{Activation, Potential};
use serde::{Deserialize, Serialize};

use crate::BadInput;
use crate::error::require;
use crate::model::architecture::{Architecture, Skip};
use crate::spelling;

/// The network's shape and its energy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct NetworkSettings {
    /// Units of each hidden block, lowest first; default 64, 32.
    pub layers: Vec<usize>,
    /// Activation of the hidden blocks: one for all, one for each, or one for each and the output; default
    /// ReLU.
    #[serde(with = "spelling::texts")]
    pub activation: Vec<Activation>,
    /// Connections in addition to the chain, each from a block into a higher one (eq. 4); default none.
    #[serde(with = "spelling::texts")]
    pub skip: Vec<Skip>,
    /// Potential of every block; default Fenchel–Young (eq. 3).
    pub potential: PotentialName,
    /// What γ multiplies; default the potential (eq. 14).
    pub distance: Distance,
    /// Weights γ of the blocks' potentials: one for all, one for each block, or one for each unit of the
    /// blocks 1..=L; default 1.
    pub gamma: Vec<f32>,
}

impl NetworkSettings {
    /// Returns core's potential for the names of potential and distance.
    ///
    /// # Errors
    /// Returns [`BadInput`] if they don't go together.
    pub fn potential(&self) -> Result<Potential> {
        match (self.potential, self.distance) {
            (PotentialName::FenchelYoung, Distance::Potential) => Ok(Potential::FenchelYoung),
            (PotentialName::Quadratic, Distance::Potential) => Ok(Potential::Quadratic),
            (PotentialName::FenchelYoung, Distance::Elementwise) => Ok(Potential::Distance),
            (PotentialName::Quadratic, Distance::Elementwise) => {
                Err(BadInput::new("`distance`", "potential, with a quadratic potential", "elementwise")
                    .into())
            }
        }
    }

    /// Returns the network's shape between this number of inputs and outputs.
    ///
    /// # Errors
    /// Fails as [`Architecture::new`] does, and returns [`BadInput`] for sizes that are out of range.
    pub fn architecture(&self, inputs: usize, outputs: usize) -> Result<Architecture> {
        let fits = |units: &usize| (1..=8192).contains(units);
        let layers = format!("{:?}", self.layers);
        require!(self.layers.iter().all(fits), "`layers`", "1 to 8192 units a block", layers);
        let blocks = self.layers.len();
        require!((1..=14).contains(&blocks), "`layers`", "1 to 14 hidden blocks", blocks);
        let odd = self.gamma.iter().find(|gamma| !(1e-6..=1e6).contains(*gamma));
        require!(odd.is_none(), "`gamma`", "1e-6 to 1e6 each", odd.unwrap_or(&0.0));
        require!(inputs <= 8192, "`data`", "at most 8192 values a sample", inputs);
        let sizes = [&[inputs], self.layers.as_slice(), &[outputs]].concat();
        Architecture::new(&sizes, &self.activation, self.potential()?, &self.skip, &self.gamma)
    }
}

/// The kinds of a block's potential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PotentialName {
    /// γ·(½‖z‖² − z·a + a·f(a) − ½‖f(a)‖²), convex in z and in a (eq. 3)
    FenchelYoung,
    /// γ/2·‖z − f(a)‖² (eq. 1)
    Quadratic,
}

/// What γ multiplies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Distance {
    /// The potential itself (eq. 14)
    Potential,
    /// A distance between a unit's own activity and the one that others see (eq. 12); γ in (0, 1]
    Elementwise,
}
