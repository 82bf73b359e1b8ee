//! Chooses the samples that a command works on.

use std::borrow::Cow;
use std::path::Path;

use anyhow::{Context, Result};
use fenchel_core::{Model, Names, Task};

use super::reading::ReadingArgs;
use crate::BadInput;
use crate::analysis::evaluate::check_fits;
use crate::data::{self, Dataset, Reading, Split};
use crate::output;
use crate::store::run::SETTINGS;
use crate::task::TaskName;
use crate::train::Settings;

/// The parts of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    Train,
    Validation,
    Test,
    All,
}

/// Options that choose samples.
#[derive(clap::Args, Default)]
pub struct SampleArgs {
    /// Data: a name of `fenchel data list`, a folder of IDX files, a CSV or NPZ file [default: what the model was trained on]
    #[arg(long)]
    pub data: Option<String>,
    /// Part of the data [default: test; all of a CSV or NPZ file that the model wasn't trained on]
    #[arg(long, value_enum)]
    pub split: Option<Part>,
    #[command(flatten)]
    pub reading: ReadingArgs,
}

/// The samples that a command asked for.
pub struct Chosen {
    /// Data set to which they belong.
    pub data: Dataset,
    /// The part that was asked for.
    part: Part,
}

impl Chosen {
    /// The part that was asked for.
    pub fn split(&self) -> Cow<'_, Split> {
        let Dataset { train, validation, test, .. } = &self.data;
        match self.part {
            Part::Train => Cow::Borrowed(train),
            Part::Validation => Cow::Borrowed(validation),
            Part::Test => Cow::Borrowed(test),
            Part::All => Cow::Owned(Split::concat(&[train, validation, test])),
        }
    }
}

impl SampleArgs {
    /// Returns how the file is read: as the run at `path` read its own, if there is one, and as the options
    /// say; classes are those of the model.
    pub fn reading(&self, path: &Path, model: &Model) -> Result<Reading> {
        let file = path.join(SETTINGS);
        let mut reading = if path.is_dir() && file.is_file() {
            let text = std::fs::read_to_string(&file)
                .map_err(|error| BadInput::new(file.display(), "the settings of a run", error))?;
            Settings::from_toml(&text).with_context(|| file.display().to_string())?.reading
        } else {
            Reading::default()
        };
        self.reading.apply(&mut reading);
        reading.target = TaskName::of(model.task()).target();
        let owned = |names: &Names| names.iter().map(String::from).collect();
        match model.task() {
            Task::Classification { classes, .. } => reading.classes = Some(owned(classes)),
            // A table's columns of the targets have the names that the model knows.
            Task::Regression { targets, .. } if reading.label.is_empty() => reading.label = owned(targets),
            Task::Regression { .. } | Task::Reconstruction { .. } => {}
        }
        Ok(reading)
    }

    /// Loads the data of the model at `path`, or the data that was named, and checks that the model takes them.
    ///
    /// Without `--data`, other data than the model was trained on are refused; with it, a warning is printed.
    pub fn load(&self, path: &Path, model: &Model) -> Result<Chosen> {
        let source = self.data.as_deref().unwrap_or(model.header().data.name);
        let data = data::load_as(source, &self.reading(path, model)?)?;
        check_fits(model, &data)?;
        let wanted = model.header().data.sha256;
        if self.data.is_none() {
            data.require(wanted)?;
        }
        let other = wanted.is_some_and(|wanted| *wanted != data.identity().0);
        let mut part = self.split.unwrap_or(Part::Test);
        if other {
            if self.split.is_none() && !data.test_apart {
                part = Part::All;
                output::say(format_args!(
                    "{source} is other data than the model was trained on: all its samples count (--split test takes \
                     the fifth that training would hold out)"
                ));
            } else {
                output::say(format_args!("{source} is other data than the model was trained on"));
            }
        }
        Ok(Chosen { data, part })
    }
}

/// Prints what was assumed of `data` or looks wrong, one line each.
pub fn warn(data: &Dataset) {
    data.warnings.iter().for_each(|line| output::say(format_args!("{}: {line}", data.name)));
}
