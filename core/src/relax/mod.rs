//! Relaxation: from a problem to the activities that minimise its energy. One loop for every
//! schedule, with or without a monitor.

mod anderson;
mod backward;
mod energy;
mod once;
mod passes;
mod residual;
mod settings;
mod unitwise;

use crate::{Error, Network, Problem, StateView, Weights};
pub(crate) use residual::larger;
pub use settings::{DIVERGED, Outcome, Schedule, Settings, Status, Sweep};

/// What of a relaxation is measured. It is known at compile time, so that a device has no code for
/// what nobody asks for.
trait Monitor {
    /// Whether residuals may be wanted: for a tolerance above 0, or by who watches.
    const RESIDUALS: bool;
    /// Whether somebody watches energies and residuals.
    const WATCHES: bool;

    /// Called after each sweep that was measured.
    fn see(&mut self, sweep: Sweep);
}

/// Nothing is measured.
struct Unmeasured;

impl Monitor for Unmeasured {
    const RESIDUALS: bool = false;
    const WATCHES: bool = false;

    fn see(&mut self, _: Sweep) {}
}

/// Residuals are measured if the tolerance is above 0.
struct ToTolerance;

impl Monitor for ToTolerance {
    const RESIDUALS: bool = true;
    const WATCHES: bool = false;

    fn see(&mut self, _: Sweep) {}
}

impl Monitor for &mut dyn FnMut(Sweep) {
    const RESIDUALS: bool = true;
    const WATCHES: bool = true;

    fn see(&mut self, sweep: Sweep) {
        self(sweep);
    }
}

