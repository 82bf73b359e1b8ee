//! Builds a data set of samples that a program has in memory, as an NPZ file of the same arrays would be read.

use anyhow::Result;

use super::samples::{Form, Samples, assemble};
use super::table::labels::Labels;
use super::{Dataset, Missing, Reading, Values};
use crate::error::{BadInput, quoted, require};

/// Most rows of a sample for which they count as channels over time rather than as an image.
const MOST_CHANNELS: usize = 16;

/// The samples of one part: all that a program has, or those that train, validate or test.
#[derive(Clone, Debug, Default)]
pub struct Arrays {
    /// Raw values of shape (samples, features).
    pub values: Values,
    /// The distinct labels, and the index there of each sample's; `None` without labels.
    pub labels: Option<(Vec<String>, Vec<usize>)>,
    /// Real targets of shape (samples, targets); empty for none.
    pub targets: Vec<f32>,
}

/// What all samples have in common.
#[derive(Clone, Debug, Default)]
pub struct Common {
    /// Dimensions of a sample.
    pub shape: Vec<usize>,
    /// Names of the values; empty if they have none.
    pub feature_names: Vec<String>,
    /// Names of the real targets; empty if there are none.
    pub target_names: Vec<String>,
}

/// Builds the data set called `place`. Without `validation` and `test` samples of their own, some of `train` are held
/// out as of an NPZ file. Test samples may be given as an empty part, which holds out none: then all samples train or
/// validate.
///
/// # Errors
/// Returns [`BadInput`] for values that aren't finite, labels that can't be used, and too few samples.
pub fn dataset(
    place: &str,
    common: Common,
    train: Arrays,
    validation: Option<Arrays>,
    test: Option<Arrays>,
    reading: &Reading,
) -> Result<Dataset> {
    let Common { shape, feature_names, target_names } = common;
    let form = Form { feature_names, target_names, ..form(shape, format!("{place}, array y")) };
    let features: usize = form.shape.iter().product();
    require!(features > 0, place, "at least 1 value a sample", 0);
    let part = |arrays| samples(place, arrays, features, form.target_names.len(), reading);
    let untested = test.as_ref().is_some_and(|test| test.values.is_empty());
    let (train, validation, test) =
        (part(train)?, validation.map(part).transpose()?, test.map(part).transpose()?);
    let data = assemble(place, form, train, validation, test, reading)?;
    data.check(reading.target, !untested)?;
    Ok(data)
}

/// Returns what is known of samples of this shape whose labels are called `label_place` in errors.
pub(super) fn form(shape: Vec<usize>, label_place: String) -> Form {
    // Few long rows are channels over time.
    let channels = matches!(shape[..], [count, length] if count <= MOST_CHANNELS && count < length);
    Form { shape, channels, label_place, ..Form::default() }
}

/// Refuses values that aren't finite, or NaN alone where a mean is to replace it.
pub(super) fn check_finite(here: &str, values: &Values, reading: &Reading) -> Result<()> {
    let Values::Floats(floats) = values else { return Ok(()) };
    let bad = |value: &&f32| value.is_infinite() || (value.is_nan() && reading.missing != Missing::Mean);
    let odd = floats.iter().find(bad);
    let expected = "finite numbers (--missing mean puts a column's mean in place of NaN)";
    require!(odd.is_none(), here, expected, odd.copied().unwrap_or_default());
    Ok(())
}

/// Refuses real targets that aren't finite.
pub(super) fn check_targets(here: &str, targets: &[f32]) -> Result<()> {
    let odd = targets.iter().find(|value| !value.is_finite());
    require!(odd.is_none(), here, "finite numbers", odd.copied().unwrap_or_default());
    Ok(())
}

/// Returns the samples of a part, whose sizes must fit.
fn samples(
    place: &str,
    arrays: Arrays,
    features: usize,
    targets: usize,
    reading: &Reading,
) -> Result<Samples> {
    let (x, y) = (format!("{place}, array x"), format!("{place}, array y"));
    let count = arrays.values.len() / features;
    let whole = format!("{features} values a sample");
    require!(arrays.values.len() == count * features, x, whole, arrays.values.len());
    check_finite(&x, &arrays.values, reading)?;
    let expected = format!("{count} samples, as x has");
    require!(arrays.targets.len() == count * targets, y, expected, arrays.targets.len() / targets.max(1));
    check_targets(&y, &arrays.targets)?;
    let mut samples = Samples { values: arrays.values, targets: arrays.targets, ..Samples::default() };
    if let Some((texts, codes)) = arrays.labels {
        require!(codes.len() == count, y, expected, codes.len());
        let mut labels = Labels::default();
        for code in codes {
            let text = texts.get(code).map(String::as_str).unwrap_or_default();
            labels.push(text).map_err(|expected| BadInput::new(&y, expected, quoted(text)))?;
        }
        samples.labels = Some(labels);
    }
    Ok(samples)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Target;

    fn arrays(count: usize) -> Arrays {
        let values = (0..3 * count).map(|n| (n as f32 * 0.37).sin()).collect();
        let labels = (vec!["up".into(), "down".into()], (0..count).map(|n| n % 2).collect());
        Arrays { values: Values::Floats(values), labels: Some(labels), targets: Vec::new() }
    }

    fn built(train: Arrays, test: Option<Arrays>) -> Result<Dataset> {
        let common = Common { shape: vec![3], ..Common::default() };
        dataset("arrays", common, train, None, test, &Reading::default())
    }

    #[test]
    fn without_test_samples_all_train_or_validate() {
        let data = built(arrays(60), Some(Arrays::default())).expect("no test samples");
        assert_eq!((data.train.len() + data.validation.len(), data.test.len()), (60, 0));
        assert_eq!(data.class_names, ["down", "up"]);
        let data = built(arrays(60), None).expect("a fifth tests");
        assert!(!data.test.is_empty() && data.train.len() + data.validation.len() + data.test.len() == 60);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let mut short = arrays(20);
        short.labels = Some((vec!["up".into()], vec![0; 19]));
        let mut infinite = arrays(20);
        infinite.values = Values::Floats(vec![f32::INFINITY; 60]);
        let mut odd = arrays(20);
        odd.values = Values::Floats(vec![0.0; 59]);
        for (wrong, named) in [(short, "array y"), (infinite, "array x"), (odd, "array x")] {
            let error = format!("{:#}", built(wrong, None).expect_err("refused"));
            assert!(error.starts_with(&format!("arrays, {named}: expected")), "{error}");
        }
        let reading = Reading { target: Target::Values, ..Reading::default() };
        let common = Common { shape: vec![3], target_names: vec!["y".into()], ..Common::default() };
        assert!(dataset("arrays", common, arrays(20), None, None, &reading).is_err(), "no targets");
    }
}
