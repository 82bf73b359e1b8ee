//! One trial: a run is killed, damaged or used by several processes, and everything that follows must be
//! true.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::reference::{RUN, Reference, timeless, write_table};
use super::{Dice, damage};

/// Counts of what was tried.
#[derive(Default)]
pub struct Counts {
    pub trials: usize,
    pub kills: usize,
    pub mutations: usize,
    pub concurrent: usize,
    pub commands: usize,
    pub refused: usize,
    pub finished: usize,
}

impl Counts {
    pub fn add(&mut self, other: &Self) {
        let Self { trials, kills, mutations, concurrent, commands, refused, finished } = other;
        self.trials += trials;
        self.kills += kills;
        self.mutations += mutations;
        self.concurrent += concurrent;
        self.commands += commands;
        self.refused += refused;
        self.finished += finished;
    }
}

/// A folder in which commands start, and what was done there.
pub struct Trial<'a> {
    program: &'a Path,
    place: PathBuf,
    references: &'a [Reference],
    own: &'a Reference,
    dice: &'a mut Dice,
    pub counts: Counts,
    pub history: Vec<String>,
    /// Best models that training itself wrote.
    written: Vec<Vec<u8>>,
}

impl<'a> Trial<'a> {
    pub fn new(
        program: &'a Path,
        place: &Path,
        references: &'a [Reference],
        dice: &'a mut Dice,
    ) -> Result<Self> {
        if place.exists() {
            std::fs::remove_dir_all(place)?;
        }
        std::fs::create_dir_all(place)?;
        write_table(place)?;
        let own = dice.one(references);
        let counts = Counts { trials: 1, ..Counts::default() };
        let history = vec![own.options.to_string()];
        let (place, written) = (place.to_path_buf(), Vec::new());
        Ok(Self { program, place, references, own, dice, counts, history, written })
    }

    /// Lets things happen, and then inspects the run.
    pub fn run(&mut self) -> Result<()> {
        match self.dice.below(8) {
            0 => self.killed(),
            1 => self.fought_over(),
            _ => self.damaged(),
        }
    }

    fn folder(&self) -> PathBuf {
        self.place.join(RUN)
    }

    /// Kills a run again and again, and continues it.
    fn killed(&mut self) -> Result<()> {
        for _ in 0..1 + self.dice.below(4) {
            self.start_and_kill()?;
            self.look()?;
        }
        self.go_on(false)
    }

    /// Begins or continues a run, and kills it after some time.
    fn start_and_kill(&mut self) -> Result<()> {
        let arguments = match self.folder().exists() {
            true => format!("train --quiet --resume {RUN}"),
            false => format!("train --quiet {} --out {RUN}", self.own.options),
        };
        let mut child = self.start(&arguments)?;
        let time = self.own.time.mul_f64(1.1 * self.dice.share() * self.dice.share());
        std::thread::sleep(time);
        let by = if self.dice.below(4) == 0 { "INT" } else { "KILL" };
        self.history.push(format!("{by} after {} ms", time.as_millis()));
        Command::new("kill")
            .args([&format!("-{by}"), &child.id().to_string()])
            .stderr(Stdio::null())
            .status()?;
        let output = output_of(&mut child)?;
        self.counts.kills += usize::from(!output.status.success());
        let code = output.status.code();
        // Killed, interrupted (before or after the handler is there), done before, or nothing left to do.
        ensure!(matches!(code, None | Some(130 | 0 | 2)), "rc {code:?}: {}", said(&output));
        self.written.extend(std::fs::read(self.folder().join("best.fenchel")));
        Ok(())
    }

    /// Starts several processes on the same folder at once.
    fn fought_over(&mut self) -> Result<()> {
        if self.dice.below(2) == 0 {
            self.start_and_kill()?;
        }
        let mut children = Vec::new();
        for _ in 0..2 + self.dice.below(3) {
            let train = format!("train --quiet {} --out {RUN}", self.own.options);
            let resume = format!("train --quiet --resume {RUN}");
            let arguments = match self.dice.below(6) {
                0 | 1 => train,
                2 | 3 => resume,
                4 => "runs . --json".to_string(),
                _ => format!("eval {RUN} --json"),
            };
            children.push((self.start(&arguments)?, arguments));
            self.counts.concurrent += 1;
            std::thread::sleep(self.own.time.mul_f64(0.2 * self.dice.share()));
        }
        for (mut child, arguments) in children {
            if self.dice.below(4) == 0 && child.kill().is_ok() {
                self.history.push(format!("kill of {arguments}"));
                self.counts.kills += 1;
                child.wait()?;
                continue;
            }
            let output = output_of(&mut child)?;
            let code = output.status.code();
            ensure!(matches!(code, Some(0 | 2)), "{arguments}: rc {code:?}: {}", said(&output));
            if arguments.starts_with("runs") && code == Some(0) {
                self.is_true(&output)?;
            }
        }
        self.written.extend(std::fs::read(self.folder().join("best.fenchel")));
        self.look()?;
        self.go_on(false)
    }

