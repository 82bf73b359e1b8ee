//! Relaxation: from a problem to the activities that minimise its energy.

mod anderson;
mod energy;
mod passes;
mod unitwise;

use crate::{Activation, Error, Network, Problem, StateView, Weights};
pub(crate) use energy::larger;

/// The order in which activities are updated. All start from the forward pass; unit-wise descent
/// also from elsewhere, by [`Network::relax_from`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Schedule {
    /// Errors downwards, then activities upwards, with Anderson acceleration: fast, the default.
    ForwardBackward,
    /// Each unit to the minimiser of a bound on its energy: slow, but the energy never rises.
    Unitwise,
    /// The undamped fixed point of backward passes, as in the paper: kept to compare with.
    Backward,
}

/// How long to relax.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Order of updates; forward–backward.
    pub schedule: Schedule,
    /// Most sweeps; 2. Use an even number for training: an odd one errs systematically.
    pub sweeps: u32,
    /// Converged when no activity changes by more; 0: run all sweeps.
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
    /// Activities or energy grew beyond [`DIVERGED`]: no minimum, or none that this schedule finds.
    Unbounded,
}

/// One sweep: its number from 1, the energy after it, and the residual.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Sweep {
    /// Number, from 1.
    pub sweep: u32,
    /// Energy of the state, in units of the loss, summed over the rows.
    pub energy: f32,
    /// Largest change of an activity: in the next sweep (forward–backward), in the last (others).
    pub residual: f32,
}

/// How a relaxation ended, and where.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Outcome {
    /// How.
    pub status: Status,
    /// The last sweep's number, energy and residual, those of the state that is left.
    pub last: Sweep,
}

/// A change or an energy beyond this counts as divergence; inputs are of order 1.
pub const DIVERGED: f32 = 1e9;

