//! Checks the order of the objectives' values.

use anyhow::Result;
use fenchel_core::{Attack, Nudge, Objective, Potential};

use super::case::{Case, Net, Parts, Sample};
use super::minimum::{Minimum, Quantity, difference, forward_loss, loss, minimum, value};
use crate::analysis::nudge_bounds::global_bound;

/// Draws a strength at which no problem of `network` is unbounded, s ≥ −β, by bound (19).
fn strength(case: &mut Case, network: &Net) -> f32 {
    case.uniform(0.3, 0.9) * global_bound(network) as f32
}

/// Checks Proposition 3.1, inequality (11), for γ = 1:
///
/// ROVR_β with slack ≤ ROVR_β ≤ ℓ(z*) ≤ AROVR_β ≤ AROVR_β with slack.
///
/// *With slack* means that a potential which is smaller everywhere takes the place of U: once Σ γ_k D_k
/// with a random γ ∈ [0.4, 1] for each unit, once the element-wise distance d_γ, γ ∈ (0.3, 1), in the
/// hidden blocks. The weaker problems start where the stronger ones ended, so that the order follows from
/// descent alone. The margin is the least of the four differences, divided by their terms.
pub fn proposition_3_1(case: &mut Case) -> Result<f64> {
    let parts = case.network(0.5);
    let sample = case.sample(&parts, 0.0);
    let units = parts.gammas.len();
    let reweighted = parts.with_gammas(case.values(units, 0.4, 1.0));
    let mut gammas = case.values(units, 0.31, 0.99);
    gammas[units - parts.outputs()..].fill(1.0);
    let elementwise = parts.with_potential(Potential::Distance).with_gammas(gammas);
    let weakest = |case: &mut Case, weak: &Parts| weak.run(|network| Ok(strength(case, network)));
    let beta = weakest(case, &reweighted)?.min(weakest(case, &elementwise)?);
    parts.run(|network| {
        let forward = forward_loss(network, &sample)?;
        let mut margin = f64::INFINITY;
        for objective in [Objective::Rovr, Objective::Arovr] {
            let contrast = case.contrast(objective, Attack::None, 1.0, beta)?;
            let [first, second] = contrast.nudges.map(|nudge| minimum(network, &sample, nudge, None));
            let (first, second) = (first?, second?);
            let tight = difference(&contrast, &first, &second);
            let mut order = |low, high| {
                let (low, high) = if objective == Objective::Rovr { (low, high) } else { (high, low) };
                margin = least(margin, Quantity::below(low, high));
            };
            order(tight, forward);
            for weak in [&reweighted, &elementwise] {
                let loose = weak.run(|network| {
                    let from = |nudge, start: &Minimum| minimum(network, &sample, nudge, Some(start));
                    let (first, second) =
                        (from(contrast.nudges[0], &first)?, from(contrast.nudges[1], &second)?);
                    Ok(difference(&contrast, &first, &second))
                })?;
                order(loose, tight);
            }
        }
        Ok(margin)
    })
}

/// Returns c⁻·ℓ⁻ alone as a nudge.
fn attack_alone(attack: Attack, strength: f32) -> Nudge {
    match attack {
        Attack::Targeted => Nudge { s: strength, weight_target: 0.0, weight_attack: strength },
        Attack::Untargeted => Nudge { s: -strength, weight_target: -strength, weight_attack: 0.0 },
        Attack::None => Nudge::FREE,
    }
}

/// Checks Proposition 4.1, for values that aren't divided by α:
///
/// ROVR_αβ ≤ α·ℓ(z̃) ≤ AROVR_αβ,   z̃ = argmin U + ᾱβ·ℓ⁻,
///
/// for a targeted, an untargeted and no attack, γ ∈ [0.5, 1], α ∈ [0.1, 0.9]. The problems are convex in
/// each block only, so all of them start from the same z̃, and the inequalities hold at whichever minimum
/// is found. The margin is the least of the six differences, divided by their terms.
pub fn proposition_4_1(case: &mut Case) -> Result<f64> {
    let parts = case.network(0.5);
    let gammas = case.values(parts.gammas.len(), 0.5, 1.0);
    let sample = case.sample(&parts, 0.0);
    let alpha = case.uniform(0.1, 0.9);
    parts.with_gammas(gammas).run(|network| {
        let beta = strength(case, network);
        let mut margin = f64::INFINITY;
        for attack in [Attack::Targeted, Attack::Untargeted, Attack::None] {
            let nudge = attack_alone(attack, (1.0 - alpha) * beta);
            let attacked = minimum(network, &sample, nudge, None)?;
            let loss = loss(&attacked.answer, &sample.target).over(1.0 / f64::from(alpha));
            let unscaled = |objective| {
                let contrast = case.contrast(objective, attack, alpha, beta)?;
                let value = value(network, &sample, &contrast, Some(&attacked))?;
                anyhow::Ok(value.over(1.0 / f64::from(alpha)))
            };
            margin = least(margin, unscaled(Objective::RovrAb)?.below(loss));
            margin = least(margin, loss.below(unscaled(Objective::ArovrAb)?));
        }
        Ok(margin)
    })
}

