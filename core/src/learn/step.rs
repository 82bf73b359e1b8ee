//! How far a step of learning goes along the gradient.
//!
//! To add a rule, add a variant to [`StepRule`]; the compiler then lists what it must decide.

/// How a gradient becomes a change of the parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum StepRule {
    /// W ← W − ηG with η = min(μ·‖z_L − y‖²/‖G‖², cap/(1 + ‖x‖²)): the step that would remove the share μ
    /// of the loss if it fell along a line. It needs no tuning for a network, and no memory.
    Polyak {
        /// μ; 0.2 is safe for all networks that were tried, 0.4 for most, and 1.5 diverges.
        share: f32,
        /// The cap's numerator; it keeps a nearly silent network from a leap. Infinite for none.
        cap: f32,
    },
    /// W ← W − ηG.
    Sgd {
        /// η.
        rate: f32,
    },
    /// V ← mV − ηG, W ← W + V. Needs a second copy of the parameters.
    Momentum {
        /// η.
        rate: f32,
        /// m, in \[0, 1).
        decay: f32,
    },
    /// W ← W − η·sign(G): a constant step, as hardware that is programmed by pulses takes it. Needs a
    /// second copy of the parameters.
    Sign {
        /// η.
        rate: f32,
    },
}

impl Default for StepRule {
    /// Polyak's step with μ = 0.2 and a cap of 2.
    fn default() -> Self {
        Self::Polyak { share: 0.2, cap: 2.0 }
    }
}

impl StepRule {
    /// Whether it needs a second copy of the parameters.
    pub fn needs_memory(self) -> bool {
        match self {
            Self::Polyak { .. } | Self::Sgd { .. } => false,
            Self::Momentum { .. } | Self::Sign { .. } => true,
        }
    }

    /// η for a sample with this loss ½‖z_L − y‖², this ‖G‖² over the parameters that learn, and this ‖x‖².
    pub fn size(self, loss: f32, squared_gradient: f32, squared_input: f32) -> f32 {
        match self {
            Self::Polyak { share, cap } => {
                let along = share * (2.0 * loss) / squared_gradient;
                let most = cap / (1.0 + squared_input);
                // Not `min`, which prefers a number to NaN: 0/0 where nothing is to be learned.
                if along.is_nan() {
                    0.0
                } else if along < most {
                    along
                } else {
                    most
                }
            }
            Self::Sgd { rate } | Self::Momentum { rate, .. } | Self::Sign { rate } => rate,
        }
    }

    /// Change `values` by the step's −ηG, which `add` adds to whatever it is given; `memory` has as many
    /// values, if the rule needs it.
    pub(super) fn apply(self, values: &mut [f32], memory: &mut [f32], add: &dyn Fn(&mut [f32])) {
        match self {
            Self::Polyak { .. } | Self::Sgd { .. } => add(values),
            Self::Momentum { decay, .. } => {
                memory.iter_mut().for_each(|v| *v *= decay);
                add(memory);
                values.iter_mut().zip(memory).for_each(|(w, v)| *w += *v);
            }
            Self::Sign { rate } => {
                memory.fill(0.0);
                add(memory);
                for (w, &mut change) in values.iter_mut().zip(memory) {
                    *w += if change > 0.0 {
                        rate
                    } else if change < 0.0 {
                        -rate
                    } else {
                        0.0
                    };
                }
            }
        }
    }
}