    /// Damages files of a run that is finished, or on the way.
    fn damaged(&mut self) -> Result<()> {
        if self.dice.below(4) == 0 {
            self.start_and_kill()?;
        }
        if !self.folder().exists() {
            std::fs::create_dir(self.folder())?;
            for (name, bytes) in &self.own.files {
                std::fs::write(self.folder().join(name), bytes)?;
            }
        }
        for _ in 0..1 + self.dice.below(4) {
            for _ in 0..1 + self.dice.below(2) {
                let done = damage::one(&self.place, self.dice, self.references)?;
                self.history.push(done);
                self.counts.mutations += 1;
            }
            self.look()?;
        }
        self.go_on(true)
    }

    /// Runs some reading commands; each must tell the truth, or refuse.
    fn look(&mut self) -> Result<()> {
        match self.dice.below(48) {
            0 => {
                self.command(&format!("report {RUN} -o out.html"))?;
            }
            1..=16 => {
                let output = self.command("runs . --json")?;
                if output.status.success() {
                    self.is_true(&output)?;
                }
            }
            17..=32 => self.evaluate()?,
            33..=38 => {
                self.command(&format!("compare {RUN} {RUN} --json"))?;
            }
            39..=43 => {
                self.command(&format!("export {RUN} -o out.fenchel"))?;
            }
            _ => {
                self.command(&format!("plot {RUN} --figure accuracy -o out.svg"))?;
            }
        }
        Ok(())
    }

    /// Checks that what `runs --json` lists is true of one of the references, or has an error.
    fn is_true(&self, output: &Output) -> Result<()> {
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            let listed: Value = serde_json::from_str(line)?;
            let fits = self.references.iter().any(|reference| reference.is_true(&listed));
            ensure!(fits || listed["error"].is_string(), "a difference: {listed}");
        }
        Ok(())
    }

    /// Checks that what `eval` takes is a model that a training wrote, and that the accuracy is that
    /// model's own.
    fn evaluate(&mut self) -> Result<()> {
        let model = std::fs::read(self.folder().join("best.fenchel")).unwrap_or_default();
        let output = self.command(&format!("eval {RUN} --json"))?;
        if !output.status.success() {
            return Ok(());
        }
        let known = |name: &str| self.references.iter().find(|reference| reference.files[name] == model);
        let value: Value = serde_json::from_slice(&output.stdout)?;
        let table = self.history.iter().any(|done| done.starts_with("table.csv"));
        match known("best.fenchel") {
            Some(own) => ensure!(table || value["accuracy"] == own.accuracy, "a difference: {value}"),
            None => {
                let is_own = known("last.fenchel").is_some() || self.written.contains(&model);
                ensure!(is_own, "a model that no training wrote is evaluated: {value}");
            }
        }
        Ok(())
    }

    /// Continues to the end, which must give the right bits, or a refusal.
    fn go_on(&mut self, is_damaged: bool) -> Result<()> {
        let arguments = match self.folder().exists() {
            true => format!("train --quiet --resume {RUN}"),
            false => format!("train --quiet {} --out {RUN}", self.own.options),
        };
        let output = self.command(&arguments)?;
        let message = said(&output);
        let is_done = output.status.success() || message.contains("a finished one");
        if !is_done {
            ensure!(is_damaged, "refused, though only killed: {message}");
            ensure!(!message.trim().is_empty(), "refused without a word");
            return Ok(());
        }
        let folder = self.folder();
        let reference = self.references.iter().find(|reference| reference.has_models(&folder));
        let Some(reference) = reference else { bail!("a difference: models of no reference: {message}") };
        let log = timeless(&std::fs::read(folder.join("log.jsonl")).context("the log")?)?;
        ensure!(log.iter().all(|line| reference.log.contains(line)), "a difference in the log");
        let is_whole = log == reference.log;
        ensure!(is_whole || is_damaged, "a log with lines lost: {log:?}");
        let listed = self.command("runs . --json")?;
        ensure!(listed.status.success(), "runs: {}", said(&listed));
        let line: Value = serde_json::from_slice(&listed.stdout)?;
        ensure!(reference.is_true(&line) && line["state"] == "finished", "a difference: {line}");
        self.counts.finished += 1;
        Ok(())
    }

    fn start(&mut self, arguments: &str) -> Result<Child> {
        self.history.push(arguments.to_string());
        self.counts.commands += 1;
        let mut command = Command::new(self.program);
        command.current_dir(&self.place).args(arguments.split(' ')).env("RUST_BACKTRACE", "0");
        let piped = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        piped.spawn().context("starting fenchel")
    }

    /// Runs a command to its end; it must succeed or refuse.
    fn command(&mut self, arguments: &str) -> Result<Output> {
        let mut child = self.start(arguments)?;
        let output = output_of(&mut child)?;
        let code = output.status.code();
        self.counts.refused += usize::from(code == Some(2));
        ensure!(matches!(code, Some(0 | 2)), "{arguments}: rc {code:?}: {}", said(&output));
        Ok(output)
    }
}

/// Returns what a process printed, when it has ended; a process that doesn't end is a finding.
fn output_of(child: &mut Child) -> Result<Output> {
    use std::io::Read;
    const LONGEST: Duration = Duration::from_secs(120);
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let pipes = (child.stdout.take(), child.stderr.take());
    let start = std::time::Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if start.elapsed() > LONGEST {
            child.kill()?;
            bail!("no end after {LONGEST:?}");
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    if let (Some(mut out), Some(mut err)) = pipes {
        out.read_to_end(&mut stdout)?;
        err.read_to_end(&mut stderr)?;
    }
    Ok(Output { status, stdout, stderr })
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
