//! Which parameters learn in place.

/// The parameters that a [`crate::Learner`] changes. The others stay where the model is, in flash, in
/// whatever form they have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Scope {
    /// All weights and biases.
    #[default]
    All,
    /// Weights into the output block, and its biases.
    LastBlock,
    /// The biases of all blocks.
    Biases,
    /// Weights into, and biases of, each block k whose bit 2ᵏ is set; the others are frozen.
    Blocks(u32),
}

impl Scope {
    /// Whether the weights into `block` learn, `output` being L.
    pub fn has_weights(self, block: usize, output: usize) -> bool {
        match self {
            Self::All => true,
            Self::LastBlock => block == output,
            Self::Biases => false,
            Self::Blocks(mask) => block < 32 && mask & (1 << block) != 0,
        }
    }

    /// Whether the biases of `block` learn.
    pub fn has_biases(self, block: usize, output: usize) -> bool {
        match self {
            Self::Biases => true,
            Self::All | Self::LastBlock | Self::Blocks(_) => self.has_weights(block, output),
        }
    }
}
