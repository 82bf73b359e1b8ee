//! γ·D(z, a), D the Fenchel–Young potential (eq. 3, 14).

use super::{Kind, Misfit};
use crate::Activation;

pub(super) struct FenchelYoung;

impl Kind for FenchelYoung {
    fn misfit(activation: Activation, gamma: &[f32], _: bool) -> Option<Misfit> {
        // By their bits, as in everything that the loader checks: they are above 0.
        let mut all = gamma.iter().map(|value| value.to_bits());
        let first = all.next();
        let uniform = all.all(|value| Some(value) == first);
        (!activation.is_elementwise() && !uniform).then_some(Misfit::GammasOfSimplex)
    }

    fn force(_: Activation, gamma: f32, rest: f32, _: f32, z: f32) -> f32 {
        gamma * (z - rest)
    }

    /// u²/(2γ) − (a − f(a))·u, whose terms are both ≥ 0.
    fn energy(_: Activation, gamma: f32, rest: f32, a: f32, _: f32, u: f32) -> f32 {
        0.5 * u * u / gamma - (a - rest) * u
    }

    fn change(activation: Activation, _: f32, a: f32, e: f32, w: f32) -> f32 {
        activation.difference(a, w) - activation.difference(a, e)
    }

    /// γ(a − z) = γ(a − f(a)) − u, whose first term is 0 wherever the unit isn't pinned.
    fn pull(_: Activation, gamma: f32, rest: f32, a: f32, _: f32, u: f32) -> (f32, f32) {
        (gamma * (a - rest) - u, gamma)
    }

    fn bounded_step(activation: Activation, _: f32, z: f32, step: f32) -> f32 {
        activation.difference(z, step)
    }

    fn stiffness(gamma: f32) -> f32 {
        gamma
    }
}
