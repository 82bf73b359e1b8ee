//! Uses the network: scales a sensor's raw values, infers, relaxes.

use fenchel_core::{Error, Model, Nudge, Outcome, Problem, Settings, State, label};

use super::model::{CLASSES, FILE, INPUTS, UNITS};

/// Raw values as a sensor's converter would give them: an image of the digit 0.
#[rustfmt::skip]
pub const IMAGE: [i16; INPUTS] = [
     0,  0,  0, 14, 12,  1,  0,  0,
     0,  0,  4, 15,  7, 10,  0,  0,
     0,  2, 16, 15,  5, 12,  2,  0,
     0,  7, 16,  0,  0, 11,  5,  0,
     0,  5, 12,  0,  0, 12,  4,  0,
     0,  1, 15,  0,  0, 14,  2,  0,
     0,  0,  9,  6,  7, 15,  0,  0,
     0,  0,  1, 13, 16,  8,  0,  0,
];

/// Memory that a classification works in: 24 bytes for each unit, and 4 for each input and class. It is
/// static rather than on the stack.
pub struct Memory {
    state: State<UNITS>,
    input: [f32; INPUTS],
    target: [f32; CLASSES],
}

impl Memory {
    pub const fn new() -> Self {
        Self { state: State::new(), input: [0.0; INPUTS], target: [0.0; CLASSES] }
    }

    /// Returns the label of a sensor's raw values, `i16`, `u8`, `i8` or `f32`, and how the relaxation
    /// towards it ended. The model's own scaling is applied; a model of other sizes is an error, never a
    /// fault.
    pub fn classify<T: Copy + Into<f32>>(
        &mut self,
        model: &Model,
        raw: &[T],
    ) -> Result<(usize, Outcome), Error> {
        let Self { state, input, target } = self;
        let network = model.network();
        model.scaling().apply(raw, input)?;
        let class = label(network.infer(input, state.scratch(&network)?)?);

        target.fill(0.0);
        target.iter_mut().skip(class).take(1).for_each(|y| *y = 1.0);
        let nudges = [Nudge { s: 0.25, weight_target: 0.25, weight_attack: 0.0 }];
        let problem = Problem::new(input, &nudges, target);
        let settings = Settings { sweeps: 20, tolerance: 1e-5, ..Settings::default() };
        let view = &mut state.view(&network)?;
        let outcome = network.relax_monitored(&problem, view, &settings, &mut |_| {})?;
        Ok((class, outcome))
    }
}

/// Loads the model in flash, which checks it.
pub fn load() -> Result<Model<'static>, Error> {
    Model::load(FILE)
}
