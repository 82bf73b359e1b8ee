//! `fenchel report`.

use std::path::PathBuf;

use anyhow::Result;

use super::runs::Listed;
use crate::BadInput;
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
    /// The file
    #[arg(long, short, default_value = "report.html")]
    output: PathBuf,
}

pub fn run(args: &Args) -> Result<()> {
    let read = |folder: &PathBuf| {
        let Listed { settings, epochs, has_best, .. } = Listed::read(folder)?;
        if !has_best {
            let expected = "a run with a model, after its first checkpoint";
            return Err(BadInput::new(folder.display(), expected, "one without").into());
        }
        Ok(Reported::new(folder.clone(), settings, epochs))
    };
    let runs = args.runs.iter().map(read).collect::<Result<Vec<_>>>()?;
    files::write(&args.output, page(&runs)?.as_bytes())?;
    super::print(args.output.display())
}
