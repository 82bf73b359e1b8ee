//! Measures the scaling of a data set on its training samples, by the rule that was asked for.

use super::{InputScaling, ScalingRule, Split, Values};

/// Returns the scaling of samples of `shape` by `rule`. Without a rule it depends on the kind of data.
/// Bytes are pixels, and 255 becomes 1. Floats get mean 0 and standard deviation 1: each feature by itself,
/// or each channel if `channels` says that the first dimension counts them, or all values together in
/// images and longer arrays.
///
/// A feature that is constant in training becomes 0, whatever its value is later.
pub fn scaling(train: &Split, shape: &[usize], channels: bool, rule: Option<ScalingRule>) -> InputScaling {
    let floats: Vec<f32>;
    let (values, rule) = match (&train.values, rule) {
        (Values::Bytes(_), None) => return InputScaling::one(0.0, 1.0 / 255.0),
        (_, Some(ScalingRule::None)) => return InputScaling::one(0.0, 1.0),
        (Values::Floats(values), rule) => (values.as_slice(), rule.unwrap_or(ScalingRule::Standard)),
        (Values::Bytes(bytes), Some(rule)) => {
            floats = bytes.iter().map(|&byte| f32::from(byte)).collect();
            (floats.as_slice(), rule)
        }
    };
    let features: usize = shape.iter().product();
    let pairs = match (rule, shape) {
        (ScalingRule::Range, _) => 1,
        (_, &[count, ..]) if channels => count,
        (_, [_]) => features,
        _ => 1,
    };
    let run = features / pairs.max(1);
    let measured = (0..pairs).map(|pair| {
        let own =
            values.chunks_exact(features.max(1)).flat_map(|sample| &sample[pair * run..(pair + 1) * run]);
        match rule {
            ScalingRule::Standard => standard(own),
            ScalingRule::Minmax | ScalingRule::Range | ScalingRule::None => range(own),
        }
    });
    let (offsets, factors) = measured.unzip();
    InputScaling::new(offsets, factors).unwrap_or_else(|_| InputScaling::one(0.0, 1.0))
}

/// Returns the scaling of `count` real targets a sample: each gets mean 0 and standard deviation 1 over `train`. One that
/// never changes there becomes 0, and comes back as what it is.
pub fn targets(train: &Split, count: usize) -> InputScaling {
    let each = (0..count).map(|target| standard(train.targets.iter().skip(target).step_by(count)));
    let (offsets, factors) = each.unzip();
    InputScaling::new(offsets, factors).unwrap_or_else(|_| InputScaling::one(0.0, 1.0))
}

/// Returns the mean, and the inverse of the standard deviation.
fn standard<'a>(values: impl Iterator<Item = &'a f32> + Clone) -> (f32, f32) {
    let count = values.clone().count().max(1) as f64;
    let mean = values.clone().map(|&value| f64::from(value)).sum::<f64>() / count;
    let variance = values.map(|&value| (f64::from(value) - mean).powi(2)).sum::<f64>() / count;
    (mean as f32, inverse(variance.sqrt(), mean))
}

/// Returns the least value, and the inverse of the range.
fn range<'a>(values: impl Iterator<Item = &'a f32>) -> (f32, f32) {
    let extremes = |(low, high): (f32, f32), &value: &f32| (low.min(value), high.max(value));
    let (low, high) = values.fold((f32::INFINITY, f32::NEG_INFINITY), extremes);
    if low > high { (0.0, 1.0) } else { (low, inverse(f64::from(high) - f64::from(low), f64::from(low))) }
}

/// Returns 1/`spread`, or 0 for a spread that is nothing but rounding of values of size `at`.
fn inverse(spread: f64, at: f64) -> f32 {
    let rounding = f64::from(f32::EPSILON) * at.abs();
    let factor = (1.0 / spread) as f32;
    if spread > rounding && factor.is_finite() { factor } else { 0.0 }
}

/// Returns the smallest and the largest scaled values of `train` for each pair of `scaling`; `None` without
/// samples.
pub fn bounds(train: &Split, features: usize, scaling: &InputScaling) -> Option<(Vec<f32>, Vec<f32>)> {
    let pairs = scaling.view().factors().len();
    let run = features / pairs.max(1);
    let (mut low, mut high) = (vec![f32::INFINITY; pairs], vec![f32::NEG_INFINITY; pairs]);
    let mut input = Vec::with_capacity(features);
    for index in 0..train.len() {
        input.clear();
        train.append_input(index, features, scaling.view(), &mut input);
        for ((low, high), own) in low.iter_mut().zip(&mut high).zip(input.chunks_exact(run.max(1))) {
            *low = own.iter().copied().fold(*low, f32::min);
            *high = own.iter().copied().fold(*high, f32::max);
        }
    }
    (!train.is_empty()).then_some((low, high))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(
        values: &[f32],
        shape: &[usize],
        channels: bool,
        rule: Option<ScalingRule>,
    ) -> (Vec<f32>, Vec<f32>) {
        let count = values.len() / shape.iter().product::<usize>();
        let split = Split::classes(Values::Floats(values.to_vec()), vec![0; count]);
        let scaling = scaling(&split, shape, channels, rule);
        (scaling.view().offsets().to_vec(), scaling.view().factors().to_vec())
    }

    #[test]
    fn each_rule_has_its_own_offsets_and_factors() {
        let values = [1.0, 100.0, 5.0, 3.0, 300.0, 5.0];
        assert_eq!(measured(&values, &[3], false, None), (vec![2.0, 200.0, 5.0], vec![1.0, 0.01, 0.0]));
        let minmax = Some(ScalingRule::Minmax);
        assert_eq!(measured(&values, &[3], false, minmax), (vec![1.0, 100.0, 5.0], vec![0.5, 0.005, 0.0]));
        let range = Some(ScalingRule::Range);
        assert_eq!(measured(&values, &[3], false, range), (vec![1.0], vec![1.0 / 299.0]));
        assert_eq!(measured(&values, &[3], false, Some(ScalingRule::None)), (vec![0.0], vec![1.0]));
        let windows = [1.0, 3.0, 10.0, 30.0];
        assert_eq!(measured(&windows, &[2, 2], true, None), (vec![2.0, 20.0], vec![1.0, 0.1]));
        assert_eq!(measured(&[0.0, 2.0, 2.0, 0.0], &[2, 2], false, None), (vec![1.0], vec![1.0]));
    }
}
