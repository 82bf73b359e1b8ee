//! Measures how good a model's answers are, according to its task.

use std::fmt::{self, Display, Formatter};

use anyhow::Result;
use fenchel_core::{Model, Task, Threshold, reconstruction_error};

use super::evaluate::outputs;
use crate::data::Split;
use crate::task::Confusion;

/// How well one real-valued target is predicted, in the user's unit.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// Name of the target.
    pub name: String,
    /// Root of the mean squared error.
    pub rmse: f64,
    /// Mean absolute error.
    pub mae: f64,
    /// 1 − Σ(z − y)²/Σ(y − mean y)²; none if the target never changes.
    pub r2: Option<f64>,
}

/// The measured quality of a model on samples.
#[derive(Clone, Debug, PartialEq)]
pub enum Quality {
    /// Classes by classes: which answers are right.
    Classes(Confusion),
    /// One fit for each target.
    Fits(Vec<Fit>),
    /// How well anomalies are found.
    Detection(Detection),
}

/// How well anomalies are found among samples, and normal ones reconstructed.
#[derive(Clone, Debug, PartialEq)]
pub struct Detection {
    /// Probability that an anomaly scores above a normal sample; `None` if there aren't both.
    pub auroc: Option<f64>,
    /// Share of the normal samples above the model's threshold; `None` without a threshold, or without such
    /// samples.
    pub false_alarms: Option<f64>,
    /// Share of the anomalies above it.
    pub detected: Option<f64>,
    /// Mean score of the normal samples.
    pub score: f64,
    /// Number of anomalies.
    pub anomalies: usize,
}

impl Detection {
    /// Measures samples with these anomaly `scores`; the labels of anomalies aren't 0.
    pub fn new(scores: &[f32], labels: &[usize], threshold: Option<Threshold>) -> Self {
        let of = |anomaly: bool| -> Vec<f32> {
            let own = scores.iter().zip(labels).filter(|(_, label)| (**label != 0) == anomaly);
            own.map(|(score, _)| *score).collect()
        };
        let (normal, anomalies) = (of(false), of(true));
        let above = |scores: &[f32]| {
            let count =
                scores.iter().filter(|score| threshold.is_some_and(|own| own.is_exceeded(**score))).count();
            (threshold.is_some() && !scores.is_empty()).then(|| count as f64 / scores.len() as f64)
        };
        Self {
            auroc: auroc(&normal, &anomalies),
            false_alarms: above(&normal),
            detected: above(&anomalies),
            score: normal.iter().map(|&score| f64::from(score)).sum::<f64>() / normal.len().max(1) as f64,
            anomalies: anomalies.len(),
        }
    }
}

impl Quality {
    /// Measures `model` on `split`, in the device's arithmetic.
    ///
    /// # Errors
    /// Fails if the samples don't fit the model.
    pub fn of(model: &Model, split: &Split) -> Result<Self> {
        Self::of_outputs(model, split, &outputs(&model.network(), split, model.scaling())?)
    }

    /// Measures the `answers` z_L of `model` to `split`, shape (samples, n_L), whatever computed them; a
    /// reconstruction's are computed anew.
    ///
    /// # Errors
    /// Fails if the samples don't fit the model.
    pub fn of_outputs(model: &Model, split: &Split, answers: &[f32]) -> Result<Self> {
        Ok(match model.task() {
            Task::Classification { .. } => {
                Self::Classes(Confusion::new(answers, &split.labels, model.network().output_units()))
            }
            Task::Regression { targets, .. } => {
                let values = values(model, answers)?;
                let names: Vec<String> = targets.iter().map(String::from).collect();
                Self::Fits(fits(&names, &values, &split.targets))
            }
            Task::Reconstruction { threshold } => {
                Self::Detection(Detection::new(&scores(model, split)?, &split.labels, *threshold))
            }
        })
    }

    /// Returns the one figure that sums it up: the accuracy, the mean R² of the targets that vary, or the
    /// AUROC (without anomalies, minus the mean score).
    pub fn score(&self) -> f64 {
        match self {
            Self::Classes(confusion) => confusion.accuracy(),
            Self::Fits(fits) => {
                let known: Vec<f64> = fits.iter().filter_map(|fit| fit.r2).collect();
                known.iter().sum::<f64>() / known.len().max(1) as f64
            }
            Self::Detection(found) => found.auroc.unwrap_or(-found.score),
        }
    }