impl<W: Weights> Network<'_, W> {
    /// Minimise the energy of `problem`, each row for itself, and leave activities and forces in
    /// `state`.
    ///
    /// No energy is computed, and no residual unless `settings.tolerance` is above 0.
    ///
    /// # Errors
    /// [`Error::Size`] if a length doesn't fit; [`Error::Unbounded`] unless γ_L + s > 0;
    /// [`Error::NotFinite`] if an input isn't finite. How the relaxation went is not an
    /// error but the [`Outcome`]'s [`Status`].
    pub fn relax(
        &self,
        problem: &Problem,
        state: &mut StateView,
        settings: &Settings,
    ) -> Result<Outcome, Error> {
        self.relax_by(problem, state, settings, ToTolerance)
    }

    /// As [`relax`](Self::relax) with a tolerance of 0, to the same bits: exactly `sweeps` sweeps, and no
    /// code that measures how far they came. This is the smallest relaxation for a device.
    ///
    /// # Errors
    /// As [`relax`](Self::relax).
    pub fn relax_for(
        &self,
        problem: &Problem,
        state: &mut StateView,
        schedule: Schedule,
        sweeps: u32,
    ) -> Result<(), Error> {
        let settings = Settings { schedule, sweeps, tolerance: 0.0 };
        self.relax_by(problem, state, &settings, Unmeasured).map(|_| ())
    }

    /// As [`relax`](Self::relax), to the same bits, and `monitor` sees the energy and the residual of
    /// every sweep. A relaxation whose energy diverges ends at once.
    ///
    /// # Errors
    /// As [`relax`](Self::relax).
    pub fn relax_monitored(
        &self,
        problem: &Problem,
        state: &mut StateView,
        settings: &Settings,
        monitor: &mut dyn FnMut(Sweep),
    ) -> Result<Outcome, Error> {
        problem.check_finite()?;
        self.relax_by(problem, state, settings, monitor)
    }

    fn relax_by(
        &self,
        problem: &Problem,
        state: &mut StateView,
        settings: &Settings,
        monitor: impl Monitor,
    ) -> Result<Outcome, Error> {
        problem.check(self)?;
        state.check(self, problem.rows(self))?;
        if settings.schedule != Schedule::ForwardBackward {
            // These schedules begin without forces in the hidden blocks.
            state.u.fill(0.0);
        }
        self.plain_forward(problem, state);
        self.check_input(problem.input, state.a, state.rows)?;
        let outcome = self.iterate(problem, state, settings, monitor);
        if settings.schedule == Schedule::ForwardBackward {
            self.activities_and_forces(state);
            self.minimise_output(problem, state);
        }
        Ok(outcome)
    }

    /// Unit-wise descent, as [`relax_monitored`](Self::relax_monitored), but from where `state` is.
    ///
    /// `state` holds activities z of the hidden blocks: those that a relaxation of another problem, or
    /// of other γ, left there, or those that [`StateView::activities_mut`] took. They must lie in C
    /// unless the potential lets them out. Pre-activations, forces and the output, at its minimum,
    /// follow from them. So the energy ends at or below what it is at this z.
    ///
    /// `settings.schedule` is ignored: only unit-wise descent is monotone from any start.
    ///
    /// # Errors
    /// As [`relax`](Self::relax).
    pub fn relax_from(
        &self,
        problem: &Problem,
        state: &mut StateView,
        settings: &Settings,
        monitor: &mut dyn FnMut(Sweep),
    ) -> Result<Outcome, Error> {
        problem.check_finite()?;
        problem.check(self)?;
        state.check(self, problem.rows(self))?;
        self.preactivate_all(problem, state);
        self.check_input(problem.input, state.a, state.rows)?;
        self.force_from_activities(1..self.output(), state);
        self.minimise_output(problem, state);
        let settings = Settings { schedule: Schedule::Unitwise, ..*settings };
        Ok(self.iterate(problem, state, &settings, monitor))
    }

    /// The one loop: the sweeps of a relaxation, from a state that is ready for the first.
    ///
    /// A forward–backward sweep is a forward pass at the end of one round and a backward pass at the
    /// beginning of the next, since one backward pass comes before the first sweep. (With both in one
    /// round the compiler makes two copies of it.)
    fn iterate<M: Monitor>(
        &self,
        problem: &Problem,
        state: &mut StateView,
        settings: &Settings,
        mut monitor: M,
    ) -> Outcome {
        let measured = M::WATCHES || (M::RESIDUALS && settings.tolerance > 0.0);
        let mut last = Sweep { sweep: 0, energy: f32::NAN, residual: f32::NAN };
        let mut status = Status::SweepLimit;
        let mut ended = false;
        let is_forward_backward = settings.schedule == Schedule::ForwardBackward;
        loop {
            if is_forward_backward {
                self.backward_pass(problem, state, last.sweep == 0);
                if measured && last.sweep > 0 {
                    last.residual = self.residual(state);
                }
            }
            if measured && last.sweep > 0 {
                monitor.see(last);
                let bounded = |value: f32| value.abs() <= DIVERGED;
                (status, ended) = if !bounded(last.residual) || (M::WATCHES && !bounded(last.energy)) {
                    (Status::Unbounded, true)
                } else if last.residual <= settings.tolerance {
                    (Status::Converged, settings.tolerance > 0.0)
                } else {
                    (Status::SweepLimit, false)
                };
            }
            ended |= last.sweep >= settings.sweeps;
            if is_forward_backward && last.sweep > 0 {
                self.anderson(state, last.sweep, ended);
            }
            if ended {
                return Outcome { status, last };
            }
            last.sweep += 1;
            match settings.schedule {
                Schedule::ForwardBackward => {
                    self.forward_pass(problem, state);
                    if M::WATCHES {
                        self.activities_and_forces(state);
                        last.energy = self.energy(problem, state);
                    }
                }
                Schedule::Unitwise => {
                    last.residual = self.unitwise_sweep(problem, state);
                    if M::WATCHES {
                        last.energy = self.energy(problem, state);
                    }
                }
                Schedule::Backward => {
                    last.residual = self.backward_sweep(problem, state, last.sweep);
                    if M::WATCHES {
                        last.energy = self.energy_ahead(problem, state);
                    }
                }
            }
        }
    }
}
