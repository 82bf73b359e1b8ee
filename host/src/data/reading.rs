//! How a file of samples is read: which column is the label, how rows are split, how values are scaled.

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

/// What the samples are to be told apart by, or to yield.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// One class a sample.
    #[default]
    Classes,
    /// One or more real values a sample.
    Values,
    /// Nothing; a label is read if there is one.
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

/// Part `index` of `of` tests, the others train: one fold of a cross-validation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Fold {
    /// Which part tests, from 0.
    pub index: u32,
    /// Number of parts.
    pub of: u32,
}

/// The options of reading. The default is right for a file whose header names its label.
///
/// ```
/// let reading = fenchel::data::Reading { label: vec!["first".into()], ..Default::default() };
/// assert!(!reading.is_default());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Reading {
    /// Between values: a character, `tab` or `space`; found if none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<String>,
    /// Columns of the label or the targets by name, number from 1, `first` or `last`; found if empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub label: Vec<String>,
    /// Columns to use; all if empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// Columns to leave out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ignore: Vec<String>,
    /// What to do with a row that lacks a value.
    pub missing: Missing,
    /// What the label column holds.
    pub target: Target,
    /// Column whose equal values stay together in a split: person, device or recording.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Which rows train, validate and test.
    pub split: SplitRule,
    /// Which fold of a cross-validation tests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fold: Option<Fold>,
    /// How raw values become inputs; by the kind of data if none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scaling: Option<ScalingRule>,
    /// Rows of a recording that make one sample.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<usize>,
    /// Rows from the start of one window to that of the next; the window's length if none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stride: Option<usize>,
    /// Names of the classes by number, where a model settles them.
    #[serde(skip)]
    pub classes: Option<Vec<String>>,
    /// Every sample, in file order and however few, is in the test part.
    #[serde(skip)]
    pub whole: bool,
}

impl Reading {
    /// Whether nothing was asked for.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}
