//! Regression: one output for each real-valued target, standardised by its training values.

use fenchel_core::Random;

use super::{Kind, Score};
use crate::data::{Dataset, InputScaling, Split, below};

/// Prediction of real values. An output is y = (raw − offset)·factor, as the model file stores it.
#[derive(Clone, Debug)]
pub struct Regression {
    targets: usize,
    scaling: InputScaling,
}

impl Regression {
    /// Builds the task for the targets of `data`.
    pub(super) fn new(data: &Dataset) -> Self {
        Self { targets: data.target_names.len(), scaling: data.target_scaling.clone() }
    }
}

impl Kind for Regression {
    fn outputs(&self) -> usize {
        self.targets
    }

    fn append_target(&self, split: &Split, index: usize, _: &[f32], target: &mut Vec<f32>) {
        let start = target.len();
        target.resize(start + self.targets, 0.0);
        let raw = &split.targets[index * self.targets..][..self.targets];
        self.scaling.view().apply(raw, &mut target[start..]).expect("a pair for each target");
    }

    fn draw_attack(&self, target: &[f32], random: &mut Random, attack: &mut Vec<f32>) {
        others(target, self.outputs(), random, attack);
    }

    /// Chooses the batch's target that lies farthest from the sample's own, on the outputs' side of it.
    fn worst_attack(&self, target: &[f32], outputs: &[f32], attack: &mut Vec<f32>) {
        farthest(target, outputs, self.outputs(), attack);
    }

    fn score(&self, outputs: &[f32], split: &Split, _: &Dataset) -> Score {
        let mut targets = Vec::with_capacity(outputs.len());
        (0..split.len()).for_each(|index| self.append_target(split, index, &[], &mut targets));
        mended_goodness(outputs, &targets, self.targets)
    }
}

/// Draws for each row the target of another row; its own if it is alone.
pub(super) fn others(target: &[f32], width: usize, random: &mut Random, attack: &mut Vec<f32>) {
    let rows = target.len() / width.max(1);
    for row in 0..rows {
        let other = if rows > 1 { (row + 1 + below(rows - 1, random)) % rows } else { row };
        attack.extend_from_slice(&target[other * width..][..width]);
    }
}

/// Chooses for each row the target of the batch that lies farthest in the direction of the error z − y.
pub(super) fn farthest(target: &[f32], outputs: &[f32], width: usize, attack: &mut Vec<f32>) {
    let rows = || target.chunks_exact(width.max(1));
    for (y, z) in rows().zip(outputs.chunks_exact(width.max(1))) {
        attack.extend_from_slice(worst(y, z, rows()));
    }
}

/// Returns that one of the `others` that lies farthest in the direction of the error z − y; y if there is
/// none.
pub fn worst<'a>(y: &'a [f32], z: &[f32], others: impl Iterator<Item = &'a [f32]>) -> &'a [f32] {
    let along = |other: &[f32]| -> f32 {
        z.iter().zip(y).zip(other).map(|((z, y), other)| (z - y) * (other - y)).sum()
    };
    others.max_by(|a, b| along(a).total_cmp(&along(b))).unwrap_or(y)
}

/// A line y ≈ slope·z + offset.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    /// Slope, at least 0.
    pub slope: f64,
    /// Value of y at z = 0.
    pub offset: f64,
}

/// Returns the line of least squares from each output to its target. Both arrays have the shape (samples,
/// `width`).
///
/// An objective with an attack holds outputs away from the attack's target. With real-valued targets they
/// then lie about a tenth too far from the mean, which a line corrects.
pub fn lines(outputs: &[f32], targets: &[f32], width: usize) -> Vec<Line> {
    let line = |index: usize| {
        let column = |values: &[f32]| -> Vec<f64> {
            values.iter().skip(index).step_by(width).map(|&value| f64::from(value)).collect()
        };
        let (z, y) = (column(outputs), column(targets));
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
        let (mean_z, mean_y) = (mean(&z), mean(&y));
        let along: f64 = z.iter().zip(&y).map(|(z, y)| (z - mean_z) * (y - mean_y)).sum();
        let spread: f64 = z.iter().map(|z| (z - mean_z).powi(2)).sum();
        let slope = (along / spread).max(0.0);
        let slope = if slope.is_finite() { slope } else { 0.0 };
        Line { slope, offset: mean_y - slope * mean_z }
    };
    (0..width).map(line).collect()
}

/// Returns [`goodness`] with R² of the outputs after the [`lines`] from them to the targets, as a model
/// file has them.
pub(super) fn mended_goodness(outputs: &[f32], targets: &[f32], width: usize) -> Score {
    let lines = lines(outputs, targets, width);
    let rows = outputs.chunks_exact(width.max(1));
    let mended = |(&z, line): (&f32, &Line)| (line.slope * f64::from(z) + line.offset) as f32;
    let mended: Vec<f32> = rows.flat_map(|row| row.iter().zip(&lines).map(mended)).collect();
    Score { score: goodness(&mended, targets, width).score, ..goodness(outputs, targets, width) }
}

/// Returns R², 1 − Σ(z − y)²/Σ(y − mean y)² averaged over the targets that vary, and the mean loss. Both
/// arrays have the shape (samples, `width`).
pub fn goodness(outputs: &[f32], targets: &[f32], width: usize) -> Score {
    let samples = (targets.len() / width.max(1)).max(1) as f64;
    let (mut squares, mut r2, mut varying) = (0.0, 0.0, 0usize);
    for i in 0..width {
        let y = || targets.iter().skip(i).step_by(width).map(|&y| f64::from(y));
        let z = outputs.iter().skip(i).step_by(width).map(|&z| f64::from(z));
        let mean = y().sum::<f64>() / samples;
        let error: f64 = z.zip(y()).map(|(z, y)| (z - y).powi(2)).sum();
        let spread: f64 = y().map(|y| (y - mean).powi(2)).sum();
        squares += error;
        if spread > 0.0 {
            r2 += 1.0 - error / spread;
            varying += 1;
        }
    }
    Score { score: r2 / varying.max(1) as f64, loss: 0.5 * squares / samples, balanced_accuracy: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_mends_what_is_too_far_from_the_mean() {
        let targets = [1.0, -4.0, 2.0, 0.0, 6.0, 4.0];
        let outputs: Vec<f32> = targets.iter().map(|y| 1.25 * y + 0.5).collect();
        for line in lines(&outputs, &targets, 2) {
            assert!((line.slope - 0.8).abs() < 1e-6 && (line.offset + 0.4).abs() < 1e-6, "{line:?}");
        }
        let constant = lines(&[3.0, 3.0], &[1.0, 2.0], 1);
        assert_eq!(constant, [Line { slope: 0.0, offset: 1.5 }]);
        assert_eq!(lines(&[1.0, 2.0], &[2.0, 1.0], 1)[0].slope, 0.0, "a slope below 0 mends nothing");
    }

    #[test]
    fn r2_of_the_mean_is_0_and_of_the_truth_1() {
        let targets = [1.0, 10.0, 2.0, 20.0, 3.0, 30.0];
        assert_eq!(goodness(&targets, &targets, 2).score, 1.0);
        let mean = goodness(&[2.0, 20.0, 2.0, 20.0, 2.0, 20.0], &targets, 2);
        assert!(mean.score.abs() < 1e-12, "{mean:?}");
        // ½(1 + 100 + 0 + 0 + 1 + 100)/3.
        assert!((mean.loss - 101.0 / 3.0).abs() < 1e-9, "{mean:?}");
    }
}
