//! The command line: a thin layer over the library. Each command has a file; `Command` lists them.

mod adapt;
mod adapt_chips;
mod answer;
mod bench;
mod data;
mod errors;
mod eval;
mod eval_classes;
mod eval_values;
mod export;
mod export_integer;
mod folds;
mod hardware;
mod import;
mod infer;
mod inspect;
mod inspect_text;
mod options;
mod plot;
mod problem;
mod reading;
mod relax;
mod report;
mod reproduce;
mod runs;
mod samples;
mod shell;
mod spice;
mod table;
mod theory;
mod train;
mod training;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::BadInput;
use crate::output::{self, print};

/// Train a small, robust neural network on a PC and run it on a microcontroller with bit-identical results.
///
/// Results go to stdout, progress and
/// errors to stderr. Exit codes: 0 done, 1 failed, 2 bad input, 130 interrupted.
#[derive(Parser)]
#[command(
    name = "fenchel",
    version,
    before_help = "Begin with `fenchel train`: it needs no data and no options.",
    after_help = "Example: fenchel train --objective arovr-g --out runs/first"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Train(Box<train::Args>),
    Eval(eval::Args),
    Infer(infer::Args),
    Adapt(Box<adapt::Args>),
    Export(export::Args),
    Import(import::Args),
    Inspect(inspect::Args),
    Bench(bench::Args),
    Data(data::Args),
    Reproduce(reproduce::Args),
    Runs(runs::ListArgs),
    Compare(runs::CompareArgs),
    Report(report::Args),
    Plot(plot::Args),
    Completions(shell::CompletionsArgs),
    Man(shell::ManArgs),
    Relax(relax::Args),
    Spice(Box<spice::Args>),
    Theory(theory::Args),
}

/// Runs the command line.
pub fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Train(args) => train::run(&args),
        Command::Eval(args) => eval::run(&args),
        Command::Infer(args) => infer::run(&args),
        Command::Adapt(args) => adapt::run(&args),
        Command::Export(args) => export::run(&args),
        Command::Import(args) => import::run(&args),
        Command::Inspect(args) => inspect::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Data(args) => data::run(&args),
        Command::Reproduce(args) => reproduce::run(&args),
        Command::Runs(args) => runs::list(&args),
        Command::Compare(args) => runs::compare(&args),
        Command::Report(args) => report::run(&args),
        Command::Plot(args) => plot::run(&args),
        Command::Completions(args) => shell::completions(&args),
        Command::Man(args) => shell::man(&args),
        Command::Relax(args) => relax::run(&args),
        Command::Spice(args) => spice::run(&args),
        Command::Theory(args) => theory::run(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            output::say(format_args!("fenchel: {}", errors::line(&error)));
            ExitCode::from(match &error {
                error if error.is::<training::Interrupted>() => 130,
                error if is_bad_input(error) => 2,
                _ => 1,
            })
        }
    }
}

fn is_bad_input(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| cause.is::<BadInput>() || cause.is::<fenchel_core::Error>())
}

/// Returns whether the reader of stdout has read enough and closed it, as `head` does.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let kind =
        |cause: &(dyn std::error::Error + 'static)| cause.downcast_ref::<std::io::Error>().map(|e| e.kind());
    error.chain().any(|cause| kind(cause) == Some(std::io::ErrorKind::BrokenPipe))
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use clap::{CommandFactory, Parser};

    type Names = BTreeSet<String>;

    /// Returns the options in the tables of the section with this heading of docs/reference.md, and of the
    /// sections that it links to; `None` without such a section.
    fn listed(page: &str, heading: &str) -> Option<Names> {
        let (_, section) = page.split_once(&format!("\n### {heading}\n"))?;
        let section = section.split("\n#").next()?;
        let cells = section.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").next());
        let options = cells.flat_map(|cell| cell.split('`')).filter(|text| text.starts_with("--"));
        let mut names: Names = options.map(String::from).collect();
        for anchor in section.split("](#").skip(1).filter_map(|link| link.split(')').next()) {
            let mut headings = page.lines().filter_map(|line| line.strip_prefix("### "));
            let linked = headings.find(|heading| heading.to_lowercase().replace(' ', "-") == anchor);
            names.extend(linked.and_then(|heading| listed(page, heading)).unwrap_or_default());
        }
        Some(names)
    }

    /// Collects the options of `command` and its subcommands by their section: that of the command, or of the
    /// one above if it has none.
    fn options(command: &clap::Command, above: &str, page: &str, sections: &mut BTreeMap<String, Names>) {
        for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
            let own = format!("{above} {}", sub.get_name()).trim().to_string();
            let section =
                if listed(page, &own).is_some() || above.is_empty() { own } else { above.to_string() };
            let shown = sub.get_arguments().filter(|option| !option.is_hide_set());
            let longs = shown.filter_map(|option| option.get_long()).filter(|long| *long != "help");
            sections.entry(section.clone()).or_default().extend(longs.map(|long| format!("--{long}")));
            options(sub, &section, page, sections);
        }
    }

    #[test]
    fn the_reference_lists_every_option_and_no_other() {
        let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/reference.md"));
        let page = page.expect("docs/reference.md");
        let mut sections = BTreeMap::new();
        options(&super::Cli::command(), "", &page, &mut sections);
        for (section, names) in sections {
            let listed = listed(&page, &section).unwrap_or_default();
            let lacking: Vec<_> = names.difference(&listed).collect();
            let unknown: Vec<_> = listed.difference(&names).collect();
            assert!(lacking.is_empty(), "docs/reference.md, section {section}: add a row for {lacking:?}");
            assert!(unknown.is_empty(), "docs/reference.md, section {section}: no such option: {unknown:?}");
        }
    }

    #[test]
    fn every_command_shows_an_example() {
        fn check(command: &mut clap::Command, path: &str) {
            let help = command.render_long_help().to_string();
            assert!(
                help.contains(&format!("  {path}")) || help.contains(&format!(": {path}")),
                "{path}: {help}"
            );
            for sub in command.get_subcommands_mut().filter(|sub| sub.get_name() != "help") {
                check(sub, &format!("{path} {}", sub.get_name()));
            }
        }
        check(&mut super::Cli::command(), "fenchel");
    }

    #[test]
    fn fenchel_alone_says_where_to_begin() {
        let help = super::Cli::try_parse_from(["fenchel"]).err().expect("no command").to_string();
        assert!(help.contains("Begin with `fenchel train`"), "{help}");
    }
}
