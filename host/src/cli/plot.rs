//! `fenchel plot`.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::builder::PossibleValuesParser;

use super::runs::read;
use crate::BadInput;
use crate::experiments::robustness_figure;
use crate::report::{Reported, figures, png};
use crate::store::files;

/// Write one of a report's figures, with one run or several, as SVG or PNG
#[derive(clap::Args)]
#[command(after_help = "Examples:
  fenchel plot runs/first --figure accuracy
  fenchel plot runs/first runs/second --figure loss -o loss.png
  fenchel plot results/robustness.json -o robustness.svg")]
pub struct Args {
    /// Folders of runs, or the robustness.json that `fenchel reproduce robustness` writes
    #[arg(required = true, num_args = 1..)]
    runs: Vec<PathBuf>,
    /// Name of the figure of a run
    #[arg(long, value_parser = PossibleValuesParser::new(figures().into_iter().map(|figure| figure.name)))]
    figure: Option<String>,
    /// File to write, which ends in .svg or .png [default: FIGURE.svg]
    #[arg(long, short)]
    output: Option<PathBuf>,
}

pub fn run(args: &Args) -> Result<()> {
    let name = match (&args.figure, report(args)) {
        (Some(name), _) => name,
        (None, Some(_)) => "robustness",
        (None, None) => return Err(BadInput::new("--figure", "a figure's name for a run", "none").into()),
    };
    let output = args.output.clone().unwrap_or_else(|| PathBuf::from(format!("{name}.svg")));
    let ending = output.extension().map(|ending| ending.to_ascii_lowercase());
    let as_png = match ending.as_deref().and_then(|ending| ending.to_str()) {
        Some("svg") => false,
        Some("png") => true,
        _ => {
            let got = format!("{:?}", output.display().to_string());
            return Err(BadInput::new("--output", "a file that ends in .svg or .png", got).into());
        }
    };
    let svg = match report(args) {
        Some(path) => of_report(path)?,
        None => of_runs(&args.runs, name)?,
    };
    files::write(&output, &if as_png { png(&svg)? } else { svg.into_bytes() })?;
    super::print(output.display())
}

/// Returns the single report file that was given instead of runs.
fn report(args: &Args) -> Option<&PathBuf> {
    match args.runs.as_slice() {
        [path] if path.extension().is_some_and(|ending| ending == "json") => Some(path),
        _ => None,
    }
}

fn of_report(path: &PathBuf) -> Result<String> {
    let expected = "what `fenchel reproduce robustness` writes";
    let text =
        std::fs::read_to_string(path).map_err(|error| BadInput::new(path.display(), expected, error))?;
    let report =
        serde_json::from_str(&text).map_err(|error| BadInput::new(path.display(), expected, error))?;
    robustness_figure::figure(&report, None).with_context(|| path.display().to_string())
}

fn of_runs(runs: &[PathBuf], name: &str) -> Result<String> {
    let read = |folder: &PathBuf| Ok(Reported::new(read(folder)?));
    let runs = runs.iter().map(read).collect::<Result<Vec<_>>>()?;
    let figures = figures();
    let figure = figures.iter().find(|figure| figure.name == name);
    figure.ok_or_else(|| BadInput::new("--figure", "a figure's name", name))?.svg(&runs)
}

/// Parses the file of an option that draws as SVG only.
pub(super) fn svg(path: &str) -> std::result::Result<PathBuf, &'static str> {
    let path = PathBuf::from(path);
    let fits = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("svg"));
    fits.then_some(path).ok_or("expected a file that ends in .svg")
}
