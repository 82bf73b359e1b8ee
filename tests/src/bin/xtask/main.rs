//! The harness behind `cargo xtask`: it installs what is missing, demonstrates, and tests.

mod adapted;
mod bench;
mod boards;
mod chaos;
mod count;
mod cycles;
mod demo;
mod device;
mod expected;
mod firmware;
mod fuzz;
mod gate;
mod hostile;
mod in_the_loop;
mod integer;
mod kept;
mod learned;
mod learning;
mod limits;
mod process;
mod python;
mod python_package;
mod qemu;
mod samples;
mod setup;
mod single;
mod steps;
mod tables;
mod template;
mod toolchain;
mod tour;
mod trace;

use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};

/// Set up, demonstrate and test Fenchel.
#[derive(Parser)]
#[command(name = "cargo xtask", after_help = "Example: cargo xtask demo")]
struct Cli {
    /// Build the firmware with Debian's Rust packages even where rustup has the target
    #[arg(long, global = true)]
    debian_rust: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Train on digits, export, run on the emulated Cortex-M, and compare bit by bit, in one table
    Demo,
    /// Test everything, or the named steps; list all failures at the end
    Test(steps::Args),
    /// Run the steps of `test` that take a minute or two: format, lints, tests of core and the host's quick
    /// ones
    Check,
    /// Count instructions and model cycles of every board and kernel, and write docs/results/device.md
    Bench(bench::Args),
    /// Measure memory and code of the device and of the board template, flip every bit of a model file, and
    /// try hostile files
    Limits,
    /// Run a model of one's own on the emulated Cortex-M, and compare it bit by bit
    Device(single::Args),
    /// Kill, damage and share run folders at random, and check that they have the right bits afterwards, or
    /// are refused
    Chaos(chaos::Args),
    /// Measure the accuracy that learning in place regains after drifts, and write docs/results/learning.md
    Learning(learning::Args),
    /// Measure how simulated chips and circuits recover that learn through their own flaws, and write
    /// docs/results/in-the-loop.md
    InTheLoop(in_the_loop::Args),
    /// Run every reader of files on the inputs that libFuzzer finds
    Fuzz(fuzz::Args),
    /// Measure the accuracy on small public tables beside scikit-learn's MLP, and write
    /// docs/results/tables.md
    Tables(tables::Args),
    /// Compare instructions and modelled cycles of a fixed model with the record in
    /// host/data/instruction_counts.json; then check the estimates for other models
    Counts {
        /// Write the record instead of comparing with it
        #[arg(long)]
        record: bool,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let emulated = |run: &dyn Fn(&toolchain::Toolchain) -> anyhow::Result<()>| {
        let toolchain = setup::prepare(cli.debian_rust, &[setup::Need::Firmware, setup::Need::Qemu])?;
        run(toolchain.as_ref().context("what builds the firmware")?)
    };
    let result = match &cli.command {
        Command::Demo => emulated(&demo::run),
        Command::Test(args) => steps::test(cli.debian_rust, args),
        Command::Check => steps::check(cli.debian_rust),
        Command::Bench(args) => emulated(&|toolchain| bench::run(toolchain, args)),
        Command::Limits => emulated(&|toolchain| {
            limits::all(toolchain, &process::root().join("target/limits"))?;
            template::run(toolchain)
        }),
        Command::Device(args) => emulated(&|toolchain| single::run(toolchain, args)),
        Command::Chaos(args) => chaos::run(args),
        Command::Learning(args) => learning::run(args),
        Command::InTheLoop(args) => {
            setup::prepare(cli.debian_rust, &[setup::Need::Ngspice]).and_then(|_| in_the_loop::run(args))
        }
        Command::Fuzz(args) => fuzz::run(args),
        Command::Tables(args) => {
            setup::prepare(cli.debian_rust, &[setup::Need::Python]).and_then(|_| tables::run(args))
        }
        Command::Counts { record } => emulated(&|toolchain| {
            let folder = process::root().join("target/counts");
            gate::run(toolchain, &folder, *record)?;
            if *record { Ok(()) } else { gate::estimates(toolchain, &folder) }
        }),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cargo xtask: {error:#}");
            let bad_input = error.is::<setup::Missing>() || error.is::<setup::Unknown>();
            let other = if error.is::<steps::LeftOut>() { steps::LEFT_OUT } else { 1 };
            ExitCode::from(if bad_input { 2 } else { other })
        }
    }
}
