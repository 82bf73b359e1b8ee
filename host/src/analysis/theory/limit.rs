//! Checks what values and gradients tend to as β → 0, and how fast.

use anyhow::Result;
use fenchel_core::{Attack, Contrast, Nudge, Objective};

use super::case::{Case, Net, Parts, Sample};
use super::gradient::{backpropagated, distance, gradient, norm, pieces, shifted};
use super::minimum::{difference, loss, swept};
use super::ordering::least;

const OBJECTIVES: [Objective; 4] = [Objective::Rovr, Objective::Arovr, Objective::RovrAb, Objective::ArovrAb];

/// Slopes that count as 1: terms of second order bend the line, and another rate would have a slope of 0 or
/// 2.
const SLOPES: (f64, f64) = (0.8, 1.25);

/// Returns how far inside [`SLOPES`] a slope is.
fn margin_of(slope: f64) -> f64 {
    least(slope - SLOPES.0, SLOPES.1 - slope)
}

/// How often a case is drawn until every unit stays on one linear piece.
const DRAWS: usize = 1000;

/// Returns the margin of the first draw that has one. Rates are stated for β → 0, where no unit crosses a
/// kink any more, so a draw in which one still does has none.
fn first(case: &mut Case, draw: impl Fn(&mut Case) -> Result<Option<f64>>) -> Result<f64> {
    for _ in 0..DRAWS {
        if let Some(margin) = draw(case)? {
            return Ok(margin);
        }
    }
    anyhow::bail!("units cross kinks in all of {DRAWS} draws")
}

/// Checks Proposition 4.4: as β → 0 the gradients of ROVR_β, AROVR_β, ROVR_αβ and AROVR_αβ (with random
/// targets y⁻, α ∈ [0.2, 0.8]) tend to back-propagation's gradient of ℓ, with an error of order β. The
/// slope of log ‖error‖ over log β, for β = 2⁻³ … 2⁻⁹, must be within [0.8, 1.25], once with γ = 1 and once
/// with a random γ ∈ [0.5, 2] for each unit. Only networks and samples count in which all units stay on the
/// linear piece where the forward pass has them. The margin is how far inside the interval the worst slope
/// is.
pub fn proposition_4_4(case: &mut Case) -> Result<f64> {
    first(case, |case| {
        let parts = case.network(0.5);
        let sample = case.sample(&parts, 0.0);
        let alpha = case.uniform(0.2, 0.8);
        let reweighted = parts.with_gammas(case.values(parts.gammas.len(), 0.5, 2.0));
        let mut margin = f64::INFINITY;
        for parts in [&parts, &reweighted] {
            for objective in OBJECTIVES {
                let contrast = |n| case.contrast(objective, Attack::Targeted, alpha, 0.5_f32.powi(n));
                let slope = parts.run(|network| {
                    let limit = backpropagated(network, &sample)?;
                    let Some(gradients) = on_one_piece(network, &sample, 3..=9, contrast)? else {
                        return Ok(None);
                    };
                    Ok(Some(slope(gradients.iter().map(|gradient| distance(gradient, &limit)))))
                })?;
                let Some(slope) = slope else { return Ok(None) };
                margin = least(margin, margin_of(slope));
            }
        }
        Ok(Some(margin))
    })
}

/// Returns the gradients at β = 2⁻ⁿ for all n, if both problems' units stay on the pieces of z_g.
fn on_one_piece(
    network: &Net,
    sample: &Sample,
    range: std::ops::RangeInclusive<i32>,
    contrast: impl Fn(i32) -> Result<Contrast>,
) -> Result<Option<Vec<Vec<f64>>>> {
    let rest = pieces(network, sample, &swept(network, sample, Nudge::FREE)?.activities);
    let mut gradients = Vec::new();
    for n in range {
        let gradient = gradient(network, sample, &contrast(n)?)?;
        if gradient.pieces != [&rest[..], &rest[..]].concat() {
            return Ok(None);
        }
        gradients.push(gradient.values);
    }
    Ok(Some(gradients))
}

/// Returns the slope of log(error) over log β for errors at β, β/2, β/4, …, by least squares.
fn slope(errors: impl Iterator<Item = f64>) -> f64 {
    let points: Vec<(f64, f64)> = errors.zip(0..).map(|(e, n)| (-f64::from(n), e.log2())).collect();
    let n = points.len() as f64;
    let mean_x = points.iter().map(|(x, _)| x).sum::<f64>() / n;
    let mean_y = points.iter().map(|(_, y)| y).sum::<f64>() / n;
    let along: f64 = points.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    along / points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum::<f64>()
}

/// Largest error of a value's limit, relative to ℓ + ℓ⁻; it is of order β² after extrapolation.
const VALUE: f64 = 0.01;

