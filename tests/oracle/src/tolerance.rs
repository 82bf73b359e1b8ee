//! How far `core` in `f32` may be from the oracle in `f64`, each about five to twenty times the
//! worst that was measured. ε = 2⁻²³ ≈ 1.2e-7.

/// Activities and forces after the same number of sweeps, beside 1 + the largest of them: sums of
/// up to 20 products with ε/2 each, through 4 blocks and 6 sweeps. Divided, as everything after a
/// number of sweeps, by Anderson's largest |θ| (measured: 3.5e-7; all potentials and the simplex:
/// 1.2e-6).
pub const STATE: f64 = 1e-5;

/// The same of converged states: unit-wise descent stops when an activity moves by 1e-6 or less,
/// and then is a few times as far from the minimum (measured: 6.7e-6; all potentials and the
/// simplex: 1.6e-5).
pub const CONVERGED_STATE: f64 = 1e-4;

/// States of the oracle's own schedules, each with a residual below 1e-12 (measured: 6.2e-12).
pub const SAME_MINIMUM: f64 = 1e-10;

/// Energies, beside the sum of their terms' absolute values: rounding of the sum; the state's own
/// error counts squared near the minimum (measured: 2.3e-8; all potentials and the simplex, far
/// from the minimum: 1.2e-7).
pub const ENERGY: f64 = 6e-7;

/// Residuals, absolute: a difference of two activities (measured: 2.4e-7; all potentials and the
/// simplex: 2.2e-6).
pub const RESIDUAL: f64 = 1e-5;

/// Gradients, relative in norm: a product of two numbers of the state, and a contrast between
/// problems that cancels part of it (measured: 1.6e-5; all potentials and the simplex: 2.5e-5).
pub const GRADIENT: f64 = 1e-4;

/// The same of converged states, whose errors are those of [`CONVERGED_STATE`] (measured: 2.4e-5;
/// all potentials and the simplex: 9.0e-5).
pub const CONVERGED_GRADIENT: f64 = 5e-4;

/// How much unit-wise descent may raise the energy, beside the sum of its terms' absolute values:
/// each activity is rounded once a sweep, a and u once for every unit below (measured in 40,000
/// random cases: 6.5e-8).
pub const DESCENT: f64 = 5e-7;

/// The same in `f64`: a few roundings of 1e-16 (measured: 1.1e-16).
pub const DESCENT_F64: f64 = 1e-15;

/// Relative error of the gradient at β = 1e-6 to back-propagation's: of first order in β and in ε,
/// with no cancellation to amplify it (measured: 4.7e-6; with it, 5e-2).
pub const TINY_NUDGE: f64 = 2e-5;

/// Gradient against central differences with step 1e-6 in `f64`, relative in norm: the energies'
/// own rounding, 1e-16, beside the step (measured: 1.9e-8).
pub const FINITE_DIFFERENCE: f64 = 1e-7;

/// Potentials in `f64` against their definitions: roundings of 1e-16, and a golden section that
/// can't tell apart values that near its minimum (measured: 1.1e-15).
pub const DEFINITION: f64 = 2e-14;

/// The force on the input, relative in norm: products and sums of one backward pass (measured: 3.5e-7).
pub const INPUT_FORCE: f64 = 4e-6;

/// Energies of one minimum that unit-wise descent reached from two starts, beside 1 + the energy:
/// rounding, of a state that begins anew and of one that doesn't (measured: 9.5e-8).
pub const SAME_ENERGY: f64 = 1e-6;

/// A change of parameters by one step of learning, relative in norm to the step along the oracle's gradient:
/// the error of the gradient, and that of W itself, ε/2 of it, beside a change that is larger (measured: 2.5e-6).
pub const LEARNED_STEP: f64 = 3e-5;

/// Outputs of integer arithmetic beside `f64` with the same weights and whole inputs, relative to the largest output's
/// size and 1: activities of 14 bits have errors of 2⁻¹⁵ of their block's largest, added up over up to 10 units with
/// weights of order 1, through 4 blocks (measured on 2,000 networks: 7.6e-4).
pub const INTEGER_OUTPUT: f64 = 2e-3;
