//! What training asks of a relaxed state: objectives, perturbations and the contrastive gradient.

mod gradient;
mod input_block;
#[cfg(feature = "learn")]
mod learned;
#[cfg(feature = "learn")]
mod learner;
#[cfg(feature = "learn")]
mod memory;
mod objective;
mod originals;
mod perturbation;
mod ring;
#[cfg(feature = "learn")]
mod rollback;
#[cfg(feature = "learn")]
mod scope;
#[cfg(feature = "learn")]
mod settings;
#[cfg(feature = "learn")]
mod step;
mod unbounded;

pub use gradient::Gradient;
pub use input_block::InputBlock;
#[cfg(feature = "learn")]
pub use learner::{Learner, Update, UpdateStatus};
#[cfg(feature = "learn")]
pub use memory::{LearnMemory, LearnRoom, LearnSizes};
pub use objective::{Attack, Contrast, Objective};
pub use originals::{Originals, RawValues};
pub use perturbation::Perturbation;
pub use ring::Ring;
#[cfg(feature = "learn")]
pub use rollback::Rollback;
#[cfg(feature = "learn")]
pub use scope::Scope;
#[cfg(feature = "learn")]
pub use settings::LearnSettings;
#[cfg(feature = "learn")]
pub use step::StepRule;
