//! Reference runs, to which nothing happened, and what is true of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// Name of the file that the runs on a table read, in the folder where commands start.
pub const TABLE: &str = "table.csv";
/// Name of the run's folder there.
pub const RUN: &str = "run";

/// Options of each run; the first two differ only in the seed.
const RUNS: [&str; 4] = [
    "--objective arovr-g --layers 8 --samples 200 --pretrain 2 --epochs 16 --seed 1",
    "--objective arovr-g --layers 8 --samples 200 --pretrain 2 --epochs 16 --seed 2",
    "--objective backprop --layers 12,6 --samples 300 --batch 20 --epochs 12 --seed 18446744073709551615",
    "--data table.csv --objective arovr-ab --layers 6 --epochs 20 --attack runner-up",
];

/// A run that was trained to its end.
pub struct Reference {
    /// Options of `train`.
    pub options: &'static str,
    /// Files of its folder by name.
    pub files: BTreeMap<String, Vec<u8>>,
    /// Lines of its log, without times and checks.
    pub log: Vec<String>,
    /// What `runs --json` says after each epoch of training: best epoch and its accuracy.
    pub best: Vec<(u64, f64)>,
    /// Accuracy of the best model, as `eval` prints it.
    pub accuracy: f64,
    /// Time that the training took.
    pub time: Duration,
    /// Its seed and objective.
    pub name: (Value, Value),
}

impl Reference {
    /// Trains all references, in folders of their own.
    pub fn all(program: &Path, folder: &Path) -> Result<Vec<Self>> {
        RUNS.iter()
            .enumerate()
            .map(|(n, options)| Self::new(program, &folder.join(n.to_string()), options))
            .collect()
    }

    fn new(program: &Path, place: &Path, options: &'static str) -> Result<Self> {
        std::fs::create_dir_all(place)?;
        write_table(place)?;
        let start = Instant::now();
        let train = format!("train {options} --quiet --out {RUN}");
        answer(program, place, &train)?;
        let time = start.elapsed();
        let files = files(&place.join(RUN))?;
        let log = timeless(&files["log.jsonl"])?;
        let mut best: Vec<(u64, f64)> = Vec::new();
        let mut merit = (f64::MIN, f64::MIN);
        for line in &log {
            let epoch: Value = serde_json::from_str(line)?;
            if epoch["pretraining"] == true {
                continue;
            }
            let number = |name: &str| epoch[name].as_f64().context("a number");
            let own = (number("validation_accuracy")?, -number("validation_loss")?);
            let last = best.last().copied().unwrap_or_default();
            let is_better = own > merit;
            best.push(if is_better { (epoch["epoch"].as_u64().context("an epoch")?, own.0) } else { last });
            merit = if is_better { own } else { merit };
        }
        let json = |arguments: &str| -> Result<Value> {
            Ok(serde_json::from_slice(&answer(program, place, arguments)?)?)
        };
        let evaluated = json(&format!("eval {RUN} --json"))?;
        let listed = json("runs . --json")?;
        for reader in ["report", "export -o out.fenchel", "plot --figure accuracy", "compare run"] {
            answer(program, place, &format!("{reader} {RUN}"))?;
        }
        let reference = Self {
            options,
            log,
            accuracy: evaluated["accuracy"].as_f64().context("an accuracy")?,
            time,
            name: (listed["seed"].clone(), listed["objective"].clone()),
            best,
            files,
        };
        ensure!(reference.is_true(&listed), "a run that nothing happened to: {listed}");
        Ok(reference)
    }

    /// Returns whether a line of `runs --json` is true of this run after some of its epochs.
    pub fn is_true(&self, listed: &Value) -> bool {
        let same = (&listed["seed"], &listed["objective"]) == (&self.name.0, &self.name.1);
        let best = match listed["epoch"].as_u64() {
            Some(0) => listed["best_epoch"].is_null() && listed["validation_accuracy"].is_null(),
            Some(epoch) => self.best.get(epoch as usize - 1).is_some_and(|&(epoch, accuracy)| {
                listed["best_epoch"].as_u64() == Some(epoch) && listed["validation_accuracy"] == accuracy
            }),
            None => false,
        };
        same && best
    }

    /// Returns whether the models in `folder` have its bits.
    pub fn has_models(&self, folder: &Path) -> bool {
        let same = |name: &str| std::fs::read(folder.join(name)).is_ok_and(|bytes| bytes == self.files[name]);
        same("best.fenchel") && same("last.fenchel")
    }
}

/// Returns the files of a folder by name.
pub fn files(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut all = BTreeMap::new();
    for entry in folder.read_dir().with_context(|| format!("reading {}", folder.display()))? {
        let entry = entry?;
        all.insert(entry.file_name().to_string_lossy().into_owned(), std::fs::read(entry.path())?);
    }
    Ok(all)
}

/// Returns the lines of a log without times and checks; incomplete lines are left out.
pub fn timeless(log: &[u8]) -> Result<Vec<String>> {
    let lines = String::from_utf8_lossy(log);
    let whole = lines.lines().filter_map(|line| line.split_once(",\"seconds\""));
    Ok(whole.map(|(line, _)| format!("{line}}}")).collect())
}

/// Writes a small table of two classes.
pub fn write_table(place: &Path) -> Result<PathBuf> {
    let mut text = String::from("left,right,label\n");
    for row in 0..300_u32 {
        let [a, b] = [row.wrapping_mul(2_654_435_761) >> 16, row.wrapping_mul(40_503) >> 3].map(|n| n % 1000);
        text += &format!("{a},{b},{}\n", u32::from(a * a + b * b > 700_000));
    }
    let path = place.join(TABLE);
    std::fs::write(&path, text)?;
    Ok(path)
}

/// Returns what a command printed, which must not fail.
fn answer(program: &Path, place: &Path, arguments: &str) -> Result<Vec<u8>> {
    let output = Command::new(program).current_dir(place).args(arguments.split(' ')).output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "fenchel {arguments}: {said}");
    Ok(output.stdout)
}
