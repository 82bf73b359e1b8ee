//! The part that knows the network: constants of the model, and what is done with it.

use fenchel_core::{Error, Model, Nudge, Outcome, Problem, Settings, State, label};

/// Values of an input, units above it, and classes: `fenchel inspect model.fenchel` lists them. A
/// model that doesn't fit them is an error, never a fault.
const INPUTS: usize = 64;
pub const UNITS: usize = 26;
const CLASSES: usize = 10;

/// Weights are used where they lie, so the file must be aligned.
#[repr(C, align(16))]
struct Aligned<T: ?Sized>(T);

static FILE: &Aligned<[u8]> = &Aligned(*include_bytes!("../model.fenchel"));

/// What a sensor would give: a 0.
#[rustfmt::skip]
pub const IMAGE: [u8; INPUTS] = [
     0,  0,  0, 14, 12,  1,  0,  0,
     0,  0,  4, 15,  7, 10,  0,  0,
     0,  2, 16, 15,  5, 12,  2,  0,
     0,  7, 16,  0,  0, 11,  5,  0,
     0,  5, 12,  0,  0, 12,  4,  0,
     0,  1, 15,  0,  0, 14,  2,  0,
     0,  0,  9,  6,  7, 15,  0,  0,
     0,  0,  1, 13, 16,  8,  0,  0,
];

/// The image's label, and how the relaxation towards it ended.
pub fn classify(raw: &[u8], state: &mut State<UNITS>) -> Result<(usize, Outcome), Error> {
    let model = Model::load(&FILE.0)?;
    let network = model.network();
    let mut input = [0.0; INPUTS];
    model.scaling().apply(raw, &mut input)?;
    let class = label(network.infer(&input, state.scratch(&network)?)?);

    let mut target = [0.0; CLASSES];
    target.iter_mut().skip(class).take(1).for_each(|y| *y = 1.0);
    let nudges = [Nudge { s: 0.25, target: 0.25, attack: 0.0 }];
    let problem =
        Problem { input: &input, nudges: &nudges, target: &target, attack: &target, perturbation: &[] };
    let settings = Settings { sweeps: 20, tolerance: 1e-5, ..Settings::default() };
    let outcome = network.relax_monitored(&problem, &mut state.view(&network)?, &settings, &mut |_| {})?;
    Ok((class, outcome))
}
