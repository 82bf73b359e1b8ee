//! Potentials: what it costs a block to leave f(a).
//!
//! To add one, write a file here with an implementation of [`Kind`] and add a variant to
//! [`Potential`]; the compiler then lists the rest: `of_kind!` and what a whole block does below, and
//! what a model file holds.

mod distance;
mod fenchel_young;
mod quadratic;

use core::fmt;

use crate::kernel::units::{row, rows, update, update_by_two};
use crate::relax::larger;
use crate::{Activation, Block};
use distance::{Distance, slack};
use fenchel_young::FenchelYoung;
use quadratic::Quadratic;
use serde::{Deserialize, Serialize};

/// The potential of a block, of its activities z and pre-activations a. Each is 0 at z = f(a), its
/// only minimum, and above 0 elsewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Potential {
    /// γ·D(z, a), D the Fenchel–Young potential, z ∈ C (eq. 3; reweighted: eq. 14). Convex in z and in a.
    #[default]
    FenchelYoung,
    /// γ/2 ‖z − f(a)‖², z ∈ C (eq. 1). Not convex in a through a nonlinear activation; for element-wise ones.
    Quadratic,
    /// d_γ(z, a) = min over z' ∈ C of D(z', a) + γ/(2(1−γ)) ‖z − z'‖², γ ∈ (0, 1]: the activity z
    /// that others see may differ from the block's own z' (eq. 12, 13). γ = 1 is D itself; on a
    /// linear block it is γ·D. For element-wise activations below the output.
    Distance,
}

/// Why a potential doesn't go with its block. Numbers, not sentences: those would lie in a device's flash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Misfit {
    /// A simplex has units of different γ.
    GammasOfSimplex,
    /// A simplex has another potential than Fenchel–Young's.
    Simplex,
    /// The output has the element-wise distance.
    ElementwiseOutput,
    /// The element-wise distance has γ above 1.
    ElementwiseGamma,
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::GammasOfSimplex => "one γ for all units of a simplex",
            Self::Simplex => "the Fenchel-Young potential on a simplex",
            Self::ElementwiseOutput => "another potential than the element-wise distance at the output",
            Self::ElementwiseGamma => "γ of at most 1 for the element-wise distance",
        })
    }
}

/// What a potential is, of one unit with `gamma`; `rest` is f(a). Activations are element-wise, except
/// in `force` and `energy`, which take f(a) as it is.
trait Kind {
    /// Why `gamma` or the activation don't fit the potential, if they don't.
    fn misfit(activation: Activation, gamma: &[f32], is_output: bool) -> Option<Misfit>;

    /// The force u = −∂/∂a, told from the activity z.
    fn force(activation: Activation, gamma: f32, rest: f32, a: f32, z: f32) -> f32;

    /// The potential, u being the force there.
    fn energy(activation: Activation, gamma: f32, rest: f32, a: f32, z: f32, u: f32) -> f32;

    /// The change of the activity from error e to error w.
    fn change(activation: Activation, gamma: f32, a: f32, e: f32, w: f32) -> f32;

    /// −∂/∂z, and a bound on the second derivative in z.
    fn pull(activation: Activation, gamma: f32, rest: f32, a: f32, z: f32, u: f32) -> (f32, f32);

    /// The move for a step of the quadratic bound: z stays in C wherever it must.
    fn bounded_step(activation: Activation, gamma: f32, z: f32, step: f32) -> f32;

    /// A bound on the second derivative in a.
    fn stiffness(gamma: f32) -> f32;
}

/// A function of the [`Kind`] that a potential is.
macro_rules! of_kind {
    ($potential:expr, $function:ident($($argument:expr),*)) => {
        match $potential {
            Potential::FenchelYoung => FenchelYoung::$function($($argument),*),
            Potential::Quadratic => Quadratic::$function($($argument),*),
            Potential::Distance => Distance::$function($($argument),*),
        }
    };
}

/// f(a) of one unit with an element-wise activation.
#[inline(always)]
fn one(activation: Activation, a: f32) -> f32 {
    activation.on([].into_iter()).project(a)
}

/// v = `f`(v, γ) of every unit in every row; with γ = 1, `f` leaves v as it is.
#[inline(always)]
fn each_unit(gamma: &[f32], v: &mut [f32], f: impl Fn(f32, f32) -> f32) {
    if gamma.iter().all(|gamma| *gamma == 1.0) {
        return;
    }
    for row in v.chunks_exact_mut(gamma.len().max(1)) {
        update(gamma, row, |gamma, v| f(v, gamma));
    }
}

