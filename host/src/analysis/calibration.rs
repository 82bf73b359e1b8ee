//! How far a classifier's probabilities and margins can be trusted: temperature, calibration error, coverage.

use fenchel_core::{label, margin, softmax};

/// Number of bins of the calibration error, of equal width.
const BINS: usize = 15;
/// Lowest and highest temperature that is tried.
const TEMPERATURES: (f32, f32) = (0.01, 10.0);
/// Steps of the search: each narrows the interval of log T by 0.618, to less than a thousandth of what it was.
const STEPS: u32 = 24;

/// Returns the mean of −Σ t·ln p over samples with `outputs`, shape (samples, classes), at `temperature`.
/// The target t of the right class is 1 − 1/(samples + 2), and the other classes share the rest, so that no
/// probability becomes 1 on a few samples that are all right.
///
/// J. Platt, "Probabilistic Outputs for Support Vector Machines", 1999, section 2.2.
pub fn log_loss(outputs: &[f32], labels: &[usize], temperature: f32) -> f64 {
    /// The least probability in a logarithm; micromath's exponential doesn't resolve smaller ones.
    const LEAST: f32 = 1e-12;
    let wrong = 1.0 / (labels.len() as f64 + 2.0);
    let loss = |(row, &label): (Vec<f32>, &usize)| {
        let share = wrong / (row.len().max(2) - 1) as f64;
        let log = |p: f32| f64::from(p.max(LEAST)).ln();
        let others: f64 =
            row.iter().enumerate().filter(|(class, _)| *class != label).map(|(_, &p)| log(p)).sum();
        -((1.0 - wrong) * log(row[label]) + share * others)
    };
    let rows = probabilities(outputs, labels.len(), temperature);
    rows.zip(labels).map(loss).sum::<f64>() / labels.len().max(1) as f64
}

/// Returns the temperature T with the least [`log_loss`], by golden-section search over ln T; `None`
/// without samples.
///
/// C. Guo, G. Pleiss, Y. Sun and K. Weinberger, "On Calibration of Modern Neural Networks", 2017.
pub fn temperature(outputs: &[f32], labels: &[usize]) -> Option<f32> {
    if labels.is_empty() || outputs.iter().any(|output| !output.is_finite()) {
        return None;
    }
    let golden = (5f32.sqrt() - 1.0) / 2.0;
    let loss = |log: f32| log_loss(outputs, labels, log.exp());
    let (mut low, mut high) = (TEMPERATURES.0.ln(), TEMPERATURES.1.ln());
    let (mut inner, mut outer) = (high - golden * (high - low), low + golden * (high - low));
    let (mut at_inner, mut at_outer) = (loss(inner), loss(outer));
    for _ in 0..STEPS {
        if at_inner <= at_outer {
            (high, outer, at_outer) = (outer, inner, at_inner);
            inner = high - golden * (high - low);
            at_inner = loss(inner);
        } else {
            (low, inner, at_inner) = (inner, outer, at_outer);
            outer = low + golden * (high - low);
            at_outer = loss(outer);
        }
    }
    Some(((low + high) / 2.0).exp())
}

/// Returns the expected calibration error at `temperature`: |share of right answers − mean probability of
/// the answer| in 15 bins of that probability, weighted by the number of samples in each.
pub fn calibration_error(outputs: &[f32], labels: &[usize], temperature: f32) -> f64 {
    let mut bins = [(0.0f64, 0.0f64); BINS];
    for (row, &truth) in probabilities(outputs, labels.len(), temperature).zip(labels) {
        let answer = label(&row);
        let probability = f64::from(row[answer]);
        let bin = &mut bins[((probability * BINS as f64) as usize).min(BINS - 1)];
        bin.0 += probability;
        bin.1 += if answer == truth { 1.0 } else { 0.0 };
    }
    bins.iter().map(|(probable, right)| (probable - right).abs()).sum::<f64>() / labels.len().max(1) as f64
}