impl<W: Weights> Network<'_, W> {
    /// Minimise the energy of `problem`, each row for itself, and certify the result: `state` ends
    /// with consistent a, z, u, and `trace` sees every sweep.
    ///
    /// # Errors
    /// [`Error::Size`] if a length doesn't fit; [`Error::Unbounded`] unless γ_L + s > 0. How the
    /// relaxation went is the [`Outcome`]'s [`Status`].
    pub fn relax(
        &self,
        problem: &Problem,
        state: &mut StateView,
        settings: &Settings,
        trace: &mut dyn FnMut(Sweep),
    ) -> Result<Outcome, Error> {
        problem.check(self)?;
        state.check(self, problem.rows(self))?;
        self.prepare(problem, state, settings.schedule);
        if settings.schedule == Schedule::ForwardBackward {
            self.back(problem, state, true);
        }
        let outcome = self.iterate(problem, state, settings, trace);
        if settings.schedule == Schedule::ForwardBackward {
            self.settle(state);
        }
        Ok(outcome)
    }

    /// Unit-wise descent, as [`relax`](Self::relax), but from where `state` is: it holds activities z
    /// of the hidden blocks, in C unless the potential lets them out, such as a relaxation of
    /// another problem, or of other γ, leaves behind, or [`StateView::activities_mut`] took. The rest
    /// of it follows from them anew: a, u, and the output at its minimum. So the energy ends at or
    /// below what it is at this z. Of `settings`, the schedule isn't asked for: no other one descends
    /// from everywhere.
    ///
    /// # Errors
    /// As [`relax`](Self::relax).
    pub fn relax_from(
        &self,
        problem: &Problem,
        state: &mut StateView,
        settings: &Settings,
        trace: &mut dyn FnMut(Sweep),
    ) -> Result<Outcome, Error> {
        problem.check(self)?;
        state.check(self, problem.rows(self))?;
        self.preactivate_all(problem, state);
        self.force_from_activities(1..self.output(), state);
        self.top(problem, state);
        let settings = Settings { schedule: Schedule::Unitwise, ..*settings };
        Ok(self.iterate(problem, state, &settings, trace))
    }

    /// The sweeps of a relaxation, from a state that is ready for the first.
    fn iterate(
        &self,
        problem: &Problem,
        state: &mut StateView,
        settings: &Settings,
        trace: &mut dyn FnMut(Sweep),
    ) -> Outcome {
        let mut last = Sweep { sweep: 0, energy: f32::NAN, residual: f32::NAN };
        let mut status = Status::SweepLimit;
        while status == Status::SweepLimit && last.sweep < settings.sweeps.max(1) {
            last.sweep += 1;
            match settings.schedule {
                Schedule::ForwardBackward => {
                    if last.sweep > 1 {
                        self.anderson(state, last.sweep - 1, false);
                    }
                    self.forth(problem, state);
                    self.settle(state);
                    last.energy = self.energy(problem, state);
                    self.back(problem, state, false);
                    last.residual = self.step(state);
                }
                Schedule::Unitwise => {
                    last.residual = self.unitwise(problem, state);
                    last.energy = self.energy(problem, state);
                }
                Schedule::Backward => {
                    last.residual = self.backward(problem, state);
                    self.raise(problem, state, 1);
                    self.force_from_activities(1..self.output(), state);
                    last.energy = self.energy(problem, state);
                }
            }
            trace(last);
            let bounded = |value: f32| value.abs() <= DIVERGED;
            if !(bounded(last.residual) && bounded(last.energy)) {
                status = Status::Unbounded;
            } else if last.residual <= settings.tolerance {
                status = Status::Converged;
            }
        }
        Outcome { status, last }
    }

    /// As [`relax`](Self::relax), without energies, residuals and early stop: what training needs.
    /// The last backward pass serves as an update, not as a certificate.
    ///
    /// # Errors
    /// As [`relax`](Self::relax).
    pub fn sweep(&self, problem: &Problem, state: &mut StateView, settings: &Settings) -> Result<(), Error> {
        problem.check(self)?;
        state.check(self, problem.rows(self))?;
        self.prepare(problem, state, settings.schedule);
        match settings.schedule {
            Schedule::ForwardBackward => {
                let mut sweep = 0;
                loop {
                    self.back(problem, state, sweep == 0);
                    if sweep > 0 {
                        self.anderson(state, sweep, sweep == settings.sweeps);
                    }
                    if sweep == settings.sweeps {
                        break;
                    }
                    sweep += 1;
                    self.forth(problem, state);
                }
                self.settle(state);
            }
            Schedule::Unitwise => {
                for _ in 0..settings.sweeps {
                    self.unitwise(problem, state);
                }
            }
            Schedule::Backward => {
                for sweep in 0..settings.sweeps {
                    if sweep > 0 {
                        self.raise(problem, state, 1);
                    }
                    self.backward(problem, state);
                }
            }
        }
        Ok(())
    }

    /// The forward pass, and no forces of hidden blocks for a schedule that doesn't begin with them.
    fn prepare(&self, problem: &Problem, state: &mut StateView, schedule: Schedule) {
        if schedule != Schedule::ForwardBackward {
            state.u.fill(0.0);
        }
        self.start(problem, state);
    }

    /// One backward pass, z_k = f(a_k + w_k) downwards; the largest change.
    fn backward(&self, problem: &Problem, state: &mut StateView) -> f32 {
        self.back(problem, state, true);
        let mut largest = 0.0;
        for k in 1..self.output() {
            let range = self.range(k, state.rows);
            let a = state.a.get(range.clone()).unwrap_or_default();
            let e = state.e.get(range.clone()).unwrap_or_default();
            let z = state.z.get_mut(range.clone()).unwrap_or_default();
            let before = state.e_before.get_mut(range).unwrap_or_default();
            Activation::Linear.activate(self.size(k), z, before);
            self.block(k).activities(self.gamma(k), a, e, z);
            largest = z.iter().zip(before).fold(largest, |largest, (z, before)| larger(largest, z - *before));
        }
        largest
    }

    /// a of every block from z.
    pub(crate) fn preactivate_all(&self, problem: &Problem, state: &mut StateView) {
        for k in self.above_input() {
            let a = state.a.get_mut(self.range(k, state.rows)).unwrap_or_default();
            self.preactivate(k, problem.input, state.z, state.rows, a);
        }
    }

    /// u of `blocks` from z and a, with the cancellation of that difference: the paper's
    /// schedule, whose a moves after z, and a state that came from elsewhere have no better.
    pub(crate) fn force_from_activities(&self, blocks: impl Iterator<Item = usize>, state: &mut StateView) {
        for k in blocks {
            let range = self.range(k, state.rows);
            let a = state.a.get(range.clone()).unwrap_or_default();
            let z = state.z.get(range.clone()).unwrap_or_default();
            let u = state.u.get_mut(range).unwrap_or_default();
            self.block(k).forces_of_activities(self.gamma(k), a, z, u);
        }
    }
}
