//! Objectives as the command line calls them: one of core's, with the noise and attack that belong to it.

use clap::ValueEnum;
use fenchel_core::{InputBlock, Objective, Perturbation};
use serde::{Deserialize, Serialize};

/// An objective as the command line names it. To add one, add a variant and a row in [`OBJECTIVES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum ObjectiveName {
    /// Back-propagation, the baseline
    Backprop,
    /// Back-propagation with Gaussian noise on the hidden pre-activations
    BackpropNoise,
    /// Back-propagation on inputs attacked by FGSM at a random radius
    BackpropFgsm,
    /// ROVR_β: nudged towards the target
    Rovr,
    /// AROVR_β: robust to the loss's own attack
    Arovr,
    /// ROVR_αβ: as rovr, under an attack
    RovrAb,
    /// AROVR_αβ: robust to an attack on every activity
    ArovrAb,
    /// ROVR^g_αβ: as rovr-ab, with noise g in the energy as well
    RovrG,
    /// AROVR^g_αβ: as arovr-ab, with noise g in the energy as well
    ArovrG,
}

/// A row of [`OBJECTIVES`]: the definition, and the defaults that belong to it.
#[derive(Clone, Copy, Debug)]
pub struct ObjectiveRow {
    /// Name of the objective.
    pub name: ObjectiveName,
    /// Definition of the objective in core.
    pub objective: Objective,
    /// Default of the perturbation g.
    pub perturbation: Perturbation,
    /// Default of how far an attack may move the input.
    pub input_block: InputBlock,
    /// Default standard deviation of the noise on hidden pre-activations; for back-propagation only.
    pub hidden_noise: f32,
}

const fn row(name: ObjectiveName, objective: Objective) -> ObjectiveRow {
    let (perturbation, input_block) = (Perturbation::None, InputBlock::None);
    ObjectiveRow { name, objective, perturbation, input_block, hidden_noise: 0.0 }
}

/// N(0, 1/16²), as we read the paper's N(0, 1/16).
const NOISE: Perturbation = Perturbation::Gaussian { std: 1.0 / 16.0 };

/// Every objective.
pub const OBJECTIVES: &[ObjectiveRow] = &[
    row(ObjectiveName::Backprop, Objective::Backprop),
    ObjectiveRow { hidden_noise: 0.25, ..row(ObjectiveName::BackpropNoise, Objective::Backprop) },
    ObjectiveRow {
        input_block: InputBlock::Box { radius: 0.02 },
        ..row(ObjectiveName::BackpropFgsm, Objective::Backprop)
    },
    row(ObjectiveName::Rovr, Objective::Rovr),
    row(ObjectiveName::Arovr, Objective::Arovr),
    row(ObjectiveName::RovrAb, Objective::RovrAb),
    row(ObjectiveName::ArovrAb, Objective::ArovrAb),
    ObjectiveRow { perturbation: NOISE, ..row(ObjectiveName::RovrG, Objective::RovrAb) },
    ObjectiveRow { perturbation: NOISE, ..row(ObjectiveName::ArovrG, Objective::ArovrAb) },
];

impl ObjectiveName {
    /// Returns the objective's row.
    pub fn row(self) -> &'static ObjectiveRow {
        OBJECTIVES.iter().find(|row| row.name == self).expect("every name has a row")
    }

    /// Definition of the objective in core.
    pub fn objective(self) -> Objective {
        self.row().objective
    }
}
