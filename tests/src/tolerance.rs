//! How far `core` in `f32` may be from the oracle in `f64`. ε = 2⁻²³ ≈ 1.2e-7.

/// Activities and forces after the same number of sweeps, beside 1 + the largest of them: sums of
/// up to 20 products, ε/2 each, through 4 blocks and 6 sweeps.
pub const STATE: f64 = 1e-5;

/// Energies, beside the sum of their terms' absolute values: the state's error, once more.
pub const ENERGY: f64 = 1e-5;

/// Residuals, absolute: the difference of two activities.
pub const RESIDUAL: f64 = 2e-5;

/// Gradients, relative in norm: products of two numbers of the state, whose difference cancels by
/// up to 10.
pub const GRADIENT: f64 = 1e-4;

/// How much unit-wise descent may raise the energy, beside the sum of its terms' absolute values:
/// each activity is rounded once a sweep, a and u once for every unit below.
pub const DESCENT: f64 = 1e-6;

/// Relative error of the gradient at β = 1e-6 to back-propagation's: the error of first order in β
/// and ε, with no cancellation to amplify it.
pub const TINY_NUDGE: f64 = 1e-4;

/// Gradient against central differences in `f64`, relative in norm: (step 1e-4)².
pub const FINITE_DIFFERENCE: f64 = 1e-6;
