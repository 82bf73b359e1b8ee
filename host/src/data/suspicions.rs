//! Finds what looks wrong with a data set, one line each with the remedy.

use super::{Dataset, Reading, ScalingRule, Split, Target, Values};
use crate::error::quoted;

/// Fewest validation samples that can tell settings apart.
const FEW: usize = 20;
/// Ratio of the features' ranges from which on one scaling for all is of no use.
const APART: f32 = 100.0;

/// Whole numbers that a target takes at most where classes may be meant, if each has several samples.
const FEW_VALUES: usize = 10;
/// Samples of each of them, on average.
const SEVERAL: usize = 10;

/// Returns everything that looks wrong with `data`, which was read as `reading` says.
pub fn of(data: &Dataset, reading: &Reading) -> Vec<String> {
    let mut found = Vec::new();
    match reading.target {
        Target::Classes => found.extend(classes(data)),
        Target::Values => found.extend(targets(data)),
        Target::Nothing => {}
    }
    let validating = data.validation.len();
    if validating < FEW {
        found.push(format!(
            "only {validating} samples validate: what they say is rough (--folds 5 uses every sample)"
        ));
    }
    if reading.scaling == Some(ScalingRule::Range) {
        found.extend(ranges(data));
    }
    found
}

/// Finds targets that never change in training, or have so few values that they may be classes.
fn targets(data: &Dataset) -> Vec<String> {
    let count = data.target_names.len();
    let found = |(target, name): (usize, &String)| {
        let values = data.train.targets.iter().skip(target).step_by(count.max(1));
        let whole = values.clone().all(|value| value.fract() == 0.0);
        let mut distinct: Vec<u32> = values.map(|value| value.to_bits()).collect();
        distinct.sort_unstable();
        distinct.dedup();
        let name = quoted(name);
        match distinct.len() {
            0 | 1 => Some(format!("the target {name} never changes in training: R² says nothing of it")),
            few if whole && few <= FEW_VALUES && data.train.len() > SEVERAL * few => Some(format!(
                "the target {name} has only {few} different values: --task classify tells classes apart"
            )),
            _ => None,
        }
    };
    data.target_names.iter().enumerate().filter_map(found).collect()
}

/// Finds classes without samples, or without some in training or test.
fn classes(data: &Dataset) -> Vec<String> {
    let classes = data.classes();
    let count = |split: &Split| {
        let mut counts = vec![0usize; classes];
        split.labels.iter().for_each(|&label| counts[label] += 1);
        counts
    };
    let [train, validation, test] = [&data.train, &data.validation, &data.test].map(count);
    let named = |missing: &dyn Fn(usize) -> bool| -> Vec<String> {
        (0..classes).filter(|&class| missing(class)).map(|class| quoted(&data.class_names[class])).collect()
    };
    let list = |names: &[String]| {
        let more = if names.len() > 8 { ", …" } else { "" };
        format!("{}{more}", names.iter().take(8).cloned().collect::<Vec<_>>().join(", "))
    };
    let all = |class: usize| train[class] + validation[class] + test[class];
    let empty = named(&|class| all(class) == 0);
    let mut found = Vec::new();
    if 2 * empty.len() > classes {
        found.push(format!(
            "{} of {classes} classes have no sample: is the label the right column (--label)?",
            empty.len()
        ));
    }
    let untrained = named(&|class| all(class) > 0 && train[class] == 0);
    if !untrained.is_empty() {
        found.push(format!(
            "no training sample of class {}: the model can't know it (--split content divides otherwise)",
            list(&untrained)
        ));
    }
    let untested = named(&|class| train[class] > 0 && test[class] == 0);
    if !untested.is_empty() {
        found.push(format!(
            "no test sample of class {}: the test accuracy says nothing of it",
            list(&untested)
        ));
    }
    found
}

/// Finds features whose ranges are far apart.
fn ranges(data: &Dataset) -> Option<String> {
    let Values::Floats(floats) = &data.train.values else { return None };
    let mut extremes = vec![(f32::INFINITY, f32::NEG_INFINITY); data.features];
    for sample in floats.chunks_exact(data.features) {
        for ((low, high), &value) in extremes.iter_mut().zip(sample) {
            (*low, *high) = (low.min(value), high.max(value));
        }
    }
    let ranges = extremes.iter().map(|(low, high)| high - low).filter(|&range| range > 0.0);
    let (small, large) = ranges.fold((f32::INFINITY, 0.0f32), |(a, b), range| (a.min(range), b.max(range)));
    (large > APART * small).then(|| {
        format!("features' ranges are {:.0}-fold apart, and --scaling range has one factor for all: --scaling standard gives each its own", large / small)
    })
}
