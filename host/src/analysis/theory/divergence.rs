//! Checks when the second problem has no minimum.

use anyhow::Result;
use fenchel_core::{Attack, Objective, Schedule, Settings, Status};

use super::case::Case;
use super::minimum::{Quantity, forward_loss, minimum_by};
use super::ordering::least;
use crate::analysis::nudge_bounds::{global_bound, local_bounds};

/// Settings of the descent; near its bound a problem is almost flat, so that descent and divergence both
/// take long.
const MANY: Settings = Settings { schedule: Schedule::Unitwise, sweeps: 5000, tolerance: 1e-6 };

/// Checks bound (19): with β·S < 1, S as in [`global_bound`], the second problem of AROVR_β is bounded,
///
/// min U − β·ℓ ≥ −β·ℓ(z*)/(1 − βS),
///
/// for a random β ∈ [0.9, 0.99]/S and γ ∈ [0.5, 2] for each unit, and no sample's sharp bound 1/λ_max (see
/// [`local_bounds`]) is below 1/S. On a chain of linear blocks, where 1/λ_max is exact, the problem at
/// 0.9/λ_max is bounded, and the one half-way from 1/λ_max to γ_L = 1 is not. A problem counts as unbounded
/// if unit-wise descent ends with that status. The margin is the lesser of how far the energy is above its
/// bound, divided by the terms, and S/λ_max − 1; it is −1 if a descent ends otherwise than stated.
pub fn bound_19(case: &mut Case) -> Result<f64> {
    let parts = case.network(0.7);
    let parts = parts.with_gammas(case.values(parts.gammas.len(), 0.5, 2.0));
    let sample = case.sample(&parts, 0.0);
    let share = case.uniform(0.9, 0.99);
    let above = parts.run(|network| {
        let bound = global_bound(network);
        let beta = share * bound as f32;
        let nudge = case.contrast(Objective::Arovr, Attack::None, 1.0, beta)?.nudges[1];
        let relaxed = minimum_by(network, &sample, nudge, None, &MANY)?;
        if relaxed.status == Status::Unbounded {
            return Ok(-1.0);
        }
        let (beta, loss) = (f64::from(beta), forward_loss(network, &sample)?);
        let least_energy = Quantity { value: -beta * loss.value / (1.0 - beta / bound), magnitude: 0.0 };
        Ok(least(least_energy.below(relaxed.energy), local_bounds(network, &sample.input)?[0] / bound - 1.0))
    })?;
    Ok(least(above, linear_chain(case)?))
}

fn linear_chain(case: &mut Case) -> Result<f64> {
    let parts = case.linear_chain(1.0);
    let sample = case.sample(&parts, 0.0);
    parts.run(|network| {
        let bound = local_bounds(network, &sample.input)?[0];
        let status = |beta: f64| {
            let nudge = case.contrast(Objective::Arovr, Attack::None, 1.0, beta as f32)?.nudges[1];
            anyhow::Ok(minimum_by(network, &sample, nudge, None, &MANY)?.status)
        };
        let diverges = status(0.5 * (bound + 1.0))? == Status::Unbounded;
        let is_bounded = status(0.9 * bound)? != Status::Unbounded;
        Ok(if diverges && is_bounded { f64::INFINITY } else { -1.0 })
    })
}
