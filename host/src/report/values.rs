//! Draws tables, lines and dots of what a model whose outputs are values answers on the test split.

use anyhow::Result;
use fenchel_core::{Model, Task};
use maud::{Markup, html};

use super::Measured;
use super::chart::Line;
use crate::analysis::evaluate::outputs;
use crate::analysis::quality::{Quality, digits, scores, values};
use crate::data::Dataset;
use crate::output::harmless;

/// Number of bars of a histogram.
const BARS: usize = 30;
/// Most dots of a scatter plot.
const DOTS: usize = 1000;

/// A target with its name: the true values and the predicted ones, in its own unit.
type Predicted = (String, Vec<f64>, Vec<f64>);

/// Writes the results of runs whose outputs are values.
pub fn outcome(runs: &[&Measured]) -> Markup {
    html! {
        div.scroll { table {
            tr {
                th { "run" } th { "data" } th { "objective" } th { "on the test split" } th { "test samples" }
                th { "epochs" } th { "time" }
            }
            @for run in runs {
                tr {
                    td { (run.name) }
                    td { (harmless(&run.run.settings.data.source)) }
                    td { (crate::spelling::name(run.run.settings.objective.name)) }
                    td { (run.quality) }
                    td { (run.data.test.len()) }
                    td { (run.run.epochs.len()) }
                    td { (format!("{:.1} s", run.run.epochs.last().map_or(0.0, |logged| logged.epoch.seconds))) }
                }
            }
        } }
    }
}

/// Writes the errors of each target of a regression, in its own unit; nothing of another task.
pub fn fits(run: &Measured) -> Markup {
    let Quality::Fits(fits) = &run.quality else { return html! {} };
    html! {
        h3 { "Errors of " (run.name) " on the test split, in each target's unit" }
        div.scroll { table {
            tr { th { "target" } th { "RMSE" } th { "MAE" } th { "R²" } }
            @for fit in fits {
                tr {
                    td { (harmless(&fit.name)) }
                    td { (digits(fit.rmse)) }
                    td { (digits(fit.mae)) }
                    td { (fit.r2.map_or("–".into(), |r2| format!("{r2:.4}"))) }
                }
            }
        } }
    }
}

/// Returns the targets of a regression on the test split; none for another task.
fn predicted(model: &Model, data: &Dataset) -> Result<Vec<Predicted>> {
    let Task::Regression { targets, .. } = model.task() else { return Ok(Vec::new()) };
    let answers = values(model, &outputs(&model.network(), &data.test, model.scaling())?)?;
    let width = model.network().output_units();
    let column = |values: &[f32], target: usize| -> Vec<f64> {
        values.iter().skip(target).step_by(width).map(|&value| f64::from(value)).collect()
    };
    let target = |(index, name): (usize, &str)| {
        (name.to_string(), column(&data.test.targets, index), column(&answers, index))
    };
    Ok(targets.iter().enumerate().map(target).collect())
}

