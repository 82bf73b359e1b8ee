//! The model file's fields, in their order.

use serde::{Deserialize, Serialize};

use crate::{Attack, Block, Contrast, Objective, Perturbation, Precision, Scaling};

/// Version of the layout that this crate reads and writes.
pub const FORMAT_VERSION: u16 = 2;
/// Most blocks of a model, the input included.
pub const MAX_BLOCKS: usize = 16;
/// Most connections of a model.
pub const MAX_CONNECTIONS: usize = 32;
/// The parameters begin at a multiple of this many bytes from the file's first byte.
pub const PARAMETER_ALIGNMENT: usize = 16;

pub(super) const MARK: [u8; 4] = *b"FNCL";

/// Ends of a connection, and so the shape of its weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edge {
    /// Block it starts in.
    pub from: u8,
    /// Block it ends in.
    pub to: u8,
}

/// How a model was trained.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Training<'a> {
    /// What was minimised.
    pub objective: Objective,
    /// The attack's loss.
    pub attack: Attack,
    /// Weight of the loss against the attack.
    pub alpha: f32,
    /// Strength of the nudge.
    pub beta: f32,
    /// g.
    pub perturbation: Perturbation,
    /// Seed of subset, initialisation and every draw.
    pub seed: u64,
    /// Epoch of these weights, from 1.
    pub epoch: u32,
    /// Name or path of the data.
    pub data: &'a str,
}

impl Training<'_> {
    /// The inference problems to show this model with: those that trained it, or for
    /// back-propagation, which has none, AROVR_αβ's at the paper's α = 0.49, β = 1/4.
    pub fn contrast(&self) -> Option<Contrast> {
        let own = self.objective.contrast(self.attack, self.alpha, self.beta);
        own.or(Objective::ArovrAb.contrast(Attack::Targeted, 0.49, 0.25))
    }
}

/// The fields of a model file that its writer chooses, in their order; docs/format.md shows the file
/// byte by byte. Mark, version, padding and checksum are added by [`write`](Self::write).
///
/// [`crate::Model::load`] reads the fields one by one, straight into the model: a whole `ModelFields`
/// in between would cost code and stack.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ModelFields<'a> {
    /// How the model was trained.
    pub training: Training<'a>,
    /// From raw values to inputs.
    pub scaling: Scaling,
    /// Names of the classes, separated by line feeds.
    pub class_names: &'a str,
    /// The blocks 0..=L, at most [`MAX_BLOCKS`].
    pub blocks: &'a [Block],
    /// The connections, sorted by (to, from), at most [`MAX_CONNECTIONS`].
    pub connections: &'a [Edge],
    /// The form of the weights.
    pub precision: Precision,
    /// Little-endian: the packed weights of each connection, [`Precision::bytes`] long; then biases,
    /// then γ, f32.
    pub parameters: &'a [u8],
}