    /// Returns its figures by their names in JSON.
    pub fn figures(&self) -> Vec<(&'static str, f64)> {
        match self {
            Self::Classes(confusion) => {
                vec![("accuracy", confusion.accuracy()), ("balanced_accuracy", confusion.balanced_accuracy())]
            }
            Self::Fits(fits) => match fits.as_slice() {
                [fit] => vec![("r2", self.score()), ("rmse", fit.rmse), ("mae", fit.mae)],
                _ => vec![("r2", self.score())],
            },
            Self::Detection(found) => {
                let all = [
                    ("auroc", found.auroc),
                    ("false_alarms", found.false_alarms),
                    ("detected", found.detected),
                    ("score", Some(found.score)),
                ];
                all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
            }
        }
    }
}

impl Display for Quality {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Classes(confusion) => {
                write!(formatter, "accuracy {:.2} %", 100.0 * confusion.accuracy())?;
                match confusion.is_unequal() {
                    true => write!(formatter, ", balanced {:.2} %", 100.0 * confusion.balanced_accuracy()),
                    false => Ok(()),
                }
            }
            Self::Fits(fits) => {
                write!(formatter, "R² {:.4}", self.score())?;
                match fits.as_slice() {
                    [fit] => write!(formatter, ", RMSE {}, MAE {}", digits(fit.rmse), digits(fit.mae)),
                    fits => write!(formatter, ", mean of {} targets", fits.len()),
                }
            }
            Self::Detection(found) => {
                let percent = |share: f64| format!("{:.1} %", 100.0 * share);
                match found.auroc {
                    Some(auroc) => write!(formatter, "AUROC {auroc:.4}")?,
                    None => write!(formatter, "mean score {}", digits(found.score))?,
                }
                if let Some(share) = found.detected {
                    write!(
                        formatter,
                        ", {} of {} anomalies above the threshold",
                        percent(share),
                        found.anomalies
                    )?;
                }
                if let Some(share) = found.false_alarms {
                    let above = if found.detected.is_some() { "" } else { " above the threshold" };
                    write!(formatter, ", {} of the normal samples{above}", percent(share))?;
                }
                Ok(())
            }
        }
    }
}

/// Formats a figure in the user's unit with at most five significant digits.
pub fn digits(value: f64) -> String {
    let size = value.abs();
    if size != 0.0 && !(1e-3..1e6).contains(&size) {
        return format!("{value:.4e}");
    }
    let places = (4.0 - size.max(1e-3).log10().floor()).clamp(0.0, 6.0) as usize;
    let text = format!("{value:.places$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_string() } else { text }
}

/// Returns the `outputs` of a model, shape (samples, n_L), in the user's unit if they are scaled targets.
///
/// # Errors
/// Never fails for a model's own outputs.
pub fn values(model: &Model, outputs: &[f32]) -> Result<Vec<f32>> {
    let mut values = outputs.to_vec();
    if let Task::Regression { scaling, .. } = model.task() {
        for row in values.chunks_exact_mut(model.network().output_units().max(1)) {
            scaling.restore(row)?;
        }
    }
    Ok(values)
}

/// Returns the anomaly score of every sample of `split`: how badly `model` reconstructs it.
///
/// # Errors
/// Fails if the samples don't fit the model.
pub fn scores(model: &Model, split: &Split) -> Result<Vec<f32>> {
    let answers = outputs(&model.network(), split, model.scaling())?;
    let features = model.network().input_units();
    let mut input = Vec::with_capacity(features);
    let score = |(index, answer): (usize, &[f32])| {
        input.clear();
        split.append_input(index, features, model.scaling(), &mut input);
        reconstruction_error(&input, answer)
    };
    Ok(answers.chunks_exact(features.max(1)).enumerate().map(score).collect())
}

/// Returns the area under the receiver operating characteristic: the probability that an anomaly's score is
/// above a normal one's, with equal scores counting half; `None` without both. Scores that aren't numbers
/// rank above all others.
pub fn auroc(normal: &[f32], anomalies: &[f32]) -> Option<f64> {
    let number = |score: &f32| if score.is_nan() { f32::INFINITY } else { *score };
    let own = |scores: &[f32], anomaly: bool| {
        scores.iter().map(|score| (number(score), anomaly)).collect::<Vec<_>>()
    };
    let mut all = [own(normal, false), own(anomalies, true)].concat();
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut below, mut won) = (0.0, 0.0);
    for equal in all.chunk_by(|a, b| a.0 == b.0) {
        let count = equal.iter().filter(|(_, anomaly)| *anomaly).count() as f64;
        let others = equal.len() as f64 - count;
        won += count * (below + 0.5 * others);
        below += others;
    }
    let pairs = normal.len() as f64 * anomalies.len() as f64;
    (pairs > 0.0).then(|| won / pairs)
}

