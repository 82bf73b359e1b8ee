//! Which samples a command works on.

use anyhow::Result;
use fenchel_core::Model;

use crate::analysis::evaluate::check_fits;
use crate::data::{self, Dataset, Split};
use crate::output::say;

/// The splits of a data set.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Part {
    Train,
    Validation,
    Test,
}

/// Samples to work on.
#[derive(clap::Args)]
pub struct SampleArgs {
    /// A name of `fenchel data list`, a folder of IDX files, a CSV or NPZ file [default: what the model was trained on]
    #[arg(long)]
    data: Option<String>,
    /// Which part of the data
    #[arg(long, value_enum, default_value = "test")]
    split: Part,
}

impl SampleArgs {
    /// The data, checked against the model.
    pub fn load(&self, model: &Model) -> Result<Dataset> {
        let data = data::load(self.data.as_deref().unwrap_or(model.header().data.name))?;
        check_fits(model, &data)?;
        let trained_on = model.header().data.sha256.filter(|_| self.data.is_none());
        if trained_on.is_some_and(|sha256| *sha256 != data.identity().0) {
            say(format_args!("warning: {} has changed since the model was trained on it", data.name));
        }
        Ok(data)
    }

    /// The chosen part.
    pub fn part<'a>(&self, data: &'a Dataset) -> &'a Split {
        match self.split {
            Part::Train => &data.train,
            Part::Validation => &data.validation,
            Part::Test => &data.test,
        }
    }
}
