//! `cargo xtask fuzz`: runs every reader on the inputs that libFuzzer finds.

use std::fs;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use fenchel_tests::readers::READERS;

use crate::process::{check, root};
use crate::setup;

/// Longest time that one input may take, in seconds.
const TIMEOUT: u32 = 10;
/// Longest input, in bytes.
const LONGEST: usize = 64 << 10;
/// Most memory of the whole process in MiB, including the sanitiser's; a reader's own is limited to
/// `readers::most_memory` of its input.
const PROCESS_MEMORY: u32 = 1024;

#[derive(clap::Args)]
pub struct Args {
    /// Minutes for each reader, one after the other
    #[arg(long, default_value_t = 1.0)]
    minutes: f64,
    /// Only this reader
    #[arg(long)]
    reader: Option<String>,
}

/// Builds the targets, runs each, and prints its executions; the first crash ends it.
pub fn run(args: &Args) -> Result<()> {
    let chosen = |name: &str| args.reader.as_deref().is_none_or(|reader| reader == name);
    let names: Vec<_> = READERS.iter().map(|reader| reader.name).filter(|name| chosen(name)).collect();
    if names.is_empty() {
        let all: Vec<_> = READERS.iter().map(|reader| reader.name).collect();
        bail!("--reader: expected one of {}, got {:?}", all.join(", "), args.reader.as_deref().unwrap_or(""));
    }
    setup::prepare_fuzzing()?;
    let folder = root().join("target/fuzz");
    let build = folder.join("build");
    let mut cargo = Command::new("rustup");
    cargo.args(["run", "nightly", "cargo", "fuzz", "build", "--fuzz-dir", "tests/fuzz", "--target-dir"]);
    check(cargo.arg(&build).current_dir(root()))?;
    let seconds = (60.0 * args.minutes).max(1.0) as u64;
    for name in names {
        let (corpus, findings) = (folder.join("corpus").join(name), folder.join("findings").join(name));
        fs::create_dir_all(&corpus)?;
        fs::create_dir_all(&findings)?;
        let program = format!("{}-unknown-linux-gnu/release/{name}", std::env::consts::ARCH);
        let mut target = Command::new(build.join(program));
        // What is found goes into the first folder; the seeds stay as they are.
        target.arg(&corpus).arg(root().join("tests/fuzz/corpus").join(name)).stdin(Stdio::null());
        target.arg(format!("-max_total_time={seconds}")).arg(format!("-timeout={TIMEOUT}"));
        target.arg(format!("-max_len={LONGEST}")).arg(format!("-rss_limit_mb={PROCESS_MEMORY}"));
        target.arg("-print_final_stats=1").arg(format!("-artifact_prefix={}/", findings.display()));
        let output = target.output().with_context(|| format!("starting the target {name}"))?;
        let log = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            bail!("{name}: {}\n{log}\nthe input is in {}", output.status, findings.display());
        }
        let executions = log.lines().find_map(|line| line.strip_prefix("stat::number_of_executed_units:"));
        let executions = executions.context("no count of executions in the target's log")?.trim();
        println!(
            "{name}: {executions} executions in {seconds} s, no crash, no time-out, memory within limits"
        );
    }
    Ok(())
}
