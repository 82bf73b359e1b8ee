// Ways of learning that the device and this machine are compared in; included by both.

use fenchel_core::{Attack, LearnSettings, Objective, Scope, StepRule};

/// Settings of each way, and its number of steps, which take the samples again and again.
pub const STEPS: [(LearnSettings, u32); 4] = [
    (DEFAULT, 1000),
    (LearnSettings { skip: Some(0.5), clip: Some(1.0), scope: Scope::Blocks(0b1010), ..DEFAULT }, 100),
    (LearnSettings { sweeps: 2, rule: StepRule::Sign { rate: 0.001 }, ..DEFAULT }, 50),
    (
        LearnSettings {
            objective: Objective::ArovrAb,
            sweeps: 2,
            rule: StepRule::Momentum { rate: 0.01, decay: 0.5 },
            ..DEFAULT
        },
        50,
    ),
];

/// The default settings, as a constant.
pub const DEFAULT: LearnSettings = LearnSettings {
    objective: Objective::Rovr,
    attack: Attack::Targeted,
    alpha: 0.49,
    beta: 0.25,
    sweeps: 0,
    rule: StepRule::Polyak { share: 0.2, cap: 2.0 },
    scope: Scope::All,
    skip: None,
    clip: None,
    rollback: None,
};
