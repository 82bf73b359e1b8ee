//! `fenchel infer`.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::answer::Answers;
use super::samples::SampleArgs;
use crate::analysis::any_model::{AnyBytes, AnyModel};
use crate::data::table::stream::{Stream, Wanted};
use crate::data::{self, Reading, Split, Target};
use crate::error::require;
use crate::output;

/// Print a model's answer to each sample, or to each row of a file or a pipe, one on each line
#[derive(clap::Args)]
#[command(
    allow_negative_numbers = true,
    after_help = "Examples:
  fenchel infer runs/first --index 7
  fenchel infer runs/gestures --data new.csv > answers.csv
  read-sensor | fenchel infer runs/gestures --data - --json --reject 0.2"
)]
pub struct Args {
    /// Model file or run folder
    model: PathBuf,
    #[command(flatten)]
    samples: SampleArgs,
    /// Index of the only sample to answer, from 0 [default: all]
    #[arg(long)]
    index: Option<usize>,
    /// Smallest margin, the largest output minus the second, with which an answer isn't unknown; `eval --coverage` finds one [default: that of the model, if it has one]
    #[arg(long, value_name = "MARGIN")]
    reject: Option<f32>,
    /// Print one JSON object on each line: index, label (null if unknown), name, outputs, margin, probability [default: CSV]
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<()> {
    let bytes = AnyBytes::read(&args.model)?;
    let any = bytes.model(args.model.display())?;
    let model = &any.model;
    let answers = Answers::new(model, args.reject);
    let mut printer = Printer { any: &any, answers, args, activities: Vec::new(), begun: false };
    let named = args.samples.data.as_deref().filter(|_| args.samples.split.is_none());
    let Some(name) = named.filter(|name| *name == "-" || data::is_file(name)) else {
        let chosen = args.samples.load(&args.model, model)?;
        return printer.split(&chosen.split());
    };
    let reading = args.samples.reading(&args.model, model)?;
    if name != "-" && data::is_archive(Path::new(name)) {
        let reading = Reading { whole: true, target: Target::Nothing, ..reading };
        let data = data::load_as(name, &reading)?;
        let (expected, got) = (model.network().input_units(), data.features);
        require!(got == expected, name, format!("{expected} values a sample, as the model takes"), got);
        return printer.split(&data.test);
    }
    let names = model.header().input.names.map(|names| names.iter().map(String::from).collect());
    let wanted = Wanted { features: model.network().input_units(), names };
    let mut stream = Stream::open(name, &reading, &wanted)?;
    for note in stream.notes.drain(..) {
        output::say(format_args!("{name}: {note}"));
    }
    while let Some(sample) = stream.read()? {
        if args.index.is_none_or(|index| index == sample.index) {
            printer.print(sample.index, &sample.values)?;
        }
        if args.index == Some(sample.index) {
            return Ok(());
        }
    }
    require!(args.index.is_none(), "--index", "a row of the file", args.index.unwrap_or_default());
    Ok(())
}

/// Prints answers one by one.
struct Printer<'a> {
    any: &'a AnyModel<'a>,
    answers: Answers<'a>,
    args: &'a Args,
    activities: Vec<f32>,
    begun: bool,
}

impl Printer<'_> {
    /// Answers every sample of `split`, or the one that was asked for.
    fn split(&mut self, split: &Split) -> Result<()> {
        let range = match self.args.index {
            None => 0..split.len(),
            Some(index) => {
                let most = split.len().saturating_sub(1);
                require!(index < split.len(), "--index", format!("0 to {most}"), index);
                index..index + 1
            }
        };
        let features = self.any.model.network().input_units();
        range.into_iter().try_for_each(|index| self.print(index, &split.raw(index, features)))
    }

    /// Answers one sample of `raw` values.
    fn print(&mut self, index: usize, raw: &[f32]) -> Result<()> {
        let network = self.any.model.network();
        self.activities.resize(network.units(), 0.0);
        let input = self.answers.input(raw)?;
        let whole =
            self.any.integer.as_ref().map(|model| AnyModel::integer_answer(model, raw)).transpose()?;
        let outputs = match &whole {
            Some(outputs) => outputs,
            None => network.infer(&input, &mut self.activities)?,
        };
        if self.args.json {
            return super::print(self.answers.json(index, &input, outputs));
        }
        if !self.begun {
            self.begun = true;
            super::print(self.answers.header())?;
        }
        super::print(self.answers.csv(index, &input, outputs))
    }
}