/// Returns how well `values` predict the targets `truth`, both of shape (samples, targets) in the user's
/// unit.
pub fn fits(names: &[String], values: &[f32], truth: &[f32]) -> Vec<Fit> {
    let width = names.len();
    let samples = (truth.len() / width.max(1)).max(1) as f64;
    let fit = |(index, name): (usize, &String)| {
        let column = |values: &[f32]| -> Vec<f64> {
            values.iter().skip(index).step_by(width).map(|&value| f64::from(value)).collect()
        };
        let (y, z) = (column(truth), column(values));
        let mean = y.iter().sum::<f64>() / samples;
        let error = |power: i32| z.iter().zip(&y).map(|(z, y)| (z - y).abs().powi(power)).sum::<f64>();
        let spread: f64 = y.iter().map(|y| (y - mean).powi(2)).sum();
        Fit {
            name: name.clone(),
            rmse: (error(2) / samples).sqrt(),
            mae: error(1) / samples,
            r2: (spread > 0.0).then(|| 1.0 - error(2) / spread),
        }
    };
    names.iter().enumerate().map(fit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_in_the_unit_of_the_target() {
        let names = ["a".to_string(), "b".into()];
        let found = fits(&names, &[1.0, 7.0, 2.0, 7.0, 6.0, 4.0], &[1.0, 7.0, 2.0, 7.0, 3.0, 7.0]);
        // Of a: errors 0, 0, 3; mean 2, spread 2.
        let Fit { rmse, mae, r2, .. } = &found[0];
        assert!((rmse - 3f64.sqrt()).abs() < 1e-12 && (mae - 1.0).abs() < 1e-12);
        assert!((r2.expect("it changes") + 3.5).abs() < 1e-12, "{r2:?}");
        assert_eq!(found[1].r2, None, "b never changes");
        assert!((Quality::Fits(found).score() + 3.5).abs() < 1e-12);
    }

    #[test]
    fn the_auroc_counts_pairs() {
        // 0.5 beats 0.1 and ties with 0.5; 0.9 beats both; NaN beats all.
        assert_eq!(auroc(&[0.1, 0.5], &[0.5, 0.9, f32::NAN]), Some(5.5 / 6.0));
        assert_eq!((auroc(&[1.0], &[0.0]), auroc(&[], &[0.0]), auroc(&[1.0], &[])), (Some(0.0), None, None));
        let threshold = Some(Threshold { score: 0.5, quantile: 0.9 });
        let found = Detection::new(&[0.1, 0.6, 0.5, f32::NAN], &[0, 0, 1, 1], threshold);
        assert_eq!((found.false_alarms, found.detected, found.anomalies), (Some(0.5), Some(0.5), 2));
        assert_eq!(Detection::new(&[0.1], &[0], None).false_alarms, None);
    }

    #[test]
    fn figures_are_short() {
        let all = [
            (0.0, "0"),
            (54.321987, "54.322"),
            (123456.7, "123457"),
            (0.0012345678, "0.001235"),
            (1e-9, "1.0000e-9"),
        ];
        for (value, text) in all {
            assert_eq!(digits(value), text);
        }
    }
}
