//! Runs several steps at once, each as a process of its own whose output is printed when the step ends.
//!
//! Most steps either compile, which keeps all cores busy, or run one emulator or test after the other, which
//! keeps one busy. Two at once fill two cores.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Condvar, Mutex, PoisonError};

use anyhow::{Context, Result, anyhow};

use super::{LEFT_OUT, LeftOut, Step};
use crate::setup::Need;

/// Steps at once.
const LANES: usize = 2;

/// How a step ended, with the reason in one line.
pub enum Outcome {
    /// What it checks is true.
    Passed,
    /// It wasn't tried.
    LeftOut(String),
    /// What it checks is false, or couldn't be checked.
    Failed(String),
}

impl Outcome {
    /// Returns the outcome of a step's result, and prints the reason.
    pub fn of(result: Result<()>) -> Self {
        match result {
            Ok(()) => Outcome::Passed,
            Err(error) => {
                println!("      {error:#}");
                let why = format!("{error:#}");
                if error.is::<LeftOut>() { Outcome::LeftOut(why) } else { Outcome::Failed(why) }
            }
        }
    }
}

/// Steps that wait, by their positions, and whether one that builds firmware is under way.
struct Queue {
    waiting: Vec<usize>,
    firmware: bool,
}

/// Runs the steps, each in a folder of its name below `folder`; returns their outcomes in their order.
pub fn run(steps: &[&'static Step], folder: &Path, debian_rust: bool) -> Result<Vec<Outcome>> {
    // A step that builds this harness with its assertions replaces the file that is running.
    let program = folder.join("harness");
    std::fs::copy(std::env::current_exe().context("finding this program")?, &program)
        .with_context(|| format!("copying this program to {}", program.display()))?;
    let queue = Mutex::new(Queue { waiting: (0..steps.len()).collect(), firmware: false });
    let (ended, printer) = (Condvar::new(), Mutex::new(()));
    let lock = || queue.lock().unwrap_or_else(PoisonError::into_inner);
    let firmware = |index: usize| steps.get(index).is_some_and(|step| step.needs.contains(&Need::Firmware));
    let take = || {
        let mut queue = lock();
        loop {
            // Steps that build firmware overwrite each other's images.
            let free = |&index: &usize| !(queue.firmware && firmware(index));
            if let Some(position) = queue.waiting.iter().position(free) {
                let index = queue.waiting.remove(position);
                queue.firmware |= firmware(index);
                return Some(index);
            }
            if queue.waiting.is_empty() {
                return None;
            }
            queue = ended.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    };
    let lane = || {
        let mut outcomes = Vec::new();
        while let Some(index) = take() {
            let step = steps.get(index).context("a step")?;
            println!("[{}/{}] {} begins", index + 1, steps.len(), step.name);
            let outcome = own_process(&program, step, &folder.join(step.name), debian_rust);
            let (log, outcome) = outcome.unwrap_or_else(|error| {
                let why = format!("{error:#}");
                (format!("      {why}\n"), Outcome::Failed(why))
            });
            let printing = printer.lock().unwrap_or_else(PoisonError::into_inner);
            print!("[{}/{}] {}: {}\n{log}", index + 1, steps.len(), step.name, step.about);
            drop(printing);
            outcomes.push((index, outcome));
            if firmware(index) {
                lock().firmware = false;
            }
            ended.notify_all();
        }
        Ok(outcomes)
    };
    let lanes: Vec<Result<Vec<(usize, Outcome)>>> = std::thread::scope(|scope| {
        let lanes: Vec<_> = (0..LANES).map(|_| scope.spawn(lane)).collect();
        lanes.into_iter().map(|lane| lane.join().map_err(|_| anyhow!("a lane panicked"))?).collect()
    });
    let lanes = lanes.into_iter().collect::<Result<Vec<_>>>()?;
    let mut outcomes: Vec<_> = lanes.into_iter().flatten().collect();
    outcomes.sort_by_key(|(index, _)| *index);
    Ok(outcomes.into_iter().map(|(_, outcome)| outcome).collect())
}

/// Runs one step by this program; returns what it printed and how it ended.
fn own_process(program: &Path, step: &Step, folder: &Path, debian_rust: bool) -> Result<(String, Outcome)> {
    std::fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
    let path = folder.with_extension("log");
    let log = std::fs::File::create(&path).with_context(|| format!("creating {}", path.display()))?;
    let mut command = Command::new(program);
    command.args(debian_rust.then_some("--debian-rust"));
    command.args(["test", step.name, "--within"]).arg(folder);
    command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
    let status = command.status().with_context(|| format!("starting the step {}", step.name))?;
    let printed = std::fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
    let printed = String::from_utf8_lossy(&printed).into_owned();
    let last = printed.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("nothing was printed");
    let why = last.trim_start_matches("cargo xtask: ").to_string();
    let outcome = match status.code() {
        Some(0) => Outcome::Passed,
        Some(code) if code == i32::from(LEFT_OUT) => Outcome::LeftOut(why),
        Some(_) => Outcome::Failed(why),
        None => Outcome::Failed(format!("{status}")),
    };
    Ok((printed, outcome))
}
