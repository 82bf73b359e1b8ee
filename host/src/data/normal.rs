//! Separates normal samples from others: only normal samples train a model that is to find the others.

use anyhow::Result;

use super::{Dataset, Reading, Split, Target};
use crate::error::{BadInput, quoted, require};

/// Names of the two remaining classes, in the order of their labels.
const NAMES: [&str; 2] = ["normal", "anomaly"];

/// Keeps the samples of the normal classes in the `parts`, training, validation and test. The others go to
/// the test part, or are left out if the test samples were given apart. Labels become 0 for normal samples
/// and 1 for others. Without normal classes all samples are normal, and labels don't count. Returns what
/// there is to say about it.
///
/// # Errors
/// Returns [`BadInput`] for a class that isn't there, or if no sample is left to train.
pub fn set_apart(
    parts: &mut [Split; 3],
    class_names: &mut Vec<String>,
    features: usize,
    test_apart: bool,
    reading: &Reading,
) -> Result<Option<String>> {
    if reading.target != Target::Nothing || reading.whole {
        return Ok(None);
    }
    if reading.normal.is_empty() {
        let labelled = !class_names.is_empty();
        class_names.clear();
        parts.iter_mut().for_each(|part| part.labels.fill(0));
        let note = "all samples train, whatever their label (--normal CLASS trains on that class's alone and calls the others anomalies)";
        return Ok(labelled.then(|| note.into()));
    }
    let expected = "a column or an array of labels beside it (--label)";
    require!(!class_names.is_empty(), "`normal`", expected, "data without labels");
    let mut normal = vec![false; class_names.len()];
    for name in &reading.normal {
        let class = class_names.iter().position(|class| class == name).ok_or_else(|| {
            let classes: Vec<_> = class_names.iter().take(12).map(|class| quoted(class)).collect();
            BadInput::new("`normal`", format!("a class: {}", classes.join(", ")), quoted(name))
        })?;
        normal[class] = true;
    }
    let mut moved = Vec::new();
    let mut dropped = 0;
    for (index, part) in parts.iter_mut().enumerate() {
        part.labels.iter_mut().for_each(|label| *label = usize::from(!normal[*label]));
        if index == 2 {
            continue;
        }
        let with = |label: usize| -> Vec<usize> {
            (0..part.len()).filter(|&sample| part.labels[sample] == label).collect()
        };
        let (kept, others) = (with(0), with(1));
        dropped += others.len();
        moved.push(part.select(features, &others));
        *part = part.select(features, &kept);
    }
    if !test_apart {
        let [_, _, test] = parts;
        *test = Split::concat(&[&*test, &moved[0], &moved[1]]);
    }
    *class_names = NAMES.map(String::from).to_vec();
    let fate = if test_apart { "are left out of training" } else { "test" };
    Ok((dropped > 0)
        .then(|| format!("{dropped} samples that aren't normal neither train nor validate: they {fate}")))
}

impl Dataset {
    /// Returns the data set with only normal samples to train; `reading` says which those are.
    ///
    /// # Errors
    /// Fails as [`set_apart`] does.
    pub(super) fn of_normal(mut self, reading: &Reading) -> Result<Self> {
        let mut parts = [&mut self.train, &mut self.validation, &mut self.test].map(std::mem::take);
        let note = set_apart(&mut parts, &mut self.class_names, self.features, self.test_apart, reading)?;
        let [train, validation, test] = parts;
        self.warnings.extend(note);
        Ok(Self { train, validation, test, ..self })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Values;
    use super::*;

    fn split(labels: &[usize]) -> Split {
        Split::classes(Values::Floats(labels.iter().map(|&label| label as f32).collect()), labels.to_vec())
    }

    #[test]
    fn only_normal_samples_train_and_no_sample_is_lost() {
        let reading =
            Reading { target: Target::Nothing, normal: vec!["b".into(), "c".into()], ..Reading::default() };
        let parts = || [split(&[0, 1, 2, 1]), split(&[0, 2]), split(&[2, 0])];
        let names = || ["a", "b", "c"].map(String::from).to_vec();
        let (mut own, mut own_names) = (parts(), names());
        let note = set_apart(&mut own, &mut own_names, 1, false, &reading).expect("fits").expect("a note");
        assert!(note.contains("2 samples") && own_names == NAMES, "{note}");
        assert_eq!((&own[0].labels[..], &own[1].labels[..]), (&[0, 0, 0][..], &[0][..]));
        assert_eq!(own[2].labels, [0, 1, 1, 1]);
        assert_eq!(own[2].values, Values::Floats(vec![2.0, 0.0, 0.0, 0.0]));
        let (mut own, mut own_names) = (parts(), names());
        set_apart(&mut own, &mut own_names, 1, true, &reading).expect("fits");
        assert_eq!(own[2].labels, [0, 1], "test samples that came apart stay as they are");
        let missing = Reading { normal: vec!["d".into()], ..reading.clone() };
        assert!(set_apart(&mut parts(), &mut names(), 1, false, &missing).is_err());
        assert!(set_apart(&mut parts(), &mut Vec::new(), 1, false, &reading).is_err());
        let all = Reading { normal: Vec::new(), ..reading };
        let (mut own, mut own_names) = (parts(), names());
        set_apart(&mut own, &mut own_names, 1, false, &all).expect("fits").expect("a note");
        assert!(own_names.is_empty() && own[0].labels == [0; 4]);
    }
}
