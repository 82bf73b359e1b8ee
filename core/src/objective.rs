//! The training objectives, each a contrast of two inference problems. This table is their only
//! definition: host, device and documentation take it from here.

use crate::Nudge;
use serde::{Deserialize, Serialize};

/// An objective (loss⁺ − loss⁻)/(β·scale) of the paper, with ℓ = ½‖z − y‖², ℓ⁻ = ½‖z − y⁻‖².
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Objective {
    /// Plain back-propagation: no inference problem at all.
    Backprop,
    /// AROVR_β.
    Arovr,
    /// AROVR_αβ; with a perturbation g, AROVR^g_αβ.
    ArovrAb,
    /// ROVR_β.
    Rovr,
    /// ROVR_αβ; with a perturbation g, ROVR^g_αβ.
    RovrAb,
}

/// An objective's two problems at a given α and β; see [`Objective::contrast`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Contrast {
    /// First problem, counted +, and second, counted −.
    pub nudges: [Nudge; 2],
    /// The difference is divided by β·scale; this is the product.
    pub divisor: f32,
}

impl Objective {
    /// The inference problems; none for back-propagation.
    ///
    /// `alpha` weighs the loss against the attack, `beta` is the nudge's strength.
    pub fn contrast(self, alpha: f32, beta: f32) -> Option<Contrast> {
        // c·ℓ + c⁻·ℓ⁻ up to a constant.
        let losses = |loss: f32, attack: f32| Nudge { s: loss + attack, target: loss, attack };
        let rest = 1.0 - alpha;
        match self {
            Self::Backprop => None,
            Self::Arovr => Some(Contrast { nudges: [Nudge::FREE, losses(-beta, 0.0)], divisor: beta }),
            Self::ArovrAb => Some(Contrast {
                nudges: [losses(0.0, rest * beta), losses(-alpha * beta, rest * beta)],
                divisor: beta * alpha,
            }),
            Self::Rovr => Some(Contrast { nudges: [losses(beta, 0.0), Nudge::FREE], divisor: beta }),
            Self::RovrAb => Some(Contrast {
                nudges: [losses(alpha * beta, rest * beta), losses(0.0, rest * beta)],
                divisor: beta * alpha,
            }),
        }
    }
}
