//! The element-wise distance d_γ(z, a) = min over z' ∈ C of D(z', a) + γ/(2(1−γ)) ‖z − z'‖² (eq. 12, 13).

use super::{Kind, Misfit, one};
use crate::{Activation, bits};

pub(super) struct Distance;

/// κ = (1 − γ)/γ: how far a unit force displaces z from z'.
#[inline(always)]
pub(super) fn slack(gamma: f32) -> f32 {
    (1.0 - gamma) / gamma
}

/// z' = f((1 − γ)a + γz).
#[inline(always)]
fn own_activity(activation: Activation, gamma: f32, a: f32, z: f32) -> f32 {
    one(activation, (1.0 - gamma) * a + gamma * z)
}

impl Kind for Distance {
    fn misfit(activation: Activation, gamma: &[f32], is_output: bool) -> Option<Misfit> {
        if !activation.is_elementwise() {
            Some(Misfit::Simplex)
        } else if is_output {
            Some(Misfit::ElementwiseOutput)
        } else {
            gamma.iter().any(|gamma| !bits::is_ascending(*gamma, 1.0)).then_some(Misfit::ElementwiseGamma)
        }
    }

    fn force(activation: Activation, gamma: f32, rest: f32, a: f32, z: f32) -> f32 {
        own_activity(activation, gamma, a, z) - rest
    }

    fn energy(activation: Activation, gamma: f32, rest: f32, a: f32, z: f32, u: f32) -> f32 {
        let away = z - own_activity(activation, gamma, a, z);
        let stretch = if gamma < 1.0 { 0.5 * away * away / slack(gamma) } else { 0.0 };
        0.5 * u * u - (a - rest) * u + stretch
    }

    fn change(activation: Activation, gamma: f32, a: f32, e: f32, w: f32) -> f32 {
        activation.difference(a, w) - activation.difference(a, e) + slack(gamma) * (w - e)
    }

    fn pull(activation: Activation, gamma: f32, rest: f32, a: f32, z: f32, u: f32) -> (f32, f32) {
        if gamma < 1.0 {
            let away = z - own_activity(activation, gamma, a, z);
            (-away / slack(gamma), 1.0 / slack(gamma))
        } else {
            ((a - rest) - u, 1.0)
        }
    }

    fn bounded_step(activation: Activation, gamma: f32, z: f32, step: f32) -> f32 {
        if gamma < 1.0 { step } else { activation.difference(z, step) }
    }

    fn stiffness(_: f32) -> f32 {
        1.0
    }
}
