//! `cargo xtask tables`: trains by default settings on small public tables, beside scikit-learn's MLP.

mod classify;
mod limits;
mod page;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use fenchel::experiments::provenance::Provenance;
use serde_json::{Value, json};

use crate::process::{cargo, check, output, processor_seconds, root};
use crate::python;
use crate::setup::Unknown;

/// Packages that tests/tables needs from PyPI.
const PACKAGES: [&str; 2] = ["numpy", "scikit-learn"];
/// Number of trainings of each method on each set, from seeds 0, 1, ….
const SEEDS: usize = 3;

/// Options of the command.
#[derive(clap::Args)]
pub struct Args {
    /// Only these sets, by name; prints the page instead of writing it
    #[arg(long, value_delimiter = ',', value_name = "SET")]
    only: Vec<String>,
}

/// Paths of its parts.
struct Places {
    /// Python with [`PACKAGES`].
    python: PathBuf,
    /// The command `fenchel`.
    fenchel: PathBuf,
    /// Folder of the NPZ files and the list of tests/tables/fetch.py.
    sets: PathBuf,
    /// Folder of a run, which the next run replaces.
    run: PathBuf,
}

/// Fetches, trains, compares, and writes docs/results/tables.md and tables.json; returns an error if a
/// limit is missed.
pub fn run(args: &Args) -> Result<()> {
    let imports = "import numpy, sklearn";
    let python = python::environment("tables/python", &PACKAGES, imports)?;
    let python = python.with_context(|| format!("PyPI's {} can't be installed", PACKAGES.join(", ")))?;
    check(&mut cargo(&["build", "--quiet", "--release", "--package", "fenchel"]))?;
    let folder = root().join("target/tables");
    let places = Places {
        python,
        fenchel: root().join("target/release/fenchel"),
        sets: folder.join("sets"),
        run: folder.join("run"),
    };
    let list = places.list()?;
    let rows = places.compare(&list["sets"], &args.only)?;
    let provenance = Provenance::of("cargo xtask tables".into());
    let limits = limits::verdicts(&rows);
    let page = page::markdown(&rows, &limits, &list["packages"], &provenance);
    if args.only.is_empty() {
        let results = root().join("docs/results");
        let report = json!({
            "command": provenance.command,
            "commit": provenance.commit,
            "machine": provenance.machine,
            "packages": list["packages"],
            "seeds": SEEDS,
            "classification": rows.iter().map(classify::Row::json).collect::<Vec<_>>(),
        });
        std::fs::write(results.join("tables.json"), format!("{report:#}\n"))
            .context("writing tables.json")?;
        std::fs::write(results.join("tables.md"), &page).context("writing tables.md")?;
    } else {
        println!("{page}");
    }
    match limits.iter().filter(|limit| !limit.is_met).count() {
        0 => Ok(()),
        missed => bail!("{missed} limits are missed, which the page names"),
    }
}

impl Places {
    /// Returns what tests/tables/fetch.py says about the sets, which it downloads if they aren't there.
    fn list(&self) -> Result<Value> {
        let path = self.sets.join("sets.json");
        if !path.exists() {
            check(Command::new(&self.python).arg(root().join("tests/tables/fetch.py")).arg(&self.sets))?;
        }
        Ok(serde_json::from_slice(&std::fs::read(path)?)?)
    }

    /// Returns a row for each of the `sets`, or for those that are named.
    fn compare(&self, sets: &Value, only: &[String]) -> Result<Vec<classify::Row>> {
        let sets = sets.as_array().context("a list of sets")?;
        let name = |set: &Value| set["name"].as_str().unwrap_or_default().to_string();
        if let Some(unknown) = only.iter().find(|only| !sets.iter().any(|set| name(set) == **only)) {
            let names = sets.iter().map(name).collect::<Vec<_>>().join(", ");
            return Err(Unknown(format!("--only: expected some of {names}; got {unknown}")).into());
        }
        let chosen = sets.iter().filter(|set| only.is_empty() || only.contains(&name(set)));
        chosen.map(|set| classify::Row::of(self, &name(set), set)).collect()
    }

    /// Returns a JSON object of the results of scikit-learn's network on the set at `path`.
    fn baseline(&self, path: &Path) -> Result<Value> {
        let mut baseline = Command::new(&self.python);
        baseline.arg(root().join("tests/tables/baseline.py")).arg(path).arg(SEEDS.to_string());
        Ok(serde_json::from_str(&output(&mut baseline)?)?)
    }

    /// Trains as a user would who gives nothing but data, objective and seed; returns wall-clock and
    /// processor seconds.
    fn train(&self, path: &Path, objective: &str, seed: usize) -> Result<[f64; 2]> {
        if self.run.exists() {
            std::fs::remove_dir_all(&self.run)?;
        }
        let mut train = Command::new(&self.fenchel);
        train.args(["train", "--quiet", "--json", "--objective", objective, "--seed", &seed.to_string()]);
        train.arg("--data").arg(path).arg("--out").arg(&self.run);
        let (start, processor) = (Instant::now(), processor_seconds());
        // Its warnings, such as that few samples validate, are known here.
        let ended = train.output()?;
        let seconds = [start.elapsed().as_secs_f64(), processor_seconds() - processor];
        if !ended.status.success() {
            bail!("{}: {}", path.display(), String::from_utf8_lossy(&ended.stderr));
        }
        Ok(seconds)
    }

    /// Returns what `fenchel eval --classes --json` says about the run.
    fn evaluate(&self) -> Result<Value> {
        let mut eval = Command::new(&self.fenchel);
        Ok(serde_json::from_str(&output(eval.args(["eval", "--classes", "--json"]).arg(&self.run))?)?)
    }
}
