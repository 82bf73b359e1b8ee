//! Checks what the forces don't depend on, and where they vanish.

use anyhow::Result;
use fenchel_core::{Activation, Attack, Nudge, Objective};

use super::case::{Case, Parts};
use super::gradient::{distance, gradient, norm};
use super::minimum::minimum;
use super::ordering::least;

/// Checks Remark 3.2: in a linear network with a linearised loss, s = 0 and r = βy, the forces u_k =
/// γ_k(z_k − a_k) of all blocks at the minimum don't depend on γ. A random γ ∈ [0.4, 2.5] for each unit is
/// compared with γ = 1, by unit-wise descent. The margin is −‖u − u₁‖/‖u₁‖.
pub fn remark_3_2(case: &mut Case) -> Result<f64> {
    let mut parts = case.network(0.5);
    parts.blocks.iter_mut().for_each(|block| block.activation = Activation::Linear);
    let sample = case.sample(&parts, 0.0);
    let reweighted = parts.with_gammas(case.values(parts.gammas.len(), 0.4, 2.5));
    let nudge = Nudge { s: 0.0, weight_target: case.uniform(0.1, 1.0), weight_attack: 0.0 };
    let forces = |parts: &Parts| {
        let forces = parts.run(|network| minimum(network, &sample, nudge, None))?.forces;
        anyhow::Ok(forces.into_iter().map(f64::from).collect::<Vec<_>>())
    };
    let (plain, reweighted) = (forces(&parts)?, forces(&reweighted)?);
    Ok(-distance(&plain, &reweighted) / norm(&plain))
}

/// Checks Proposition 3.3: where the network interpolates, y = z*_L, the gradients of ROVR_β and AROVR_β
/// are zero, for random γ ∈ [0.5, 2], β ∈ [10⁻³, 0.4] and any activation at the output. The margin is
/// −‖gradient‖, in units of the loss.
pub fn proposition_3_3(case: &mut Case) -> Result<f64> {
    let mut parts = case.network(0.5);
    let output = parts.blocks.len() - 1;
    parts.blocks[output].activation = case.activation();
    let mut sample = case.sample(&parts, 0.0);
    let gammas = case.values(parts.gammas.len(), 0.5, 2.0);
    let beta = 10.0_f32.powf(case.uniform(-3.0, -0.4));
    parts.with_gammas(gammas).run(|network| {
        let mut z = vec![0.0; network.units()];
        sample.target = network.infer(&sample.input, &mut z)?.to_vec();
        let margin = |objective| {
            let contrast = case.contrast(objective, Attack::None, 1.0, beta)?;
            anyhow::Ok(-norm(&gradient(network, &sample, &contrast)?.values))
        };
        Ok(least(margin(Objective::Rovr)?, margin(Objective::Arovr)?))
    })
}
