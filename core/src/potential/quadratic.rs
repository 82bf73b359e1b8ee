//! γ/2 ‖z − f(a)‖² (eq. 1).

use super::{Kind, Misfit, one};
use crate::Activation;

pub(super) struct Quadratic;

impl Kind for Quadratic {
    fn misfit(activation: Activation, _: &[f32], _: bool) -> Option<Misfit> {
        (!activation.is_elementwise()).then_some(Misfit::Simplex)
    }

    fn force(activation: Activation, gamma: f32, rest: f32, _: f32, z: f32) -> f32 {
        gamma * (z - rest) * activation.derivative(rest)
    }

    fn energy(_: Activation, gamma: f32, rest: f32, _: f32, z: f32, _: f32) -> f32 {
        0.5 * gamma * (z - rest) * (z - rest)
    }

    fn change(activation: Activation, _: f32, a: f32, e: f32, w: f32) -> f32 {
        let rest = one(activation, a);
        activation.difference(rest, w) - activation.difference(rest, e)
    }

    fn pull(_: Activation, gamma: f32, rest: f32, _: f32, z: f32, _: f32) -> (f32, f32) {
        (gamma * (rest - z), gamma)
    }

    fn bounded_step(activation: Activation, _: f32, z: f32, step: f32) -> f32 {
        activation.difference(z, step)
    }

    fn stiffness(gamma: f32) -> f32 {
        gamma
    }
}