/// Returns the mean and the standard deviation, 1 if that is 0.
fn moments(values: &[f64]) -> (f64, f64) {
    let count = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / count;
    let std = (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt();
    (mean, if std > 0.0 { std } else { 1.0 })
}

/// Returns for each target the points (true, predicted); of several targets, in standard deviations from the mean.
pub fn predictions(model: &Model, data: &Dataset) -> Result<Vec<Line>> {
    let targets = predicted(model, data)?;
    let several = targets.len() > 1;
    let line = |(name, truth, answers): Predicted| {
        let (mean, std) = if several { moments(&truth) } else { (0.0, 1.0) };
        let points = truth.iter().zip(&answers).map(|(y, z)| ((y - mean) / std, (z - mean) / std));
        (name, points.take(DOTS).collect())
    };
    Ok(targets.into_iter().map(line).collect())
}

/// Returns for each target the share of the samples by predicted − true; of several targets, in standard deviations of
/// the target.
pub fn errors(model: &Model, data: &Dataset) -> Result<Vec<Line>> {
    let targets = predicted(model, data)?;
    let several = targets.len() > 1;
    let all: Vec<(String, Vec<f64>)> = targets
        .into_iter()
        .map(|(name, truth, answers)| {
            let std = if several { moments(&truth).1 } else { 1.0 };
            (name, truth.iter().zip(&answers).map(|(y, z)| (z - y) / std).collect())
        })
        .collect();
    Ok(histograms(&all))
}

/// Returns the share of the normal test samples, and of the anomalies, by the decimal logarithm of their score.
pub fn score_shares(model: &Model, data: &Dataset) -> Result<Vec<Line>> {
    let [normal, anomalies] = by_label(model, data)?;
    let log = |scores: Vec<f32>| scores.iter().map(|&score| f64::from(score.max(1e-12)).log10()).collect();
    let all = [("normal".to_string(), log(normal)), ("anomalies".into(), log(anomalies))];
    Ok(histograms(
        &all.into_iter().filter(|(_, scores): &(_, Vec<f64>)| !scores.is_empty()).collect::<Vec<_>>(),
    ))
}

/// Returns the receiver operating characteristic: the share of anomalies found over that of false alarms, at every
/// threshold; none without anomalies.
pub fn roc(model: &Model, data: &Dataset) -> Result<Vec<Line>> {
    let [normal, anomalies] = by_label(model, data)?;
    if normal.is_empty() || anomalies.is_empty() {
        return Ok(Vec::new());
    }
    let own =
        |scores: &[f32], anomaly: bool| scores.iter().map(|&score| (score, anomaly)).collect::<Vec<_>>();
    let mut all = [own(&normal, false), own(&anomalies, true)].concat();
    all.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut alarms, mut found) = (0.0, 0.0);
    let mut points = vec![(0.0, 0.0)];
    for equal in all.chunk_by(|a, b| a.0 == b.0) {
        let count = equal.iter().filter(|(_, anomaly)| *anomaly).count();
        found += count as f64 / anomalies.len() as f64;
        alarms += (equal.len() - count) as f64 / normal.len() as f64;
        points.push((alarms, found));
    }
    Ok(vec![("anomalies found".into(), points)])
}

/// Returns the scores of the normal test samples and of the anomalies; none for another task.
fn by_label(model: &Model, data: &Dataset) -> Result<[Vec<f32>; 2]> {
    let Task::Reconstruction { .. } = model.task() else { return Ok([Vec::new(), Vec::new()]) };
    let all = scores(model, &data.test)?;
    Ok([true, false].map(|normal| {
        let own = all.iter().zip(&data.test.labels).filter(|(_, label)| (**label == 0) == normal);
        own.map(|(score, _)| *score).collect()
    }))
}

/// Returns the share of each list's values in bars that all share, as the outline of its histogram.
fn histograms(all: &[(String, Vec<f64>)]) -> Vec<Line> {
    let finite = || all.iter().flat_map(|(_, values)| values).filter(|value| value.is_finite());
    let (low, high) = finite().fold((f64::MAX, f64::MIN), |(low, high), &v| (low.min(v), high.max(v)));
    let width = ((high - low) / BARS as f64).max(1e-9);
    let outline = |(name, values): &(String, Vec<f64>)| {
        let mut counts = [0usize; BARS];
        for value in values.iter().filter(|value| value.is_finite()) {
            counts[(((value - low) / width) as usize).min(BARS - 1)] += 1;
        }
        let share = |count: usize| count as f64 / values.len().max(1) as f64;
        let steps = counts.iter().enumerate().flat_map(|(bar, &count)| {
            let left = low + bar as f64 * width;
            [(left, share(count)), (left + width, share(count))]
        });
        (
            name.clone(),
            std::iter::once((low, 0.0)).chain(steps).chain([(high.max(low + width), 0.0)]).collect(),
        )
    };
    all.iter().map(outline).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn histograms_share_bars_and_sum_to_1() {
        let all = [("a".to_string(), vec![0.0, 0.1, 30.0]), ("b".into(), vec![15.1; 4])];
        let lines = histograms(&all);
        let height = |line: &Line, x: f64| {
            line.1.windows(2).find(|pair| pair[0].0 <= x && x < pair[1].0).map_or(0.0, |pair| pair[0].1)
        };
        assert!((height(&lines[0], 0.5) - 2.0 / 3.0).abs() < 1e-9, "{:?}", lines[0]);
        assert_eq!(height(&lines[1], 15.5), 1.0);
        let area: f64 = lines[0].1.windows(2).map(|pair| (pair[1].0 - pair[0].0) * pair[0].1).sum();
        assert!((area - 1.0).abs() < 1e-9, "bars of width 1: {area}");
    }
}
