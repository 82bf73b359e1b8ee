//! What training asks of a relaxed state: objectives, perturbations and the contrastive gradient.

mod gradient;
mod input_block;
mod objective;
mod perturbation;
mod unbounded;

pub use gradient::Gradient;
pub use input_block::InputBlock;
pub use objective::{Attack, Contrast, Objective};
pub use perturbation::Perturbation;
