//! Activations: projections on a convex set C. A new one is a variant here and a row in each match.

use serde::{Deserialize, Serialize};

/// The activation f = Π_C of a block, the projection on the convex set C.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Activation {
    /// C = ℝⁿ.
    Linear,
    /// C = ℝⁿ≥0.
    Relu,
    /// C = \[low, high\]ⁿ: the hard sigmoid and every clipped unit.
    Clip {
        /// Smallest activity.
        low: f32,
        /// Largest activity, ≥ `low`.
        high: f32,
    },
}

impl Activation {
    /// Whether its parameters describe a non-empty set.
    pub fn is_valid(self) -> bool {
        match self {
            Self::Clip { low, high } => low.is_finite() && high.is_finite() && low <= high,
            Self::Linear | Self::Relu => true,
        }
    }

    /// f(a) of one unit.
    #[inline(always)]
    pub fn project(self, a: f32) -> f32 {
        match self {
            Self::Linear => a,
            Self::Relu => relu(a),
            Self::Clip { low, high } => clip(a, low, high),
        }
    }

    /// f(a + e) − f(a) of one unit, without cancellation: exact to rounding of the result however
    /// small e is beside a.
    #[inline(always)]
    pub fn difference(self, a: f32, e: f32) -> f32 {
        match self {
            Self::Linear => e,
            Self::Relu => relu_difference(a, e),
            Self::Clip { low, high } => clip_difference(a, e, low, high),
        }
    }

    /// f'(a) of one unit, told from z = f(a); 0 on the boundary of C.
    #[inline(always)]
    pub fn derivative(self, z: f32) -> f32 {
        let inside = match self {
            Self::Linear => true,
            Self::Relu => z > 0.0,
            Self::Clip { low, high } => low < z && z < high,
        };
        if inside { 1.0 } else { 0.0 }
    }

    /// z = f(a), element by element.
    pub(crate) fn activate(self, a: &[f32], z: &mut [f32]) {
        match self {
            Self::Linear => map(a, z, |a| a),
            Self::Relu => map(a, z, relu),
            Self::Clip { low, high } => map(a, z, |a| clip(a, low, high)),
        }
    }

    /// z = f(z), element by element.
    pub(crate) fn activate_in_place(self, z: &mut [f32]) {
        match self {
            Self::Linear => {}
            Self::Relu => z.iter_mut().for_each(|z| *z = relu(*z)),
            Self::Clip { low, high } => z.iter_mut().for_each(|z| *z = clip(*z, low, high)),
        }
    }

    /// z = f(a + e), element by element.
    pub(crate) fn activate_with_error(self, a: &[f32], e: &[f32], z: &mut [f32]) {
        match self {
            Self::Linear => zip(a, e, z, |a, e| a + e),
            Self::Relu => zip(a, e, z, |a, e| relu(a + e)),
            Self::Clip { low, high } => zip(a, e, z, |a, e| clip(a + e, low, high)),
        }
    }

    /// d = f(a + e) − f(a), element by element.
    pub(crate) fn deviate(self, a: &[f32], e: &[f32], d: &mut [f32]) {
        match self {
            Self::Linear => zip(a, e, d, |_, e| e),
            Self::Relu => zip(a, e, d, relu_difference),
            Self::Clip { low, high } => zip(a, e, d, |a, e| clip_difference(a, e, low, high)),
        }
    }
}

// Comparisons rather than f32::max: one instruction each, and −0 never appears.
#[inline(always)]
fn relu(a: f32) -> f32 {
    if a > 0.0 { a } else { 0.0 }
}

#[inline(always)]
fn relu_difference(a: f32, e: f32) -> f32 {
    if a > 0.0 { if e > -a { e } else { -a } } else { relu(a + e) }
}

#[inline(always)]
fn clip(a: f32, low: f32, high: f32) -> f32 {
    if a < low {
        low
    } else if a > high {
        high
    } else {
        a
    }
}

#[inline(always)]
fn clip_difference(a: f32, e: f32, low: f32, high: f32) -> f32 {
    let f = clip(a, low, high);
    // (a − f) is 0 inside [low, high]; outside it is what e must overcome before f moves.
    clip((a - f) + e, low - f, high - f)
}

#[inline(always)]
fn map(a: &[f32], z: &mut [f32], f: impl Fn(f32) -> f32) {
    for (z, &a) in z.iter_mut().zip(a) {
        *z = f(a);
    }
}

#[inline(always)]
fn zip(a: &[f32], e: &[f32], z: &mut [f32], f: impl Fn(f32, f32) -> f32) {
    for ((z, &a), &e) in z.iter_mut().zip(a).zip(e) {
        *z = f(a, e);
    }
}
