//! `cargo xtask test` and `cargo xtask check`: choose steps, run them, and list all failures at the end.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, bail};

use super::lanes::{self, Outcome};
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
    /// Run one step in this folder, for the process that runs several at once
    #[arg(long, hide = true, value_name = "FOLDER")]
    within: Option<PathBuf>,
}

/// Runs the steps of `args`, or lists them.
pub fn test(debian_rust: bool, args: &Args) -> Result<()> {
    if let Some(folder) = &args.within {
        return one(debian_rust, only(&args.steps)?, folder);
    }
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

/// Returns the one step of this very name; a first word doesn't choose others with it.
fn only(names: &[String]) -> Result<&'static Step> {
    let step = STEPS.iter().find(|step| matches!(names, [name] if name == step.name));
    step.context("one step's own name goes with --within")
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

/// Runs one step in an empty folder, and says how long it took.
///
/// # Errors
/// Returns the step's own error, which may be [`LeftOut`].
fn one(debian_rust: bool, step: &Step, folder: &Path) -> Result<()> {
    let toolchain = setup::prepare(debian_rust, step.needs)?;
    std::fs::create_dir_all(folder)?;
    let bench = Bench { toolchain, folder: folder.to_path_buf(), model: Default::default() };
    let (start, processor) = (Instant::now(), processor_seconds());
    let result = (step.run)(&bench);
    let ended = match &result {
        Ok(()) => "passed",
        Err(error) if error.is::<LeftOut>() => "left out",
        Err(_) => "FAILED",
    };
    let (wall, processor) = (start.elapsed().as_secs_f64(), processor_seconds() - processor);
    println!("      {ended} in {wall:.0} s, {processor:.0} s of processor");
    result
}

/// Installs what the steps need, runs them all, and lists what failed.
fn run(debian_rust: bool, steps: &[&'static Step]) -> Result<()> {
    let needs: Vec<Need> = steps.iter().flat_map(|step| step.needs.iter().copied()).collect();
    setup::prepare(debian_rust, &needs)?;
    let folder = root().join("target/test");
    if folder.exists() {
        std::fs::remove_dir_all(&folder).context("clearing target/test")?;
    }
    std::fs::create_dir_all(&folder)?;
    let outcomes = match steps {
        [step] => {
            println!("{}: {}", step.name, step.about);
            vec![Outcome::of(one(debian_rust, step, &folder.join(step.name)))]
        }
        several => lanes::run(several, &folder, debian_rust)?,
    };
    let named = |wanted: fn(&Outcome) -> Option<&String>| {
        let pairs = steps.iter().zip(&outcomes);
        let lines = pairs.filter_map(|(step, outcome)| Some(format!("{}: {}", step.name, wanted(outcome)?)));
        lines.collect::<Vec<_>>()
    };
    let left_out = named(|outcome| if let Outcome::LeftOut(why) = outcome { Some(why) } else { None });
    let failed = named(|outcome| if let Outcome::Failed(why) = outcome { Some(why) } else { None });
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
    fn a_step_of_its_own_process_is_chosen_by_its_whole_name() {
        for step in STEPS {
            assert_eq!(only(&[step.name.into()]).expect("its name").name, step.name);
        }
        assert!(only(&["firmware".into()]).is_err() && only(&[]).is_err());
    }

    #[test]
    fn names_are_unlike_and_the_quick_steps_need_nothing_to_emulate() {
        for (index, step) in STEPS.iter().enumerate() {
            assert!(STEPS.iter().skip(index + 1).all(|other| other.name != step.name), "{}", step.name);
            assert!(!step.quick || !step.needs.contains(&Need::Qemu), "{}", step.name);
        }
    }
}
