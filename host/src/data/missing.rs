//! Replaces missing values by the mean of the training samples' values.

use super::{Split, Values};

/// Replaces NaN in `train` and `others`, with `features` values in each sample, by the mean of the feature
/// over the training samples that have it, or by 0 if none has. Returns a line that says what was done.
pub fn fill(train: &mut Split, others: &mut [&mut Split], features: usize) -> Option<String> {
    let missing = |split: &Split| match &split.values {
        Values::Bytes(_) => 0,
        Values::Floats(floats) => floats.iter().filter(|value| value.is_nan()).count(),
    };
    let count = missing(train) + others.iter().map(|split| missing(split)).sum::<usize>();
    let Values::Floats(floats) = &train.values else { return None };
    if count == 0 {
        return None;
    }
    let mut sums = vec![(0.0f64, 0usize); features];
    for sample in floats.chunks_exact(features) {
        for ((sum, count), &value) in sums.iter_mut().zip(sample).filter(|(_, value)| !value.is_nan()) {
            *sum += f64::from(value);
            *count += 1;
        }
    }
    let means: Vec<f32> = sums.iter().map(|&(sum, count)| (sum / count.max(1) as f64) as f32).collect();
    for split in std::iter::once(train).chain(others.iter_mut().map(|split| &mut **split)) {
        let Values::Floats(floats) = &mut split.values else { continue };
        for sample in floats.chunks_exact_mut(features) {
            let gaps = sample.iter_mut().zip(&means).filter(|(value, _)| value.is_nan());
            gaps.for_each(|(value, mean)| *value = *mean);
        }
    }
    Some(format!("{count} missing values are replaced by their column's mean over training samples"))
}
