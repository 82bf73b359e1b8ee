//! Corrects a model of values after training: by lines of least squares from its outputs to the targets,
//! and with a threshold.

use anyhow::Result;
use fenchel_core::{Activation, Model, Threshold};

use crate::Parameters;
use crate::analysis::evaluate::outputs;
use crate::analysis::quality::scores;
use crate::data::{Dataset, InputScaling, Split};
use crate::task::{Line, lines};

/// Most samples on which a threshold or a line is measured; of more samples, evenly spaced ones are taken.
const MOST: usize = 10_000;
/// Smallest slope of a line that corrects an objective's bias, and inverse of the largest; other slopes
/// mean that the network hasn't learnt yet.
const LEAST: f64 = 0.2;

/// Returns the training and validation samples, or some of them.
fn known(data: &Dataset) -> Split {
    let all = Split::concat(&[&data.train, &data.validation]);
    let some: Vec<usize> = (0..all.len()).step_by(all.len().div_ceil(MOST).max(1)).collect();
    all.select(data.features, &some)
}

/// Returns the line from each output to its scaled target, over training and validation samples; `None`
/// where the output doesn't depend on the target.
fn corrections(
    parameters: &Parameters,
    data: &Dataset,
    targets: &[f32],
    known: &Split,
) -> Result<Vec<Option<Line>>> {
    let answers = outputs(&parameters.network(), known, data.scaling.view())?;
    let width = targets.len() / known.len().max(1);
    let fits = |line: &Line| (LEAST..=1.0 / LEAST).contains(&line.slope);
    Ok(lines(&answers, targets, width).into_iter().map(|line| Some(line).filter(fits)).collect())
}

/// Returns the targets' scaling with the lines of least squares from outputs to targets included.
pub fn target_scaling(parameters: &Parameters, data: &Dataset) -> Result<InputScaling> {
    let known = known(data);
    let width = data.target_names.len().max(1);
    let own = data.target_scaling.view();
    let mut targets = known.targets.clone();
    for (scaled, raw) in targets.chunks_exact_mut(width).zip(known.targets.chunks_exact(width)) {
        own.apply(raw, scaled)?;
    }
    let corrections = corrections(parameters, data, &targets, &known)?;
    let corrected = corrections.into_iter().enumerate().map(|(target, line)| {
        let value = |values: &[f32]| values.get(target).or(values.first()).copied().unwrap_or_default();
        let (offset, factor) = (value(own.offsets()), value(own.factors()));
        match line.filter(|_| factor != 0.0) {
            Some(Line { slope, offset: shift }) => {
                let wide = f64::from(factor);
                ((f64::from(offset) + shift / wide) as f32, (wide / slope) as f32)
            }
            None => (offset, factor),
        }
    });
    let (offsets, factors) = corrected.unzip();
    InputScaling::new(offsets, factors)
}

/// Returns the parameters with the lines of least squares from outputs to inputs in the weights and biases
/// of the last block, if it is linear.
pub fn reconstruction(parameters: &Parameters, data: &Dataset) -> Result<Parameters> {
    let mut mended = parameters.clone();
    let last = mended.blocks.len() - 1;
    if mended.blocks[last].activation != Activation::Linear {
        return Ok(mended);
    }
    let known = known(data);
    let mut inputs = Vec::with_capacity(known.len() * data.features);
    (0..known.len())
        .for_each(|index| known.append_input(index, data.features, data.scaling.view(), &mut inputs));
    let corrections = corrections(parameters, data, &inputs, &known)?;
    let slope = |unit: usize| corrections[unit].map_or(1.0, |line| line.slope as f32);
    let into_last = mended.connections.iter().zip(&mut mended.weights).filter(|(c, _)| c.to == last);
    for (_, weights) in into_last {
        let rows = corrections.len();
        for column in weights.column_major_mut().chunks_exact_mut(rows) {
            column.iter_mut().enumerate().for_each(|(unit, weight)| *weight *= slope(unit));
        }
    }
    let first = mended.biases.len() - corrections.len();
    for (unit, bias) in mended.biases[first..].iter_mut().enumerate() {
        *bias = *bias * slope(unit) + corrections[unit].map_or(0.0, |line| line.offset as f32);
    }
    Ok(mended)
}

/// Returns the smallest score that the share `quantile` of the training and validation samples doesn't
/// exceed; `None` if it isn't finite.
pub fn threshold(model: &Model, data: &Dataset, quantile: f32) -> Result<Option<Threshold>> {
    let mut scores = scores(model, &known(data))?;
    scores.sort_by(f32::total_cmp);
    let last = (f64::from(quantile) * scores.len() as f64).ceil() as usize;
    let score = last.checked_sub(1).and_then(|last| scores.get(last)).copied();
    Ok(score.filter(|score| score.is_finite()).map(|score| Threshold { score, quantile }))
}
