//! What a relaxation is asked for, and how it ended.

/// The order in which activities are updated. Every schedule begins at the forward pass; unit-wise
/// descent can also begin elsewhere, by [`crate::Network::relax_from`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Schedule {
    /// Errors downwards, then activities upwards, with Anderson acceleration; the fast default.
    ForwardBackward,
    /// Moves one unit at a time to the minimiser of a bound on its energy; slow, but the energy never rises.
    Unitwise,
    /// Undamped backward passes as in the paper, kept for comparison.
    Backward,
}

/// How long to relax.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// The order of updates. The default is forward–backward.
    pub schedule: Schedule,
    /// The largest number of sweeps, 2 by default. Use an even number for training: an odd one errs
    /// systematically. With 0, forward–backward stops after its first backward pass, and the other
    /// schedules stop at the forward pass.
    pub sweeps: u32,
    /// The relaxation has converged when no activity changes by more than this. With 0, the default,
    /// all sweeps are made.
    pub tolerance: f32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { schedule: Schedule::ForwardBackward, sweeps: 2, tolerance: 0.0 }
    }
}

/// How a relaxation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Status {
    /// The residual is within the tolerance.
    Converged,
    /// All sweeps were made.
    SweepLimit,
    /// Activities or energy grew beyond [`DIVERGED`]: there is no minimum, or none that this schedule
    /// finds.
    Unbounded,
}

/// One sweep of a relaxation.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Sweep {
    /// Number of the sweep, from 1; 0 if none was made.
    pub sweep: u32,
    /// Energy in units of the loss, summed over the rows; NaN unless a monitor is there. It belongs to
    /// the activities after the sweep; of forward–backward sweeps, to those of its forward pass, which
    /// the sweep's backward pass then moves by the residual.
    pub energy: f32,
    /// Largest change of an activity by the sweep; of forward–backward sweeps, by its backward pass.
    /// NaN if nobody asked: no monitor, and a tolerance of 0.
    pub residual: f32,
}

/// How a relaxation ended, with its last sweep.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Outcome {
    /// How the relaxation ended.
    pub status: Status,
    /// The last sweep that was made.
    pub last: Sweep,
}

/// A residual or an energy beyond this counts as divergence; inputs are of order 1.
pub const DIVERGED: f32 = 1e9;
