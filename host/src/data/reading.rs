//! Options for reading a file of samples: which column is the label, how rows are split, how values are
//! scaled.

use serde::{Deserialize, Serialize};

/// What to do with a row that lacks a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Missing {
    /// Refuse the file, naming row and column.
    #[default]
    Error,
    /// Put the mean of the column's training values there.
    Mean,
    /// Leave the row out.
    Drop,
}

/// What the label column holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// One class for each sample.
    #[default]
    Classes,
    /// One or more real values for each sample.
    Values,
    /// No target is needed; a label says which samples are normal, if there is one.
    Nothing,
}

/// Which rows train, validate and test.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum SplitRule {
    /// Each row by a hash of its own values, or of its group's name.
    #[default]
    Content,
    /// The last fifth of the file tests, the tenth before it validates.
    Time,
}

/// How raw values become inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum ScalingRule {
    /// Mean 0 and standard deviation 1.
    Standard,
    /// Each feature's (or channel's) own range becomes [0, 1].
    Minmax,
    /// The range of all values together becomes [0, 1]: one offset and factor.
    Range,
    /// Values as they are.
    None,
}

/// One fold of a cross-validation: part `index` of `of` tests, the others train.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Fold {
    /// Index of the part that tests, from 0.
    pub index: u32,
    /// Number of parts.
    pub of: u32,
}

/// Options for reading. The default is right for a file whose header names its label.
///
/// ```
/// let reading = fenchel::data::Reading { label: vec!["first".into()], ..Default::default() };
/// assert!(!reading.is_default());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Reading {
    /// Delimiter between values: a character, `tab` or `space`; `None` to detect it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<String>,
    /// Columns of the label or the targets, by name, number from 1, `first` or `last`; empty to detect
    /// them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub label: Vec<String>,
    /// Columns to use; empty for all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// Columns to leave out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ignore: Vec<String>,
    /// Classes whose samples are normal, where nothing else is to be learnt than how samples look; all if empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub normal: Vec<String>,
    /// What to do with a row that lacks a value.
    pub missing: Missing,
    /// What the label column holds.
    pub target: Target,
    /// Column whose equal values stay together in a split, such as person, device or recording.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Which rows train, validate and test.
    pub split: SplitRule,
    /// Fold of a cross-validation that tests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fold: Option<Fold>,
    /// Rule of the scaling; `None` to choose it by the kind of data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scaling: Option<ScalingRule>,
    /// Number of rows of a recording that make one sample.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<usize>,
    /// Number of rows from the start of one window to that of the next; `None` for the window's length.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stride: Option<usize>,
    /// Names of the classes by number, if a model determines them.
    #[serde(skip)]
    pub classes: Option<Vec<String>>,
    /// Whether every sample, in file order and however few, goes to the test part.
    #[serde(skip)]
    pub whole: bool,
}

impl Reading {
    /// Returns whether all options have their defaults.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}
