//! The training objectives, each a contrast of two inference problems. This table is their only
//! definition: host, device and documentation take it from here.

use crate::Nudge;
use serde::{Deserialize, Serialize};

/// An objective (loss⁺ − loss⁻)/(β·scale) of the paper, with ℓ = ½‖z − y‖² and the attack's ℓ⁻.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Objective {
    /// Plain back-propagation, which has no inference problem.
    Backprop,
    /// AROVR_β: the free minimum against one nudged away from the target.
    Arovr,
    /// AROVR_αβ, AROVR_β under an attack; with a perturbation g, AROVR^g_αβ.
    ArovrAb,
    /// ROVR_β: a minimum nudged towards the target against the free one.
    Rovr,
    /// ROVR_αβ, ROVR_β under an attack; with a perturbation g, ROVR^g_αβ.
    RovrAb,
}

/// The loss ℓ⁻ of the attack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Attack {
    /// ℓ⁻ = ½‖z − y⁻‖², towards another label.
    #[default]
    Targeted,
    /// ℓ⁻ = −ℓ, away from the label.
    Untargeted,
    /// ℓ⁻ = 0.
    None,
}

impl Attack {
    /// c·ℓ + c⁻·ℓ⁻ as a nudge, up to a constant.
    fn nudge(self, loss: f32, attack: f32) -> Nudge {
        match self {
            Self::Targeted => Nudge { s: loss + attack, weight_target: loss, weight_attack: attack },
            Self::Untargeted => Nudge { s: loss - attack, weight_target: loss - attack, weight_attack: 0.0 },
            Self::None => Nudge { s: loss, weight_target: loss, weight_attack: 0.0 },
        }
    }
}

/// An objective's two problems at a given α and β; see [`Objective::contrast`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Contrast {
    /// The first problem, whose minimum counts +, and the second, whose minimum counts −.
    pub nudges: [Nudge; 2],
    /// The product β·scale, by which the difference is divided.
    pub divisor: f32,
}

impl Objective {
    /// Returns the two inference problems, or `None` for back-propagation.
    ///
    /// `alpha` weighs the loss against the attack (of the αβ objectives), `beta` is the nudge's strength.
    #[must_use]
    pub fn contrast(self, attack: Attack, alpha: f32, beta: f32) -> Option<Contrast> {
        let attacked = (1.0 - alpha) * beta;
        let (first, second, scale) = match self {
            Self::Backprop => return None,
            Self::Arovr => (attack.nudge(0.0, 0.0), attack.nudge(-beta, 0.0), 1.0),
            Self::ArovrAb => (attack.nudge(0.0, attacked), attack.nudge(-alpha * beta, attacked), alpha),
            Self::Rovr => (attack.nudge(beta, 0.0), attack.nudge(0.0, 0.0), 1.0),
            Self::RovrAb => (attack.nudge(alpha * beta, attacked), attack.nudge(0.0, attacked), alpha),
        };
        Some(Contrast { nudges: [first, second], divisor: beta * scale })
    }

    /// Returns whether the objective has an attack.
    pub fn is_attacked(self) -> bool {
        matches!(self, Self::ArovrAb | Self::RovrAb)
    }
}
