//! The options that say how a CSV or NPZ file is read.

use crate::data::{Missing, Reading, ScalingRule, SplitRule};

/// How a table is read.
#[derive(clap::Args, Clone, Debug, Default)]
#[command(next_help_heading = "Options of CSV and NPZ files")]
pub struct ReadingArgs {
    /// Column of the label: its name, its number from 1, first or last; several for regression [default: a header's label, class, target or y, else the last]
    #[arg(long, value_name = "COLUMN", value_delimiter = ',')]
    label: Option<Vec<String>>,
    /// Between values: a character, tab or space [default: found]
    #[arg(long, value_name = "CHARACTER")]
    delimiter: Option<String>,
    /// Use these columns alone (names or numbers from 1) [default: all]
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',', visible_alias = "channels")]
    columns: Option<Vec<String>>,
    /// Leave these columns out (names or numbers from 1)
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    ignore: Option<Vec<String>>,
    /// A row that lacks a value: refuse the file, use the column's mean over training rows, or drop the row [default: error]
    #[arg(long, value_enum)]
    missing: Option<Missing>,
    /// Keep rows that are equal in this column (person, device, recording) in the same part of the split
    #[arg(long, value_name = "COLUMN")]
    group: Option<String>,
    /// From raw values to inputs, computed from training rows [default: standard, per feature; pixels 1/255]
    #[arg(long, value_enum)]
    scaling: Option<ScalingRule>,
    /// Rows of a recording that make one sample, channels × time
    #[arg(long, value_name = "ROWS")]
    window: Option<usize>,
    /// Rows from one window's start to the next's [default: the window's length]
    #[arg(long, value_name = "ROWS", requires = "window")]
    stride: Option<usize>,
}

/// How the rows of a table are split.
#[derive(clap::Args, Clone, Debug, Default)]
#[command(next_help_heading = "Options of CSV and NPZ files")]
pub struct SplitArgs {
    /// Which rows test (a fifth) and validate (a tenth): by each row's content, or the last ones [default: content]
    #[arg(long = "split", value_enum)]
    split: Option<SplitRule>,
}

/// Each option that was given replaces what `reading` has.
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
    /// Put what was given into `reading`.
    pub fn apply(&self, reading: &mut Reading) {
        override_reading!(self, reading; label, columns, ignore, missing; delimiter, group, scaling, window, stride);
    }
}

impl SplitArgs {
    /// Put what was given into `reading`.
    pub fn apply(&self, reading: &mut Reading) {
        override_reading!(self, reading; split; );
    }
}
