//! Options that say how a CSV or NPZ file is read.

use crate::data::{Missing, Reading, ScalingRule, SplitRule};

/// Options of reading a table.
#[derive(clap::Args, Clone, Debug, Default)]
#[command(next_help_heading = "Options of CSV and NPZ files")]
pub struct ReadingArgs {
    /// Column of the label: its name, its number from 1, first or last; several for regression [default: the header's label, class, target or y, otherwise the last]
    #[arg(long, value_name = "COLUMN", value_delimiter = ',')]
    label: Option<Vec<String>>,
    /// Delimiter between values: a character, tab or space [default: detected]
    #[arg(long, value_name = "CHARACTER")]
    delimiter: Option<String>,
    /// Use only these columns (names or numbers from 1) [default: all]
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',', visible_alias = "channels")]
    columns: Option<Vec<String>>,
    /// Leave these columns out (names or numbers from 1)
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    ignore: Option<Vec<String>>,
    /// What to do with a row that lacks a value: refuse the file, use the column's mean over training rows, or drop the row [default: error]
    #[arg(long, value_enum)]
    missing: Option<Missing>,
    /// Classes of normal rows, for --task reconstruct: only these train, others are anomalies, which test [default: every row is normal]
    #[arg(long, value_name = "CLASSES", value_delimiter = ',')]
    normal: Option<Vec<String>>,
    /// Keep rows that are equal in this column (person, device, recording) in the same part of the split
    #[arg(long, value_name = "COLUMN")]
    group: Option<String>,
    /// Scaling of raw values to inputs, computed from training rows [default: standard, for each feature; pixels are divided by 255]
    #[arg(long, value_enum)]
    scaling: Option<ScalingRule>,
    /// Number of rows of a recording that make one sample, channels × time
    #[arg(long, value_name = "ROWS")]
    window: Option<usize>,
    /// Number of rows from one window's start to the next's [default: the window's length]
    #[arg(long, value_name = "ROWS", requires = "window")]
    stride: Option<usize>,
}

/// Options of splitting a table's rows.
#[derive(clap::Args, Clone, Debug, Default)]
#[command(next_help_heading = "Options of CSV and NPZ files")]
pub struct SplitArgs {
    /// How the rows that test (a fifth) and validate (a tenth) are chosen: by each row's content, or as the last ones [default: content]
    #[arg(long = "split", value_enum)]
    split: Option<SplitRule>,
}

/// Replaces in `reading` what an option gives.
macro_rules! override_reading {
    ($options:expr, $reading:expr; $($plain:ident),*; $($optional:ident),*) => {
        $(if let Some(value) = &$options.$plain {
            $reading.$plain = value.clone();
        })*
        $(if $options.$optional.is_some() {
            $reading.$optional = $options.$optional.clone();
        })*
    };
}

impl ReadingArgs {
    /// Puts the given options into `reading`.
    pub fn apply(&self, reading: &mut Reading) {
        override_reading!(self, reading; label, columns, ignore, normal, missing; delimiter, group, scaling, window, stride);
    }
}

impl SplitArgs {
    /// Puts the given options into `reading`.
    pub fn apply(&self, reading: &mut Reading) {
        override_reading!(self, reading; split; );
    }
}
