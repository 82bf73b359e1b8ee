//! `fenchel data`: lists the data sets that are here, and downloads others.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Result;
use clap::Subcommand;
use serde_json::{Value, json};

use super::reading::ReadingArgs;
use super::table::table;
use crate::BadInput;
use crate::data::fetch::{Limits, Outcome, Progress, Remote, fetch, without_password};
use crate::data::{self, FOLDER, NAMED, Reading};
use crate::error::{printable, require};
use crate::output::{self, say_above};

/// List and download data sets
#[derive(clap::Args)]
#[command(after_help = "Example: fenchel data list")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    List(ListArgs),
    Fetch(FetchArgs),
}

/// List data sets: where each was found, its samples, their shape, its classes
#[derive(clap::Args)]
#[command(after_help = "Examples:
  fenchel data list
  fenchel data list samples.npz mnist-folder")]
struct ListArgs {
    /// What to list: anything that --data takes [default: every name that it takes]
    data: Vec<String>,
    #[command(flatten)]
    reading: ReadingArgs,
    /// Print one JSON object on each line: name, place, samples (train, validation, test), shape, classes (names), features (names), sha256, warnings; or error for data that can't be used
    #[arg(long)]
    json: bool,
}

/// Download a published data set into the folder where --data looks for it
#[derive(clap::Args)]
#[command(after_help = "Examples:
  fenchel data fetch mnist
  fenchel data fetch kmnist --mirror https://example.org/kmnist --out data/kmnist")]
struct FetchArgs {
    /// Name of the data set: mnist, fashion-mnist or kmnist
    name: String,
    /// Address of a folder with the files; if given several times, they are tried in turn [default: where they are published]
    #[arg(long, value_name = "URL")]
    mirror: Vec<String>,
    /// Folder for the files [default: data/NAME, where --data NAME looks first]
    #[arg(long)]
    out: Option<PathBuf>,
    /// Seconds without a byte after which a mirror is given up
    #[arg(long, default_value_t = 30.0)]
    patience: f64,
    /// Seconds for the whole download, which the next call resumes
    #[arg(long, default_value_t = 3600.0)]
    time_limit: f64,
    /// Print one JSON object: folder, files (name, state: present or fetched)
    #[arg(long)]
    json: bool,
    /// Show no progress, only failures of a mirror
    #[arg(long, short)]
    quiet: bool,
}

pub fn run(args: &Args) -> Result<()> {
    match &args.command {
        Command::List(args) => list(args),
        Command::Fetch(args) => download(args),
    }
}

/// Returns where a data set is; `None` if it isn't here.
fn place(name: &str) -> Option<String> {
    match data::named(name) {
        Some(named) => match named.published {
            Some(published) => published.find().map(|folder| folder.display().to_string()),
            None => Some("compiled in".into()),
        },
        None => Path::new(name).exists().then(|| name.to_string()),
    }
}

fn listed(name: &str, reading: &Reading) -> Value {
    let place = place(name);
    match data::load_as(name, reading) {
        Ok(data) => json!({
            "name": name,
            "place": place,
            "samples": {
                "train": data.train.len(),
                "validation": data.validation.len(),
                "test": data.test.len(),
            },
            "shape": data.shape,
            "classes": data.class_names,
            "features": data.feature_names,
            "sha256": data.identity().to_string(),
            "warnings": data.warnings,
        }),
        Err(error) => json!({ "name": name, "place": place, "error": format!("{error:#}") }),
    }
}

