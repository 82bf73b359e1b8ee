//! `fenchel plot`.

use std::path::PathBuf;

use anyhow::Result;
use clap::builder::PossibleValuesParser;

use super::runs::Listed;
use crate::BadInput;
use crate::report::{Reported, figures, png};
use crate::store::files;

/// Write one of a report's figures, with one run or several, as SVG or PNG
#[derive(clap::Args)]
#[command(after_help = "Examples:
  fenchel plot runs/first --figure accuracy
  fenchel plot runs/first runs/second --figure loss -o loss.png")]
pub struct Args {
    /// Folders of runs
    #[arg(required = true, num_args = 1..)]
    runs: Vec<PathBuf>,
    /// Which figure
    #[arg(long, value_parser = PossibleValuesParser::new(figures().into_iter().map(|figure| figure.name)))]
    figure: String,
    /// The file, which ends in .svg or .png [default: FIGURE.svg]
    #[arg(long, short)]
    output: Option<PathBuf>,
}

pub fn run(args: &Args) -> Result<()> {
    let output = args.output.clone().unwrap_or_else(|| PathBuf::from(format!("{}.svg", args.figure)));
    let ending = output.extension().map(|ending| ending.to_ascii_lowercase());
    let as_png = match ending.as_deref().and_then(|ending| ending.to_str()) {
        Some("svg") => false,
        Some("png") => true,
        _ => {
            let got = format!("{:?}", output.display().to_string());
            return Err(BadInput::new("--output", "a file that ends in .svg or .png", got).into());
        }
    };
    let read = |folder: &PathBuf| {
        let Listed { settings, epochs, .. } = Listed::read(folder)?;
        Ok(Reported::new(folder.clone(), settings, epochs))
    };
    let runs = args.runs.iter().map(read).collect::<Result<Vec<_>>>()?;
    let figures = figures();
    let figure = figures.iter().find(|figure| figure.name == args.figure);
    let figure = figure.ok_or_else(|| BadInput::new("--figure", "a figure's name", &args.figure))?;
    let svg = figure.svg(&runs)?;
    files::write(&output, &if as_png { png(&svg)? } else { svg.into_bytes() })?;
    super::print(output.display())
}

/// The file of an option that draws as SVG alone.
pub(super) fn svg(path: &str) -> std::result::Result<PathBuf, &'static str> {
    let path = PathBuf::from(path);
    let fits = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("svg"));
    fits.then_some(path).ok_or("expected a file that ends in .svg")
}