/// v = `f`(v, e, γ) of every unit in every row.
#[inline(always)]
fn each_unit_with(gamma: &[f32], e: &[f32], v: &mut [f32], f: impl Fn(f32, f32, f32) -> f32) {
    let units = gamma.len();
    for (i, v) in v.chunks_exact_mut(units.max(1)).enumerate() {
        update_by_two(gamma, row(e, units, i), v, |gamma, e, v| f(v, e, gamma));
    }
}

/// One row of each array: `zip_rows!(units; a, e; u)`, the last one mutable.
macro_rules! zip_rows {
    ($units:expr; $a:expr, $b:expr; $out:expr) => {
        rows($a, $units).zip(rows($b, $units)).zip($out.chunks_exact_mut($units.max(1)))
    };
}

impl Block {
    /// Why `gamma` or the activation don't fit the potential, if they don't.
    pub(crate) fn misfit(&self, gamma: &[f32], is_output: bool) -> Option<Misfit> {
        of_kind!(self.potential, misfit(self.activation, gamma, is_output))
    }

    /// From the incoming forces Σ_m W_mkᵀ u_m − g_k to errors e_k, in place: e = force/γ, except
    /// for the element-wise distance, whose error is the force.
    // Not inlined: at the smallest size the optimiser then sees that its rows aren't empty.
    #[inline(never)]
    pub(crate) fn errors(&self, gamma: &[f32], w: &mut [f32]) {
        match self.potential {
            Potential::FenchelYoung | Potential::Quadratic => each_unit(gamma, w, |w, gamma| w / gamma),
            Potential::Distance => {}
        }
    }

    /// The activities at errors e, the minimiser of potential − force·z: z = f(a + e),
    /// f(f(a) + e) (quadratic) or f(a + e) + κe (element-wise distance).
    pub(crate) fn activities(&self, gamma: &[f32], a: &[f32], e: &[f32], z: &mut [f32]) {
        let (activation, units) = (self.activation, self.size());
        match self.potential {
            Potential::Quadratic => {
                activation.activate(units, a, z);
                update(e, z, |e, z| z + e);
                activation.activate_in_place(units, z);
            }
            Potential::FenchelYoung | Potential::Distance => {
                activation.activate_with_error(units, a, e, z);
            }
        }
        match self.potential {
            Potential::FenchelYoung | Potential::Quadratic => {}
            Potential::Distance => each_unit_with(gamma, e, z, |z, e, gamma| z + slack(gamma) * e),
        }
    }

    /// As [`activities`](Self::activities), to the same bits, in place: `z` holds the errors before.
    pub(crate) fn activities_in_place(&self, gamma: &[f32], a: &[f32], z: &mut [f32]) {
        let (activation, units) = (self.activation, self.size());
        match self.potential {
            Potential::FenchelYoung => {
                update(a, z, |a, e| a + e);
                activation.activate_in_place(units, z);
            }
            Potential::Quadratic => {
                update(a, z, move |a, e| one(activation, a) + e);
                activation.activate_in_place(units, z);
            }
            Potential::Distance => {
                let activity = move |gamma, a, e| one(activation, a + e) + slack(gamma) * e;
                for (i, z) in z.chunks_exact_mut(units.max(1)).enumerate() {
                    update_by_two(gamma, row(a, units, i), z, activity);
                }
            }
        }
    }

    /// The forces u = −∂/∂a of the potential at errors e, without cancellation: γ(z − f(a)),
    /// γ·f'(a)(z − f(a)) (quadratic) or z' − f(a) (element-wise distance).
    pub(crate) fn forces(&self, gamma: &[f32], a: &[f32], e: &[f32], u: &mut [f32]) {
        let (activation, units) = (self.activation, self.size());
        match self.potential {
            Potential::Quadratic => {
                activation.activate(units, a, u);
                let force = |u: f32, e, gamma| gamma * activation.difference(u, e) * activation.derivative(u);
                each_unit_with(gamma, e, u, force);
            }
            Potential::FenchelYoung | Potential::Distance => activation.deviate(units, a, e, u),
        }
        match self.potential {
            Potential::FenchelYoung => each_unit(gamma, u, |u, gamma| u * gamma),
            Potential::Quadratic | Potential::Distance => {}
        }
    }

