//! The way back: a copy of the parameters, to which learning returns where it did harm.

/// When a learner returns to its copy of the parameters.
///
/// Learned parameters and copy answer the same samples, at the price of one more inference a sample: so new
/// data, on which both fail, aren't taken for harm. After each so many samples the copy is kept up to date
/// if what was learned is better, and restored if it is worse by more than a factor.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Rollback {
    /// Samples over which the losses are averaged; 100 by default.
    pub samples: u32,
    /// By which factor the mean loss may exceed that of the copy; 1.5 by default.
    pub rise: f32,
}

impl Default for Rollback {
    fn default() -> Self {
        Self { samples: 100, rise: 1.5 }
    }
}

/// Sums of the losses since the last verdict.
#[derive(Clone, Copy, Debug)]
pub(super) struct Watch {
    loss: f32,
    of_copy: f32,
    seen: u32,
}

/// What is to be done with the copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Nothing,
    Keep,
    Return,
}

impl Watch {
    pub const fn new() -> Self {
        Self { loss: 0.0, of_copy: 0.0, seen: 0 }
    }

    /// Take in the `loss` of a sample, and what it is with the copy.
    pub fn see(&mut self, rollback: Rollback, loss: f32, of_copy: f32) -> Verdict {
        self.loss += loss;
        self.of_copy += of_copy;
        self.seen += 1;
        if self.seen < rollback.samples {
            return Verdict::Nothing;
        }
        let Self { loss, of_copy, .. } = *self;
        *self = Self::new();
        if loss > rollback.rise * of_copy {
            Verdict::Return
        } else if loss < of_copy {
            Verdict::Keep
        } else {
            Verdict::Nothing
        }
    }
}