/// Checks Proposition 4.2 and Remark 4.3, for values divided by α. For the untargeted attack ℓ⁻ = −ℓ and α
/// < α' < 1, by convexity of t ↦ −min U − tℓ:
///
/// AROVR_αβ ≥ AROVR_α'β ≥ AROVR_β ≥ ℓ(z*),   AROVR_1β = AROVR_β;
///
/// and for ℓ⁻ = 0, AROVR_αβ at (α, β) equals AROVR at αβ. The weights have the scale 0.3, at which minima
/// are unique, and each problem is relaxed from the forward pass. The margin is the least of the
/// differences, divided by their terms; equalities count with minus their absolute difference.
pub fn proposition_4_2(case: &mut Case) -> Result<f64> {
    let parts = case.network(0.3);
    let gammas = case.values(parts.gammas.len(), 0.5, 2.0);
    let sample = case.sample(&parts, 0.0);
    let (alpha, larger) = (case.uniform(0.1, 0.45), case.uniform(0.55, 0.9));
    parts.with_gammas(gammas).run(|network| {
        let beta = strength(case, network);
        let arovr = |objective, attack, alpha, beta| {
            value(network, &sample, &case.contrast(objective, attack, alpha, beta)?, None)
        };
        let untargeted = |alpha| arovr(Objective::ArovrAb, Attack::Untargeted, alpha, beta);
        let plain = arovr(Objective::Arovr, Attack::None, 1.0, beta)?;
        let weaker = arovr(Objective::Arovr, Attack::None, 1.0, alpha * beta)?;
        Ok([
            untargeted(larger)?.below(untargeted(alpha)?),
            plain.below(untargeted(larger)?),
            forward_loss(network, &sample)?.below(plain),
            untargeted(1.0)?.equals(plain),
            arovr(Objective::ArovrAb, Attack::None, alpha, beta)?.equals(weaker),
        ]
        .into_iter()
        .fold(f64::INFINITY, least))
    })
}

/// Checks the two counterexamples after Proposition 4.1: a targeted attack can bring AROVR_αβ/α *below*
/// ℓ(z*), and ROVR_αβ/α *above* it. The first has y⁻ near y and α < ½, so that both problems pull towards
/// y; the second has y⁻ = z* + c(z* − y), c ∈ [2, 4], so that the attack pulls away from y by more than the
/// loss pulls towards it. Every case must show both. The margin is the lesser of the two amounts, divided
/// by ℓ(z*).
pub fn counterexamples(case: &mut Case) -> Result<f64> {
    let parts = case.network(0.5);
    let sample = case.sample(&parts, 0.0);
    let alpha = case.uniform(0.1, 0.3);
    let nearness = case.uniform(0.0, 0.1);
    let distance = case.uniform(2.0, 4.0);
    parts.run(|network| {
        let beta = strength(case, network);
        let mut z = vec![0.0; network.units()];
        let answer = network.infer(&sample.input, &mut z)?;
        let towards = |factor: f32| {
            let pairs = answer.iter().zip(&sample.target);
            let attack = pairs.map(|(z, y)| z + factor * (z - y)).collect();
            Sample { attack, ..sample.clone() }
        };
        let amount = |objective, factor| {
            let contrast = case.contrast(objective, Attack::Targeted, alpha, beta)?;
            let value = value(network, &towards(factor), &contrast, None)?.value;
            anyhow::Ok(value / forward_loss(network, &sample)?.value - 1.0)
        };
        Ok(least(-amount(Objective::ArovrAb, nearness - 1.0)?, amount(Objective::RovrAb, distance)?))
    })
}

/// Returns the lesser; NaN if one is NaN, because no statement holds with it.
pub fn least(a: f64, b: f64) -> f64 {
    if a.is_nan() || a < b { a } else { b }
}
