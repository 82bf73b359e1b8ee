//! Samples as they are in a file, and the data set that they become.

use anyhow::Result;

use super::missing::fill;
use super::partition::{self, Key, Parts, Shares};
use super::table::columns::Found;
use super::table::labels::Labels;
use super::{Dataset, Reading, Split, SplitRule, Target, Values, measure, normal, suspicions};
use crate::error::require;

/// Fewest samples that can be divided.
const FEWEST: usize = 10;

/// Samples of one file, or of one part of it, in file order.
#[derive(Clone, Debug, Default)]
pub struct Samples {
    /// Values of shape (samples, features); NaN for a missing value.
    pub values: Values,
    /// Label of each sample, if there are labels.
    pub labels: Option<Labels>,
    /// Real-valued targets of shape (samples, targets); empty for classification.
    pub targets: Vec<f32>,
    /// Group of each sample, which stays together in a split, if there are groups.
    pub groups: Option<Vec<Key>>,
}

/// What the file says about all its samples.
#[derive(Clone, Debug, Default)]
pub struct Form {
    /// Dimensions of a sample.
    pub shape: Vec<usize>,
    /// Names of the values, or of the channels.
    pub feature_names: Vec<String>,
    /// Names of real-valued targets.
    pub target_names: Vec<String>,
    /// Names of the classes from a file beside it, or from an array.
    pub class_names: Option<Vec<String>>,
    /// How the column of the label was found.
    pub found: Found,
    /// Place that errors of labels name.
    pub label_place: String,
    /// Whether the first dimension of a sample counts channels, each of which gets its own scaling.
    pub channels: bool,
    /// Number of samples that are left out before each border when the data are divided by time; `None` to
    /// divide as the reading says.
    pub gap: Option<usize>,
    /// What was assumed or looks wrong so far, one line each.
    pub warnings: Vec<String>,
}

impl Samples {
    /// Returns the number of samples of `features` values.
    fn count(&self, features: usize) -> usize {
        self.values.len() / features.max(1)
    }

    /// Returns the samples with their classes.
    fn classified(self, classes: Vec<usize>) -> Split {
        Split { values: self.values, labels: classes, targets: self.targets }
    }

    /// Divides the samples as `shares` and `reading` say.
    fn divide(&self, features: usize, classes: &[usize], shares: Shares, reading: &Reading) -> Parts {
        if reading.split == SplitRule::Time && shares == Shares::Whole {
            return partition::by_time(classes.len(), 0);
        }
        match &self.groups {
            Some(groups) => partition::by_content(groups, classes, shares),
            None => partition::by_content(&partition::keys(&self.values, features), classes, shares),
        }
    }
}

/// Builds the data set of a file's samples: `train` alone is divided into three parts; `validation` or
/// `test` samples of their own stay as they are.
///
/// # Errors
/// Returns [`crate::BadInput`] for too few samples, and labels that can't be used.
pub fn assemble(
    place: &str,
    form: Form,
    train: Samples,
    validation: Option<Samples>,
    test: Option<Samples>,
    reading: &Reading,
) -> Result<Dataset> {
    let features: usize = form.shape.iter().product();
    let mut warnings = form.warnings.clone();
    let content = reading.split == SplitRule::Content && form.gap.is_none();
    let folded = reading.fold.is_some() && test.is_none() && content && !reading.whole;
    let (own_validation, own_test) = (validation.is_some(), test.is_some());
    let given: Vec<Samples> = std::iter::once(train).chain(validation).chain(test).collect();
    let (classes, class_names) = classes(&form, &given, features, reading)?;
    let mut given = given.into_iter().zip(classes);
    let mut parts: [Split; 3] = Default::default();
    if let Some((samples, classes)) = given.next() {
        let count = samples.count(features);
        let shares = match (own_test, reading.fold) {
            (true, _) => Shares::Training,
            (false, Some(fold)) => Shares::Fold(fold),
            (false, None) => Shares::Whole,
        };
        require!(
            count >= FEWEST || own_test || reading.whole,
            place,
            format!("at least {FEWEST} samples"),
            count
        );
        let divided = if reading.whole {
            [Vec::new(), Vec::new(), (0..count).collect()]
        } else if own_validation && own_test {
            [(0..count).collect(), Vec::new(), Vec::new()]
        } else {
            match form.gap {
                Some(gap) => partition::by_time(count, gap),
                None => samples.divide(features, &classes, shares, reading),
            }
        };
        let all = samples.classified(classes);
        parts = divided.map(|indices| all.select(features, &indices));
    }
    let mut next = || given.next().map(|(samples, classes)| samples.classified(classes)).unwrap_or_default();
    if own_validation {
        parts[1] = next();
    }
    if own_test {
        parts[2] = next();
    }
    let mut class_names = class_names;
    warnings.extend(normal::set_apart(&mut parts, &mut class_names, features, own_test, reading)?);
    let [mut train, mut validation, mut test] = parts;
    warnings.extend(fill(&mut train, &mut [&mut validation, &mut test], features));
    let scaling = measure::scaling(&train, &form.shape, form.channels, reading.scaling);
    let mut dataset = Dataset::new(place, form.shape, class_names, scaling, (train, validation, test));
    dataset.feature_names = form.feature_names;
    if !form.target_names.is_empty() {
        dataset = dataset.with_targets(form.target_names);
    }
    if !reading.whole {
        warnings.extend(suspicions::of(&dataset, reading));
    }
    Ok(Dataset { warnings, test_apart: own_test, folded, ..dataset })
}

/// Returns the class of each sample of each part, and the classes' names.
fn classes(
    form: &Form,
    given: &[Samples],
    features: usize,
    reading: &Reading,
) -> Result<(Vec<Vec<usize>>, Vec<String>)> {
    let none = || given.iter().map(|samples| vec![0; samples.count(features)]).collect();
    let mut all = Labels::default();
    for labels in given.iter().filter_map(|samples| samples.labels.as_ref()) {
        all.extend(labels);
    }
    if all.codes.is_empty() || reading.target == Target::Values {
        return Ok((none(), Vec::new()));
    }
    all.check(&form.label_place, form.found)?;
    let known = reading.classes.as_deref().or(form.class_names.as_deref());
    let (classes, names) = all.classes(&form.label_place, known)?;
    let mut codes = all.codes.iter().map(|&code| classes[code]);
    let split = given.iter().map(|samples| codes.by_ref().take(samples.count(features)).collect()).collect();
    Ok((split, names))
}
