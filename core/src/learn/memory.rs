//! The memory of a learner, lent by the caller.

use crate::{Error, Quantity};

/// Memory that a [`crate::Learner`] needs, in values of 4 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct LearnSizes {
    /// The weights that learn, and all biases.
    pub parameters: usize,
    /// The state: without sweeps three values a unit and problem and one an output, with sweeps six a unit.
    pub state: usize,
    /// As many as the parameters if the step rule needs them, else 0.
    pub step: usize,
    /// As many as the parameters if there is a way back, else 0.
    pub copy: usize,
}

/// The memory itself, lent by the caller: each slice as long as [`crate::LearnSettings::sizes`] says.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct LearnMemory<'m> {
    pub parameters: &'m mut [f32],
    pub state: &'m mut [f32],
    pub step: &'m mut [f32],
    pub copy: &'m mut [f32],
}

/// Room for that memory in a `static`, of sizes known at compile time; each is at least what
/// [`crate::LearnSettings::sizes`] says.
#[derive(Debug)]
pub struct LearnRoom<
    const PARAMETERS: usize,
    const STATE: usize,
    const STEP: usize = 0,
    const COPY: usize = 0,
> {
    parameters: [f32; PARAMETERS],
    state: [f32; STATE],
    step: [f32; STEP],
    copy: [f32; COPY],
}

impl<const PARAMETERS: usize, const STATE: usize, const STEP: usize, const COPY: usize>
    LearnRoom<PARAMETERS, STATE, STEP, COPY>
{
    /// All zero.
    pub const fn new() -> Self {
        Self { parameters: [0.0; PARAMETERS], state: [0.0; STATE], step: [0.0; STEP], copy: [0.0; COPY] }
    }

    /// What of it `sizes` asks for.
    ///
    /// # Errors
    /// [`Error::TooLarge`] if a size exceeds the room.
    pub fn memory(&mut self, sizes: LearnSizes) -> Result<LearnMemory<'_>, Error> {
        fn first(values: &mut [f32], got: usize, what: Quantity) -> Result<&mut [f32], Error> {
            let limit = values.len();
            values.get_mut(..got).ok_or(Error::TooLarge { what, limit, got })
        }
        let what = Quantity::LearnedParameters;
        Ok(LearnMemory {
            parameters: first(&mut self.parameters, sizes.parameters, what)?,
            state: first(&mut self.state, sizes.state, Quantity::StateUnits)?,
            step: first(&mut self.step, sizes.step, what)?,
            copy: first(&mut self.copy, sizes.copy, what)?,
        })
    }
}

impl<const PARAMETERS: usize, const STATE: usize, const STEP: usize, const COPY: usize> Default
    for LearnRoom<PARAMETERS, STATE, STEP, COPY>
{
    fn default() -> Self {
        Self::new()
    }
}