/// Largest relative error of a directional derivative: it is of order β² and step², plus the `f32` rounding
/// of ℓ divided by twice the step.
const DERIVATIVE: f64 = 0.02;

/// Length of the step for the directional derivative.
const STEP: f64 = 2e-3;

/// Relative size below which differences of gradients tell no rate: with g both problems have forces of the
/// size of g, and their difference over β is rounded.
const ROUNDING: f64 = 0.01;

/// Checks the claim on linear perturbations after Proposition 4.4: with the same g in both problems, as β →
/// 0 the value of each objective tends to ℓ(z_g), z_g = argmin U + Σ g_k·z_k, and its gradient to that of ℓ
/// at z_g. It is checked for g ~ N(0, 1/16²), random γ ∈ [0.5, 2] and α ∈ [0.2, 0.8], with all units on the
/// linear pieces of z_g:
///
/// - value: 2v(β/2) − v(β) at β = 2⁻⁵ equals ℓ(z_g) within 1 % of ℓ + ℓ⁻;
/// - rate: ‖G(β) − G(β/2)‖ halves as β halves, with a slope over 2⁻⁵ … 2⁻⁷ within [0.8, 1.25], unless it is
///   below 1 % of ‖G‖ from the start;
/// - gradient: along G = 2G(β/2) − G(β), β = 2⁻⁷, the central difference of θ ↦ ℓ(z_g(θ)) equals ‖G‖ within
///   2 %.
///
/// The margin is the least share of these allowances that is left.
pub fn linear_perturbations(case: &mut Case) -> Result<f64> {
    first(case, |case| {
        let parts = case.network(0.5);
        let parts = parts.with_gammas(case.values(parts.gammas.len(), 0.5, 2.0));
        let sample = case.sample(&parts, 1.0 / 16.0);
        let alpha = case.uniform(0.2, 0.8);
        let mut margin = f64::INFINITY;
        for objective in OBJECTIVES {
            let contrast = |n: i32| case.contrast(objective, Attack::Targeted, alpha, 0.5_f32.powi(n));
            let errors = parts.run(|network| {
                let gradients = on_one_piece(network, &sample, 5..=8, contrast)?;
                let Some(gradients) = gradients else { return Ok(None) };
                Ok(Some((gradients, value_error(network, &sample, &contrast(5)?, &contrast(6)?)?)))
            })?;
            let Some((gradients, value_error)) = errors else { return Ok(None) };
            margin = least(margin, 1.0 - value_error / VALUE);
            let [.., before, last] = &gradients[..] else { return Ok(None) };
            let limit: Vec<f64> = last.iter().zip(before).map(|(last, before)| 2.0 * last - before).collect();
            let differences = gradients.windows(2).map(|pair| distance(&pair[0], &pair[1]));
            if differences.clone().fold(0.0, f64::max) > ROUNDING * norm(&limit) {
                margin = least(margin, margin_of(slope(differences)) / (1.0 - SLOPES.0));
            }
            let Some(derivative) = derivative(&parts, &sample, &limit)? else { return Ok(None) };
            margin = least(margin, 1.0 - (derivative / norm(&limit) - 1.0).abs() / DERIVATIVE);
        }
        Ok(Some(margin))
    })
}

/// Returns the error of the extrapolated value against ℓ(z_g), relative to ℓ + ℓ⁻.
fn value_error(network: &Net, sample: &Sample, full: &Contrast, half: &Contrast) -> Result<f64> {
    let value = |contrast: &Contrast| {
        let [first, second] = contrast.nudges;
        let (first, second) = (swept(network, sample, first)?, swept(network, sample, second)?);
        anyhow::Ok(difference(contrast, &first, &second).value)
    };
    let rest = swept(network, sample, Nudge::FREE)?;
    let limit = loss(&rest.answer, &sample.target).value;
    let terms = limit + loss(&rest.answer, &sample.attack).value;
    Ok((2.0 * value(half)? - value(full)? - limit).abs() / terms)
}

/// Returns the derivative of ℓ(z_g) along `direction`/‖direction‖ in the parameters, if no unit leaves its
/// piece.
fn derivative(parts: &Parts, sample: &Sample, direction: &[f64]) -> Result<Option<f64>> {
    let at = |step: f64| {
        shifted(parts, direction, step / norm(direction)).run(|network| {
            let rest = swept(network, sample, Nudge::FREE)?;
            let loss = loss(&rest.answer, &sample.target).value;
            Ok((loss, pieces(network, sample, &rest.activities)))
        })
    };
    let ((above, pieces_above), (below, pieces_below)) = (at(STEP)?, at(-STEP)?);
    Ok((pieces_above == pieces_below).then_some((above - below) / (2.0 * STEP)))
}
