//! `fenchel runs` and `fenchel compare`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::table::table;
use crate::BadInput;
use crate::spelling;
use crate::store::run::{self, BEST, LAST, LOG, SETTINGS};
use crate::train::{Epoch, Logged, Settings};

/// List runs: how far each is, and how good
#[derive(clap::Args)]
#[command(after_help = "Example: fenchel runs runs")]
pub struct ListArgs {
    /// Folder that holds the runs
    #[arg(default_value = "runs")]
    folder: PathBuf,
    /// Print one JSON object a line: run, data, objective, seed, epoch, epochs, state, best_epoch, validation_accuracy
    #[arg(long)]
    json: bool,
}

/// Put runs side by side: the settings that differ, and what came of each
#[derive(clap::Args)]
#[command(after_help = "Example: fenchel compare runs/first runs/second")]
pub struct CompareArgs {
    /// Folders of runs
    #[arg(required = true, num_args = 2..)]
    runs: Vec<PathBuf>,
    /// Print one JSON object: differing settings and outcomes by run
    #[arg(long)]
    json: bool,
}

/// A run as its files tell it.
pub(super) struct Listed {
    name: String,
    pub settings: Settings,
    pub epochs: Vec<Logged>,
    pub has_best: bool,
    has_last: bool,
}

impl Listed {
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(SETTINGS);
        let text = std::fs::read_to_string(&path).map_err(|error| {
            BadInput::new(folder.display(), "the folder of a run, with settings.toml", error)
        })?;
        let settings = Settings::from_toml(&text).with_context(|| path.display().to_string())?;
        let log = std::fs::read_to_string(folder.join(LOG)).unwrap_or_default();
        Ok(Self {
            name: folder.display().to_string(),
            settings,
            epochs: run::epochs(&log),
            has_best: folder.join(BEST).exists(),
            has_last: folder.join(LAST).exists(),
        })
    }

    fn best(&self) -> Option<&Epoch> {
        let trained = self.epochs.iter().map(|logged| &logged.epoch).filter(|epoch| !epoch.pretraining);
        trained.reduce(|best, epoch| {
            let merit = |epoch: &Epoch| (epoch.validation_accuracy, -epoch.validation_loss);
            if merit(epoch) > merit(best) { epoch } else { best }
        })
    }

    fn state(&self) -> &'static str {
        match (self.has_last, self.has_best) {
            (true, _) => "finished",
            (false, true) => "unfinished",
            (false, false) => "begun",
        }
    }

    fn report(&self) -> Value {
        let trained = self.epochs.iter().filter(|logged| !logged.epoch.pretraining).count();
        json!({
            "run": self.name,
            "data": self.settings.data.source,
            "objective": spelling::name(self.settings.objective.name),
            "seed": self.settings.seed,
            "epoch": trained,
            "epochs": self.settings.optimiser.epochs,
            "state": self.state(),
            "best_epoch": self.best().map(|epoch| epoch.epoch),
            "validation_accuracy": self.best().map(|epoch| epoch.validation_accuracy),
            "seconds": self.epochs.last().map(|logged| logged.epoch.seconds),
        })
    }
}

/// A value as a table shows it.
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
        .filter(|path| path.join(SETTINGS).exists())
        .collect();
    folders.sort();
    let runs = folders.iter().map(|folder| Listed::read(folder)).collect::<Result<Vec<_>>>()?;
    if args.json {
        return runs.iter().try_for_each(|run| super::print(run.report()));
    }
    const COLUMNS: [&str; 8] =
        ["run", "data", "objective", "seed", "epoch", "epochs", "state", "validation_accuracy"];
    let row = |run: &Listed| COLUMNS.iter().map(|column| shown(&run.report()[column])).collect();
    let heading = COLUMNS.map(|column| column.replace('_', " ")).to_vec();
    table(&std::iter::once(heading).chain(runs.iter().map(row)).collect::<Vec<_>>())
}

pub fn compare(args: &CompareArgs) -> Result<()> {
    let runs = args.runs.iter().map(|folder| Listed::read(folder)).collect::<Result<Vec<_>>>()?;
    let settings = runs.iter().map(|run| Ok(json!(run.settings))).collect::<Result<Vec<Value>>>()?;
    let names: Vec<_> = settings[0].as_object().into_iter().flat_map(|object| object.keys()).collect();
    let differs = |name: &&&String| settings.iter().any(|other| other[**name] != settings[0][**name]);
    let differing: Vec<_> = names.iter().filter(differs).map(|name| name.as_str()).collect();
    let outcomes: Vec<_> = runs.iter().map(Listed::report).collect();
    const OUTCOMES: [&str; 5] = ["state", "epoch", "best_epoch", "validation_accuracy", "seconds"];
    if args.json {
        let report = |(settings, outcome): (&Value, &Value)| {
            let own: serde_json::Map<_, _> =
                differing.iter().map(|name| (name.to_string(), settings[*name].clone())).collect();
            json!({ "settings": own, "outcome": outcome })
        };
        return super::print(settings.iter().zip(&outcomes).map(report).collect::<Value>());
    }
    let mut rows =
        vec![std::iter::once(String::new()).chain(runs.iter().map(|run| run.name.clone())).collect()];
    for name in &differing {
        rows.push(
            std::iter::once(name.to_string()).chain(settings.iter().map(|s| shown(&s[*name]))).collect(),
        );
    }
    for name in OUTCOMES {
        let heading = name.replace('_', " ");
        rows.push(
            std::iter::once(heading).chain(outcomes.iter().map(|outcome| shown(&outcome[name]))).collect(),
        );
    }
    table(&rows)
}
