//! What training asks of a relaxed state: objectives, perturbations and the contrastive gradient.

mod gradient;
mod input_block;
mod learned;
mod learner;
mod memory;
mod objective;
mod perturbation;
mod ring;
mod rollback;
mod scope;
mod settings;
mod step;
mod unbounded;

pub use gradient::Gradient;
pub use input_block::InputBlock;
pub use learner::{Learner, Update, UpdateStatus};
pub use memory::{LearnMemory, LearnRoom, LearnSizes};
pub use objective::{Attack, Contrast, Objective};
pub use perturbation::Perturbation;
pub use ring::Ring;
pub use rollback::Rollback;
pub use scope::Scope;
pub use settings::LearnSettings;
pub use step::StepRule;
