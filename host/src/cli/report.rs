//! `fenchel report`.

use std::path::PathBuf;

use anyhow::Result;

use super::runs::read;
use crate::error::require;
use crate::report::{Reported, page};
use crate::store::files;

/// Write a report of one run, or several side by side, as one HTML file
#[derive(clap::Args)]
#[command(after_help = "Examples:
  fenchel report runs/first
  fenchel report runs/first runs/second -o both.html")]
pub struct Args {
    /// Folders of runs
    #[arg(required = true, num_args = 1..)]
    runs: Vec<PathBuf>,
    /// File to write
    #[arg(long, short, default_value = "report.html")]
    output: PathBuf,
}

pub fn run(args: &Args) -> Result<()> {
    let reported = |folder: &PathBuf| {
        let run = read(folder)?;
        let expected = "a run with a model, after its first checkpoint";
        require!(run.has_best, folder.display(), expected, "one without");
        Ok(Reported::new(run))
    };
    let runs = args.runs.iter().map(reported).collect::<Result<Vec<_>>>()?;
    files::write(&args.output, page(&runs)?.as_bytes())?;
    super::print(args.output.display())
}
