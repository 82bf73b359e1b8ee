//! `cargo xtask test` and `cargo xtask check`: run the chosen steps one after the other, and list all
//! failures at the end.

use std::time::Instant;

use anyhow::{Context, Result, bail};

use super::{Bench, LeftOut, STEPS, Step};
use crate::process::{processor_seconds, root};
use crate::setup::{self, Need, Unknown};

/// Options of `cargo xtask test`.
#[derive(clap::Args)]
pub struct Args {
    /// Steps, or the first words of several (`core`, `firmware`); without any, all run
    steps: Vec<String>,
    /// Print the steps and what they need, without running any
    #[arg(long)]
    list: bool,
}

/// Runs the steps of `args`, or lists them.
pub fn test(debian_rust: bool, args: &Args) -> Result<()> {
    let chosen = choose(&args.steps)?;
    if args.list { list(&chosen) } else { run(debian_rust, &chosen) }
}

/// Runs the quick steps.
pub fn check(debian_rust: bool) -> Result<()> {
    run(debian_rust, &STEPS.iter().filter(|step| step.quick).collect::<Vec<_>>())
}

/// Returns the steps that `names` choose, in their own order.
fn choose(names: &[String]) -> Result<Vec<&'static Step>> {
    if names.is_empty() {
        return Ok(STEPS.iter().collect());
    }
    let is = |step: &Step, name: &str| {
        step.name.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    if let Some(name) = names.iter().find(|name| !STEPS.iter().any(|step| is(step, name))) {
        let all: Vec<_> = STEPS.iter().map(|step| step.name).collect();
        let expected = format!("expected steps out of {}", all.join(", "));
        return Err(Unknown(format!("{expected}, or their first words, got {name:?}")).into());
    }
    Ok(STEPS.iter().filter(|step| names.iter().any(|name| is(step, name))).collect())
}

fn list(steps: &[&Step]) -> Result<()> {
    for step in steps {
        let needs: Vec<_> = step.needs.iter().map(|need| need.name()).collect();
        let needs = if needs.is_empty() { String::new() } else { format!("; needs {}", needs.join(", ")) };
        let quick = if step.quick { "; in check" } else { "" };
        println!("{:<20} {}{needs}{quick}", step.name, step.about);
    }
    Ok(())
}

/// Installs what the steps need, runs them all, and lists what failed.
fn run(debian_rust: bool, steps: &[&Step]) -> Result<()> {
    let needs: Vec<Need> = steps.iter().flat_map(|step| step.needs.iter().copied()).collect();
    let toolchain = setup::prepare(debian_rust, &needs)?;
    let folder = root().join("target/test");
    if folder.exists() {
        std::fs::remove_dir_all(&folder).context("clearing target/test")?;
    }
    std::fs::create_dir_all(&folder)?;
    let bench = Bench { toolchain, folder, model: Default::default() };
    let (mut failed, mut left_out) = (Vec::new(), Vec::new());
    for (number, step) in steps.iter().enumerate() {
        println!("[{}/{}] {}: {}", number + 1, steps.len(), step.name, step.about);
        let (start, processor) = (Instant::now(), processor_seconds());
        let result = (step.run)(&bench);
        let processor = processor_seconds() - processor;
        let ended = match &result {
            Ok(()) => "passed",
            Err(error) if error.is::<LeftOut>() => "left out",
            Err(_) => "FAILED",
        };
        println!("      {ended} in {:.0} s, {processor:.0} s of processor", start.elapsed().as_secs_f64());
        if let Err(error) = result {
            println!("      {error:#}");
            let list = if error.is::<LeftOut>() { &mut left_out } else { &mut failed };
            list.push(format!("{}: {error:#}", step.name));
        }
    }
    println!();
    left_out.iter().for_each(|step| println!("{step}"));
    failed.iter().for_each(|step| println!("failed: {step}"));
    println!("{} passed, {} failed", steps.len() - failed.len() - left_out.len(), failed.len());
    if !failed.is_empty() {
        bail!("type `cargo xtask test NAME` to run one step again");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(names: &[&str]) -> Vec<&'static str> {
        let names: Vec<_> = names.iter().map(ToString::to_string).collect();
        choose(&names).expect("known").iter().map(|step| step.name).collect()
    }

    #[test]
    fn a_first_word_chooses_several_steps_and_a_name_one() {
        assert_eq!(chosen(&[]).len(), STEPS.len());
        assert_eq!(chosen(&["core"]), ["core", "core-miri", "core-targets"]);
        assert_eq!(chosen(&["spice", "firmware-counts", "spice"]), ["spice", "firmware-counts"]);
        assert!(choose(&["firm".into()]).is_err() && choose(&["".into()]).is_err());
    }

    #[test]
    fn names_are_unlike_and_the_quick_steps_need_nothing_to_emulate() {
        for (index, step) in STEPS.iter().enumerate() {
            assert!(STEPS.iter().skip(index + 1).all(|other| other.name != step.name), "{}", step.name);
            assert!(!step.quick || !step.needs.contains(&Need::Qemu), "{}", step.name);
        }
    }
}