fn list(args: &ListArgs) -> Result<()> {
    let all = || NAMED.iter().map(|named| named.name.to_string()).collect();
    let names: Vec<String> = if args.data.is_empty() { all() } else { args.data.clone() };
    let mut reading = Reading::default();
    args.reading.apply(&mut reading);
    let sets: Vec<_> = names.iter().map(|name| listed(name, &reading)).collect();
    let unusable: Vec<_> = sets.iter().zip(&args.data).filter(|(set, _)| !set["error"].is_null()).collect();
    let outcome = match unusable.first() {
        None => Ok(()),
        Some((_, name)) => {
            let got = format!("{} of {} that can't", unusable.len(), sets.len());
            Err(BadInput::new(printable(name), "data sets that can be used", got).into())
        }
    };
    if args.json {
        sets.iter().try_for_each(super::print)?;
        return outcome;
    }
    let mut rows =
        vec![["name", "place", "train", "validation", "test", "shape", "classes"].map(String::from).to_vec()];
    rows.extend(sets.iter().zip(&names).map(|(set, name)| {
        let place = set["place"].as_str().map_or_else(|| "not found".to_string(), printable);
        let shape: Vec<_> = set["shape"].as_array().into_iter().flatten().map(Value::to_string).collect();
        let mut row = vec![printable(name), place];
        row.extend(["train", "validation", "test"].map(|part| match &set["samples"][part] {
            Value::Null => "–".to_string(),
            count => count.to_string(),
        }));
        row.push(if shape.is_empty() { "–".into() } else { shape.join("×") });
        row.push(set["classes"].as_array().map_or_else(|| "–".into(), |names| names.len().to_string()));
        row
    }));
    table(&rows)?;
    for (set, name) in sets.iter().zip(&names) {
        for warning in set["warnings"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            super::print(format_args!("{name}: {warning}"))?;
        }
        let Some(error) = set["error"].as_str() else { continue };
        let fetched = data::named(name).is_some_and(|named| named.published.is_some());
        if fetched && set["place"].is_null() {
            super::print(format_args!("{name}: `fenchel data fetch {name}` gets it"))?;
        } else {
            super::print(printable(error))?;
        }
    }
    outcome
}

/// Returns the time that an option gives, of a day at most.
fn seconds(option: &str, given: f64) -> Result<Duration> {
    const DAY: f64 = 86_400.0;
    let expected = format!("a number of seconds above 0, at most {DAY}");
    let time = Duration::try_from_secs_f64(given).ok().filter(|time| !time.is_zero() && given <= DAY);
    Ok(time.ok_or_else(|| BadInput::new(option, expected, given))?)
}

fn download(args: &FetchArgs) -> Result<()> {
    let published = data::named(&args.name).and_then(|named| named.published).ok_or_else(|| {
        let names: Vec<_> = NAMED.iter().filter(|named| named.published.is_some()).map(|n| n.name).collect();
        BadInput::new("data set", format!("one of {}", names.join(", ")), format!("{:?}", args.name))
    })?;
    let limits = Limits {
        silence: seconds("--patience", args.patience)?,
        end: Instant::now() + seconds("--time-limit", args.time_limit)?,
    };
    let folder = args.out.clone().unwrap_or_else(|| Path::new(FOLDER).join(published.name));
    let mirrors: Vec<String> = match args.mirror.as_slice() {
        [] => published.mirrors.iter().map(|mirror| mirror.to_string()).collect(),
        given => given.to_vec(),
    };
    for mirror in &mirrors {
        let is_address = ["http://", "https://"].iter().any(|scheme| mirror.starts_with(scheme));
        require!(
            is_address,
            "--mirror",
            "an address that begins with https:// or http://",
            printable(&without_password(mirror))
        );
    }
    let bar = output::bar("{msg} {wide_bar} {bytes} of {total_bytes} {eta} left", 0).filter(|_| !args.quiet);
    let say = |text: String| say_above(bar.as_ref(), text);
    let mut files = Vec::new();
    for &(name, sha256) in &published.files {
        let mut watch = |progress: Progress| match (progress, &bar) {
            (Progress::Asking(address), Some(bar)) => bar.set_message(address.to_string()),
            (Progress::Asking(address), None) if !args.quiet => say(format!("asking for {address}")),
            (Progress::Bytes(done, total), Some(bar)) => {
                bar.set_length(total.unwrap_or(done));
                bar.set_position(done);
            }
            (Progress::Failed(address, error), _) => say(format!("{address}: {error:#}")),
            _ => {}
        };
        let outcome = fetch(&Remote { name, sha256 }, &mirrors, &folder, limits, &mut watch)?;
        files.push((name, outcome));
    }
    if let Some(bar) = &bar {
        bar.finish_and_clear();
    }
    let fetched = files.iter().filter(|(_, outcome)| *outcome == Outcome::Fetched).count();
    if args.json {
        let state = |outcome| if outcome == Outcome::Fetched { "fetched" } else { "present" };
        let files: Vec<_> =
            files.iter().map(|&(name, outcome)| json!({ "name": name, "state": state(outcome) })).collect();
        return super::print(json!({ "folder": output::path(&folder), "files": files }));
    }
    super::print(format_args!(
        "{}: {} files, {fetched} of them new, checksums right",
        folder.display(),
        files.len()
    ))
}
