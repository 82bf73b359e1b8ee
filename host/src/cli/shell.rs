//! `fenchel completions` and `fenchel man`: files for the shell, from the command line's own definition.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::CommandFactory;

/// Print a script that completes `fenchel` in a shell
#[derive(clap::Args)]
#[command(
    after_help = "Example: fenchel completions bash > ~/.local/share/bash-completion/completions/fenchel"
)]
pub struct CompletionsArgs {
    /// Name of the shell
    shell: clap_complete::Shell,
}

/// Write the manual pages, one for each command
#[derive(clap::Args)]
#[command(after_help = "Example: fenchel man ~/.local/share/man/man1")]
pub struct ManArgs {
    /// Folder for the pages
    folder: PathBuf,
}

pub fn completions(args: &CompletionsArgs) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut super::Cli::command(), "fenchel", &mut script);
    super::print(String::from_utf8(script)?.trim_end())
}

pub fn man(args: &ManArgs) -> Result<()> {
    crate::store::files::make_folder(&args.folder)?;
    clap_mangen::generate_to(super::Cli::command(), &args.folder)
        .with_context(|| format!("writing manual pages to {}", args.folder.display()))
}