    /// As [`forces`](Self::forces), told from the activities, with the cancellation of z − f(a).
    pub(crate) fn forces_of_activities(&self, gamma: &[f32], a: &[f32], z: &[f32], u: &mut [f32]) {
        let activation = self.activation;
        for ((a, z), u) in zip_rows!(self.size(); a, z; u) {
            let f = activation.on(a.iter().copied());
            for (((u, &a), &z), &gamma) in u.iter_mut().zip(a).zip(z).zip(gamma) {
                *u = self.force_at(gamma, f.project(a), a, z);
            }
        }
    }

    /// As [`forces_of_activities`](Self::forces_of_activities), of one unit with an element-wise activation.
    #[inline(always)]
    pub(crate) fn force_of_activity(&self, gamma: f32, a: f32, z: f32) -> f32 {
        self.force_at(gamma, one(self.activation, a), a, z)
    }

    #[inline(always)]
    fn force_at(&self, gamma: f32, rest: f32, a: f32, z: f32) -> f32 {
        of_kind!(self.potential, force(self.activation, gamma, rest, a, z))
    }

    /// `energy` + the potential of every unit, in ascending order.
    pub(crate) fn energy(&self, gamma: &[f32], a: &[f32], z: &[f32], u: &[f32], mut energy: f32) -> f32 {
        let activation = self.activation;
        for ((a, z), u) in rows(a, self.size()).zip(rows(z, self.size())).zip(rows(u, self.size())) {
            let f = activation.on(a.iter().copied());
            for (((&a, &z), &u), &gamma) in a.iter().zip(z).zip(u).zip(gamma) {
                let rest = f.project(a);
                energy += of_kind!(self.potential, energy(activation, gamma, rest, a, z, u));
            }
        }
        energy
    }

    /// The largest change of an activity from errors e to errors w.
    pub(crate) fn largest_change(&self, gamma: &[f32], a: &[f32], e: &[f32], w: &[f32]) -> f32 {
        let (activation, units) = (self.activation, self.size());
        let mut largest = 0.0;
        for ((a, e), w) in rows(a, units).zip(rows(e, units)).zip(rows(w, units)) {
            let errors = e.iter().zip(w).zip(gamma);
            if !activation.is_elementwise() {
                let plus = |errors: &[f32], i: usize, a: f32| a + errors.get(i).copied().unwrap_or_default();
                let from = activation.on(a.iter().enumerate().map(|(i, &a)| plus(e, i, a)));
                let to = activation.on(a.iter().enumerate().map(|(i, &a)| plus(w, i, a)));
                for (a, ((e, w), _)) in a.iter().zip(errors) {
                    largest = larger(largest, to.project(a + w) - from.project(a + e));
                }
                continue;
            }
            for (&a, ((&e, &w), &gamma)) in a.iter().zip(errors) {
                let change = of_kind!(self.potential, change(activation, gamma, a, e, w));
                largest = larger(largest, change);
            }
        }
        largest
    }

    /// Of one unit: −∂/∂z of its potential, and a bound on the second derivative in z.
    #[inline(always)]
    pub(crate) fn pull(&self, gamma: f32, a: f32, z: f32, u: f32) -> (f32, f32) {
        let rest = one(self.activation, a);
        of_kind!(self.potential, pull(self.activation, gamma, rest, a, z, u))
    }

    /// The move of one unit for a step of its quadratic bound: it stays in C wherever z must.
    #[inline(always)]
    pub(crate) fn bounded_step(&self, gamma: f32, z: f32, step: f32) -> f32 {
        of_kind!(self.potential, bounded_step(self.activation, gamma, z, step))
    }

    /// The activation f of which f(a) is what errors are added to: of the quadratic potential the block's own;
    /// the identity of the others.
    #[inline(always)]
    pub(crate) fn base(&self) -> Activation {
        match self.potential {
            Potential::Quadratic => self.activation,
            Potential::FenchelYoung | Potential::Distance => Activation::Linear,
        }
    }

    /// The force of one unit after its activity became z by this `change`; it was u before.
    #[inline(always)]
    pub(crate) fn force_after(&self, gamma: f32, a: f32, z: f32, u: f32, change: f32) -> f32 {
        match self.potential {
            Potential::FenchelYoung => u + gamma * change,
            Potential::Quadratic | Potential::Distance => self.force_of_activity(gamma, a, z),
        }
    }

    /// A bound on the second derivative of one unit's potential in a.
    #[inline(always)]
    pub(crate) fn stiffness(&self, gamma: f32) -> f32 {
        of_kind!(self.potential, stiffness(gamma))
    }
}
