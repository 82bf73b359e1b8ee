//! Regression: one output a real target, each standardised by its training values.

use fenchel_core::Random;

use super::{Kind, Score};
use crate::data::{Dataset, Split, below};

/// Predicting real values. An output is y = (raw − offset)·factor, as the model file keeps it.
#[derive(Clone, Debug)]
pub struct Regression {
    /// Mean of each target's training values, in the user's unit.
    pub offsets: Vec<f32>,
    /// 1/standard deviation of each target's training values, 1 for a constant one.
    pub factors: Vec<f32>,
}

impl Regression {
    /// The targets of `data`.
    pub(super) fn new(data: &Dataset) -> Self {
        let targets = data.target_names.len();
        let (mut offsets, mut factors) = (Vec::new(), Vec::new());
        for target in 0..targets {
            let values = || data.train.targets.iter().skip(target).step_by(targets).map(|&y| f64::from(y));
            let count = values().count().max(1) as f64;
            let mean = values().sum::<f64>() / count;
            let std = (values().map(|y| (y - mean).powi(2)).sum::<f64>() / count).sqrt();
            let factor = (1.0 / std) as f32;
            offsets.push(mean as f32);
            factors.push(if factor.is_finite() && factor > 0.0 { factor } else { 1.0 });
        }
        Self { offsets, factors }
    }
}

impl Kind for Regression {
    fn outputs(&self) -> usize {
        self.offsets.len()
    }

    fn append_target(&self, split: &Split, index: usize, _: &[f32], target: &mut Vec<f32>) {
        let raw = split.targets.iter().skip(index * self.outputs());
        let scaled =
            raw.zip(&self.offsets).zip(&self.factors).map(|((y, offset), factor)| (y - offset) * factor);
        target.extend(scaled);
    }

    fn draw_attack(&self, target: &[f32], random: &mut Random, attack: &mut Vec<f32>) {
        others(target, self.outputs(), random, attack);
    }

    /// The batch's target that lies farthest from the sample's own, on the outputs' side of it.
    fn worst_attack(&self, target: &[f32], outputs: &[f32], attack: &mut Vec<f32>) {
        farthest(target, outputs, self.outputs(), attack);
    }

    fn score(&self, outputs: &[f32], split: &Split, _: &Dataset) -> Score {
        let mut targets = Vec::with_capacity(outputs.len());
        (0..split.len()).for_each(|index| self.append_target(split, index, &[], &mut targets));
        goodness(outputs, &targets, self.outputs())
    }
}

/// For each row the target of another row, drawn; its own if it is alone.
pub(super) fn others(target: &[f32], width: usize, random: &mut Random, attack: &mut Vec<f32>) {
    let rows = target.len() / width.max(1);
    for row in 0..rows {
        let other = if rows > 1 { (row + 1 + below(rows - 1, random)) % rows } else { row };
        attack.extend_from_slice(&target[other * width..][..width]);
    }
}

/// For each row the target of the batch that the error z − y points at most.
pub(super) fn farthest(target: &[f32], outputs: &[f32], width: usize, attack: &mut Vec<f32>) {
    let rows = || target.chunks_exact(width.max(1));
    for (y, z) in rows().zip(outputs.chunks_exact(width.max(1))) {
        let along = |other: &[f32]| -> f32 { (0..width).map(|i| (z[i] - y[i]) * (other[i] - y[i])).sum() };
        let worst = rows().max_by(|a, b| along(a).total_cmp(&along(b))).unwrap_or(y);
        attack.extend_from_slice(worst);
    }
}

/// R² over all outputs, 1 − Σ(z − y)²/Σ(y − mean y)² averaged over the targets that vary, and the mean loss.
/// Both arrays are (samples, `width`).
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
    fn r2_of_the_mean_is_0_and_of_the_truth_1() {
        let targets = [1.0, 10.0, 2.0, 20.0, 3.0, 30.0];
        assert_eq!(goodness(&targets, &targets, 2).score, 1.0);
        let mean = goodness(&[2.0, 20.0, 2.0, 20.0, 2.0, 20.0], &targets, 2);
        assert!(mean.score.abs() < 1e-12, "{mean:?}");
        // ½(1 + 100 + 0 + 0 + 1 + 100)/3.
        assert!((mean.loss - 101.0 / 3.0).abs() < 1e-9, "{mean:?}");
    }
}
