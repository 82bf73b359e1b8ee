//! Activations: projections on a convex set C.
//!
//! To add one, write a file here with its functions of one unit, or of one row, and add a variant to
//! [`Activation`]; the compiler then lists the rest.

mod clip;
mod linear;
mod relu;
mod simplex;

use crate::bits;
use crate::kernel::units::{map, row, zip};
use serde::{Deserialize, Serialize};

/// The activation f = Π_C of a block, the projection on the convex set C.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Activation {
    /// f(a) = a; C = ℝⁿ.
    Linear,
    /// f(a) = max(a, 0); C = ℝⁿ≥0.
    Relu,
    /// f(a) = a clipped to \[low, high\], such as the hard sigmoid; C = \[low, high\]ⁿ.
    Clip {
        /// The smallest activity.
        low: f32,
        /// The largest activity, at least `low`.
        high: f32,
    },
    /// The projection of the whole block on C = {z ≥ 0, Σ z = 1}, the only activation that isn't element-wise.
    Simplex,
}

impl Activation {
    /// Returns whether the parameters describe a non-empty set.
    pub fn is_valid(self) -> bool {
        match self {
            Self::Clip { low, high } => {
                let [least, low, high, most] = [f32::MIN, low, high, f32::MAX].map(bits::order);
                least <= low && low <= high && high <= most
            }
            Self::Linear | Self::Relu | Self::Simplex => true,
        }
    }

    /// Returns whether f acts on each unit alone.
    pub fn is_elementwise(self) -> bool {
        match self {
            Self::Linear | Self::Relu | Self::Clip { .. } => true,
            Self::Simplex => false,
        }
    }

    /// Returns the smallest and largest activity of a unit, ±∞ where there is none: C = \[low, high\]ⁿ.
    /// `None` for an activation that isn't element-wise.
    pub fn interval(self) -> Option<(f32, f32)> {
        match self {
            Self::Linear => Some((f32::NEG_INFINITY, f32::INFINITY)),
            Self::Relu => Some((0.0, f32::INFINITY)),
            Self::Clip { low, high } => Some((low, high)),
            Self::Simplex => None,
        }
    }

    /// f on the row of pre-activations `a`, as one function of each unit.
    #[inline(always)]
    pub(crate) fn on(self, a: impl Iterator<Item = f32> + Clone) -> Projection {
        let threshold = match self {
            Self::Linear | Self::Relu | Self::Clip { .. } => 0.0,
            Self::Simplex => simplex::threshold(a),
        };
        Projection { activation: self, threshold }
    }

    /// f(a + e) − f(a) of one unit, without cancellation: exact to rounding of the result however
    /// small e is beside a. Of element-wise activations only.
    #[inline(always)]
    pub(crate) fn difference(self, a: f32, e: f32) -> f32 {
        match self {
            Self::Linear | Self::Simplex => linear::difference(a, e),
            Self::Relu => relu::difference(a, e),
            Self::Clip { low, high } => clip::difference(a, e, low, high),
        }
    }

    /// f'(a) of one unit, told from z = f(a); 0 on the boundary of C. Of element-wise activations only.
    #[inline(always)]
    pub(crate) fn derivative(self, z: f32) -> f32 {
        let inside = match self {
            Self::Linear | Self::Simplex => true,
            Self::Relu => relu::is_inside(z),
            Self::Clip { low, high } => clip::is_inside(z, low, high),
        };
        if inside { 1.0 } else { 0.0 }
    }

    /// v = Jᵀv of every row, J the Jacobian of f told from z = f(a); `units` values a row.
    pub fn backpropagate(self, units: usize, z: &[f32], v: &mut [f32]) {
        match self {
            Self::Linear | Self::Relu | Self::Clip { .. } => {
                v.iter_mut().zip(z).for_each(|(v, &z)| *v *= self.derivative(z));
            }
            Self::Simplex => {
                let rows = z.chunks_exact(units.max(1)).zip(v.chunks_exact_mut(units.max(1)));
                rows.for_each(|(z, v)| simplex::backpropagate(z, v));
            }
        }
    }

    /// z = f(a), rows of `units` values.
    pub(crate) fn activate(self, units: usize, a: &[f32], z: &mut [f32]) {
        match self {
            Self::Relu => map(a, z, relu::project),
            Self::Clip { low, high } => map(a, z, |a| clip::project(a, low, high)),
            Self::Linear | Self::Simplex => {
                map(a, z, |a| a);
                self.activate_in_place(units, z);
            }
        }
    }

    /// z = f(z), rows of `units` values.
    pub(crate) fn activate_in_place(self, units: usize, z: &mut [f32]) {
        match self {
            Self::Linear => {}
            Self::Relu => z.iter_mut().for_each(|z| *z = relu::project(*z)),
            Self::Clip { low, high } => z.iter_mut().for_each(|z| *z = clip::project(*z, low, high)),
            Self::Simplex => {
                for z in z.chunks_exact_mut(units.max(1)) {
                    let f = self.on(z.iter().copied());
                    z.iter_mut().for_each(|z| *z = f.project(*z));
                }
            }
        }
    }

    /// z = f(a + e), rows of `units` values.
    pub(crate) fn activate_with_error(self, units: usize, a: &[f32], e: &[f32], z: &mut [f32]) {
        match self {
            Self::Relu => zip(a, e, z, |a, e| relu::project(a + e)),
            Self::Clip { low, high } => zip(a, e, z, |a, e| clip::project(a + e, low, high)),
            Self::Linear | Self::Simplex => {
                zip(a, e, z, |a, e| a + e);
                self.activate_in_place(units, z);
            }
        }
    }

    /// d = f(a + e) − f(a), rows of `units` values.
    pub(crate) fn deviate(self, units: usize, a: &[f32], e: &[f32], d: &mut [f32]) {
        match self {
            Self::Linear => map(e, d, |e| e),
            Self::Relu => zip(a, e, d, relu::difference),
            Self::Clip { low, high } => zip(a, e, d, |a, e| clip::difference(a, e, low, high)),
            Self::Simplex => {
                for (i, d) in d.chunks_exact_mut(units.max(1)).enumerate() {
                    simplex::deviate(row(a, units, i), row(e, units, i), d);
                }
            }
        }
    }
}

/// An activation on one row, by [`Activation::on`].
#[derive(Clone, Copy)]
pub(crate) struct Projection {
    activation: Activation,
    threshold: f32,
}

impl Projection {
    /// f(a) of one unit.
    #[inline(always)]
    pub(crate) fn project(self, a: f32) -> f32 {
        match self.activation {
            Activation::Linear => linear::project(a),
            Activation::Relu => relu::project(a),
            Activation::Clip { low, high } => clip::project(a, low, high),
            Activation::Simplex => simplex::excess(a, self.threshold),
        }
    }
}