fn probabilities(outputs: &[f32], samples: usize, temperature: f32) -> impl Iterator<Item = Vec<f32>> {
    let classes = outputs.len() / samples.max(1);
    outputs.chunks_exact(classes.max(1)).map(move |row| {
        let mut row = row.to_vec();
        softmax(&mut row, temperature);
        row
    })
}

/// Coverage and accuracy when answers with a smaller margin are withheld.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Answered {
    /// Smallest margin of an answer that is given.
    pub margin: f32,
    /// Share of the samples that are answered.
    pub coverage: f64,
    /// Share of right answers among them; `None` if nothing is answered.
    pub accuracy: Option<f64>,
}

/// Returns the largest threshold on the margin that still answers at least the share `coverage` of the
/// samples; `outputs` has shape (samples, classes).
pub fn threshold(outputs: &[f32], samples: usize, coverage: f64) -> f32 {
    let classes = outputs.len() / samples.max(1);
    let mut margins: Vec<f32> = outputs.chunks_exact(classes.max(1)).map(margin).collect();
    margins.sort_by(|a, b| b.total_cmp(a));
    let needed = (coverage * samples as f64).ceil() as usize;
    needed.checked_sub(1).and_then(|last| margins.get(last)).copied().unwrap_or(f32::INFINITY)
}

/// Returns coverage and accuracy on samples with `outputs`, shape (samples, classes), when margins below
/// `least` are withheld.
pub fn answered(outputs: &[f32], labels: &[usize], least: f32) -> Answered {
    let classes = outputs.len() / labels.len().max(1);
    let (mut given, mut right) = (0usize, 0usize);
    for (row, &truth) in outputs.chunks_exact(classes.max(1)).zip(labels) {
        if margin(row) >= least {
            given += 1;
            right += usize::from(label(row) == truth);
        }
    }
    let coverage = given as f64 / labels.len().max(1) as f64;
    let accuracy = (given > 0).then(|| right as f64 / given as f64);
    Answered { margin: least, coverage, accuracy }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the outputs and labels of samples of two classes whose outputs differ by `gap`; one in ten
    /// has the wrong label.
    fn samples(gap: f32) -> (Vec<f32>, Vec<usize>) {
        let outputs = (0..200).flat_map(|n| if n % 2 == 0 { [gap, 0.0] } else { [0.0, gap] }).collect();
        (outputs, (0..200).map(|n| if n % 10 < 2 && n % 20 < 10 { 1 - n % 2 } else { n % 2 }).collect())
    }

    #[test]
    fn the_temperature_makes_the_probability_the_share_of_right_answers() {
        for gap in [0.1, 1.0] {
            let (outputs, labels) = samples(gap);
            let found = temperature(&outputs, &labels).expect("samples");
            // p = 0.9 where gap/T = ln 9; the softened targets of 200 samples take 0.04 of it, and micromath's
            // exponential has about three digits.
            assert!((gap / found - 9f32.ln()).abs() < 0.1, "{gap}: {found}");
            let before = calibration_error(&outputs, &labels, 1.0);
            let after = calibration_error(&outputs, &labels, found);
            assert!(after < 0.01 && before > 0.1, "{before} {after}");
        }
        assert_eq!(temperature(&[], &[]), None);
    }

    #[test]
    fn a_threshold_answers_as_many_as_it_should() {
        let outputs: Vec<f32> = (0..100).flat_map(|n| [n as f32 / 100.0, 0.0]).collect();
        let labels: Vec<usize> = (0..100).map(|n| usize::from(n < 30)).collect();
        let least = threshold(&outputs, 100, 0.6);
        let found = answered(&outputs, &labels, least);
        assert_eq!((found.coverage, found.accuracy), (0.6, Some(1.0)));
        let all = answered(&outputs, &labels, threshold(&outputs, 100, 1.0));
        assert_eq!((all.coverage, all.accuracy), (1.0, Some(0.7)));
        assert_eq!(answered(&outputs, &labels, f32::INFINITY).accuracy, None);
    }
}
