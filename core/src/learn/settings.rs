//! How to learn in place, and the memory that it takes.

use super::learned::Layout;
use crate::{
    Attack, Error, LearnSizes, Network, Nudge, Objective, Operator, Quantity, Rollback, Scope, StateView,
    StepRule,
};

/// How a [`crate::Learner`] learns. The default needs no tuning: ROVR_β without sweeps and Polyak's step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LearnSettings {
    /// What is descended; ROVR_β by default. Back-propagation has no problems to relax and is refused; it
    /// is the limit of ROVR_β for small β.
    pub objective: Objective,
    /// The attack's loss, of the αβ objectives.
    pub attack: Attack,
    /// α, of the αβ objectives; 0.49 by default.
    pub alpha: f32,
    /// β, the nudge's strength; ¼ by default.
    pub beta: f32,
    /// Sweeps after the first backward pass; 0 by default. Use an even number.
    pub sweeps: u32,
    /// How far a step goes.
    pub rule: StepRule,
    /// Which parameters learn.
    pub scope: Scope,
    /// Don't learn from a sample whose right output exceeds every other by more than this; none by default.
    pub skip: Option<f32>,
    /// Keep weights within ±clip/√(fan-in); none by default.
    pub clip: Option<f32>,
    /// When to return to a copy of the parameters; never by default.
    pub rollback: Option<Rollback>,
}

impl Default for LearnSettings {
    fn default() -> Self {
        Self {
            objective: Objective::Rovr,
            attack: Attack::Targeted,
            alpha: 0.49,
            beta: 0.25,
            sweeps: 0,
            rule: StepRule::default(),
            scope: Scope::All,
            skip: None,
            clip: None,
            rollback: None,
        }
    }
}

/// The objective's problems that move anything: a free one is at its minimum after the forward pass, with
/// no force, and is left out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Problems {
    pub nudges: [Nudge; 2],
    /// Signs over the divisor: the gradient's factor of each.
    pub factors: [f32; 2],
    pub count: usize,
}

impl LearnSettings {
    pub(super) fn problems(&self) -> Result<Problems, Error> {
        let none = Error::TooSmall { what: Quantity::Problems, expected: 1, got: 0 };
        let contrast = self.objective.contrast(self.attack, self.alpha, self.beta).ok_or(none)?;
        let [first, second] = contrast.nudges;
        let [plus, minus] = [1.0 / contrast.divisor, -1.0 / contrast.divisor];
        let (nudges, factors, count) = if second == Nudge::FREE {
            ([first, second], [plus, minus], 1)
        } else if first == Nudge::FREE {
            ([second, first], [minus, plus], 1)
        } else {
            ([first, second], [plus, minus], 2)
        };
        if plus.is_finite() { Ok(Problems { nudges, factors, count }) } else { Err(none) }
    }

    /// Memory that learning on `network` needs.
    ///
    /// # Errors
    /// [`Error::TooSmall`] if the objective has no inference problem, or β or α is 0.
    #[inline]
    pub fn sizes(&self, network: &Network<'_, Operator<'_>>) -> Result<LearnSizes, Error> {
        let rows = self.problems()?.count;
        let parameters = Layout { network: *network, scope: self.scope }.len();
        let units = network.units();
        let state = if self.sweeps == 0 {
            StateView::len_without_sweeps(units, network.output_units(), rows)
        } else {
            StateView::len(units, rows)
        };
        let if_needed = |needed| if needed { parameters } else { 0 };
        Ok(LearnSizes {
            parameters,
            state,
            step: if_needed(self.rule.needs_memory()),
            copy: if_needed(self.rollback.is_some()),
        })
    }
}
