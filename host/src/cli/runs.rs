//! `fenchel runs` and `fenchel compare`.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::Result;
use serde_json::{Value, json};

use super::errors;
use super::table::table;
use crate::BadInput;
use crate::output::{self, harmless, say};
use crate::spelling;
use crate::store::files;
use crate::store::run::{CHECKPOINT, SETTINGS};
use crate::train::Record;

/// List runs with their progress and validation accuracy
#[derive(clap::Args)]
#[command(after_help = "Example: fenchel runs runs")]
pub struct ListArgs {
    /// Folder that holds the runs
    #[arg(default_value = "runs")]
    folder: PathBuf,
    /// Print one JSON object on each line: run, data, objective, seed, epoch, epochs, state, best_epoch, validation_accuracy; or error for a damaged run
    #[arg(long)]
    json: bool,
}

/// Compare runs side by side: the settings that differ, and the results of each
#[derive(clap::Args)]
#[command(after_help = "Example: fenchel compare runs/first runs/second")]
pub struct CompareArgs {
    /// Folders of runs
    #[arg(required = true, num_args = 2..)]
    runs: Vec<PathBuf>,
    /// Print one JSON object: settings that differ, and results, by run
    #[arg(long)]
    json: bool,
}

/// Reads the run in `folder`, and prints what its log lacks.
pub(super) fn read(folder: &Path) -> Result<Record> {
    let run = Record::read(folder)?;
    if let Some(complaint) = &run.complaint {
        say(format_args!("warning: {complaint}"));
    }
    Ok(run)
}

fn state(run: &Record) -> &'static str {
    match (run.is_finished, run.has_best) {
        (true, _) => "finished",
        (false, true) => "unfinished",
        (false, false) => "begun",
    }
}

fn outcome(run: &Record) -> Value {
    json!({
        "run": output::path(&run.folder),
        "data": run.settings.data.source,
        "objective": spelling::name(run.settings.objective.name),
        "seed": run.settings.seed,
        "epoch": run.trained,
        "epochs": run.settings.optimiser.epochs,
        "state": state(run),
        "best_epoch": run.best.map(|epoch| epoch.epoch),
        "validation_accuracy": run.best.map(|epoch| epoch.validation_accuracy),
        "seconds": run.seconds,
    })
}

/// Returns the [`outcome`] of the run in `folder` or, if it can't be read, the reason as `error`.
fn listed(folder: &Path) -> Value {
    match read(folder) {
        Ok(run) => outcome(&run),
        Err(error) => {
            json!({ "run": output::path(folder), "state": "damaged", "error": errors::line(&error) })
        }
    }
}

/// Returns a value as a table shows it.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => "–".into(),
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_f64() => format!("{:.4}", number.as_f64().unwrap_or(f64::NAN)),
        other => other.to_string(),
    }
}

pub fn list(args: &ListArgs) -> Result<()> {
    let entries = std::fs::read_dir(&args.folder)
        .map_err(|error| BadInput::new(args.folder.display(), "a folder that holds runs", error))?;
    let mut folders: Vec<_> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| !path.file_name().and_then(OsStr::to_str).is_some_and(files::is_leftover))
        .filter(|path| [SETTINGS, CHECKPOINT].iter().any(|name| path.join(name).exists()))
        .collect();
    folders.sort();
    let runs: Vec<_> = folders.iter().map(|folder| listed(folder)).collect();
    if args.json {
        return runs.iter().try_for_each(super::print);
    }
    const COLUMNS: [&str; 8] =
        ["run", "data", "objective", "seed", "epoch", "epochs", "state", "validation_accuracy"];
    let row = |run: &Value| COLUMNS.iter().map(|column| shown(&run[column])).collect();
    let heading = COLUMNS.map(|column| column.replace('_', " ")).to_vec();
    table(&std::iter::once(heading).chain(runs.iter().map(row)).collect::<Vec<_>>())?;
    for error in runs.iter().filter_map(|run| run["error"].as_str()) {
        super::print(format_args!("damaged: {}", harmless(error)))?;
    }
    Ok(())
}

/// Returns the settings of a run by name, with groups and names joined by dots.
fn settings(run: &Record) -> BTreeMap<String, Value> {
    fn add(value: &Value, name: &str, all: &mut BTreeMap<String, Value>) {
        match value.as_object() {
            Some(group) => group.iter().for_each(|(inner, value)| {
                let name = if name.is_empty() { inner.clone() } else { format!("{name}.{inner}") };
                add(value, &name, all);
            }),
            None => drop(all.insert(name.to_string(), value.clone())),
        }
    }
    let mut all = BTreeMap::new();
    add(&json!(run.settings), "", &mut all);
    all
}

pub fn compare(args: &CompareArgs) -> Result<()> {
    let runs = args.runs.iter().map(|folder| read(folder)).collect::<Result<Vec<_>>>()?;
    let settings: Vec<_> = runs.iter().map(settings).collect();
    let names: BTreeSet<_> = settings.iter().flat_map(BTreeMap::keys).collect();
    let differs = |name: &&String| settings.iter().any(|other| other.get(*name) != settings[0].get(*name));
    let differing: Vec<_> = names.into_iter().filter(differs).collect();
    let outcomes: Vec<_> = runs.iter().map(outcome).collect();
    const OUTCOMES: [&str; 5] = ["state", "epoch", "best_epoch", "validation_accuracy", "seconds"];
    if args.json {
        let report = |(settings, outcome): (&BTreeMap<_, _>, &Value)| {
            let own: BTreeMap<_, _> = differing.iter().map(|name| (name, settings.get(*name))).collect();
            json!({ "settings": own, "outcome": outcome })
        };
        return super::print(settings.iter().zip(&outcomes).map(report).collect::<Value>());
    }
    let names = runs.iter().map(|run| output::path(&run.folder));
    let mut rows: Vec<Vec<_>> = vec![std::iter::once(String::new()).chain(names).collect()];
    for name in &differing {
        let value = |settings: &BTreeMap<_, _>| shown(settings.get(*name).unwrap_or(&Value::Null));
        rows.push(std::iter::once(name.to_string()).chain(settings.iter().map(value)).collect());
    }
    for name in OUTCOMES {
        let value = |outcome: &Value| shown(&outcome[name]);
        rows.push(std::iter::once(name.replace('_', " ")).chain(outcomes.iter().map(value)).collect());
    }
    table(&rows)
}
