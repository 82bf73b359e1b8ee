//! `fenchel adapt --hardware`.

use std::path::Path;

use anyhow::{Context, Result};
use fenchel_core::Model;
use serde_json::json;

use super::table::table;
use crate::adapt::{Course, Medium, Method, Plan, Settings, adapt_chips, recovered, spell};
use crate::analysis::statistics::mean;
use crate::error::require;
use crate::hardware::{MonteCarlo, Profile};
use crate::report;
use crate::store::files;

/// Options of learning on simulated chips.
#[derive(clap::Args)]
pub struct ChipArgs {
    /// Learn on simulated chips of this hardware: ideal, reram, pcm, floating-gate, severe or a TOML file; without --data and --drift from the model's own training data
    #[arg(long, value_name = "PROFILE", conflicts_with_all = ["rollback", "clip", "out"])]
    pub hardware: Option<String>,
    /// Number of chips, drawn from --seed as `fenchel eval` draws them
    #[arg(long, default_value_t = 20, requires = "hardware")]
    chips: u64,
    /// Factor on the size of every random flaw of the profile
    #[arg(long, default_value_t = 1.0, requires = "hardware")]
    severity: f64,
    /// Where gradients come from, and what learns; a list compares several
    #[arg(long, value_enum, value_delimiter = ',', default_value = "in-loop", requires = "hardware")]
    method: Vec<Method>,
    /// Let ngspice relax each chip as a crossbar's circuit, beside the simulation; a run of ngspice for each problem and test sample
    #[arg(long, requires = "hardware")]
    circuit: bool,
}

/// What is learned.
pub struct Task<'a> {
    /// The model that is programmed into the chips.
    pub model: &'a Model<'a>,
    /// Samples.
    pub plan: Plan<'a>,
    /// Settings.
    pub settings: Settings,
    /// Accuracy of the model itself, as a fraction.
    pub exact: f64,
}

/// The results of a method.
struct Outcome {
    name: String,
    courses: Vec<Course>,
}

impl Outcome {
    /// Returns the number of samples at each mark, and the accuracy of every chip there.
    fn points(&self) -> impl Iterator<Item = (usize, Vec<f64>)> {
        let marks = self.courses.first().map_or(0, |course| course.points.len());
        (0..marks).map(|mark| {
            let accuracies = self.courses.iter().map(|course| course.points[mark].accuracy).collect();
            (self.courses[0].points[mark].samples, accuracies)
        })
    }
}

impl ChipArgs {
    /// Lets every chip learn by each method.
    pub fn run(&self, name: &str, task: &Task, plot: Option<&Path>, as_json: bool) -> Result<()> {
        let fits = self.severity >= 0.0 && self.severity.is_finite();
        require!(fits, "--severity", "a finite number of at least 0", self.severity);
        require!(self.chips > 0, "--chips", "at least 1", 0);
        let profile = Profile::load(name)?.scaled(self.severity);
        profile.check()?;
        let monte_carlo = MonteCarlo { chips: self.chips, seed: task.settings.seed };
        let mut outcomes = Vec::new();
        let media: &[_] =
            if self.circuit { &[Medium::Simulation, Medium::Circuit] } else { &[Medium::Simulation] };
        let ways = self.method.iter().flat_map(|&method| media.iter().map(move |&medium| (method, medium)));
        for (method, medium) in ways {
            let Task { model, plan, settings, .. } = task;
            let courses = adapt_chips(model, plan, settings, &profile, monte_carlo, method, medium)?;
            let name = match medium {
                Medium::Simulation => spell(method),
                Medium::Circuit => format!("{}, circuit", spell(method)),
            };
            let outcome = Outcome { name, courses };
            if as_json {
                print(&outcome, task.exact)?;
            }
            outcomes.push(outcome);
        }
        if let Some(path) = plot {
            files::write(path, chart(&outcomes)?.as_bytes()).with_context(|| path.display().to_string())?;
        }
        if as_json { Ok(()) } else { self.show(&profile, task.exact, &outcomes) }
    }

    fn show(&self, profile: &Profile, exact: f64, outcomes: &[Outcome]) -> Result<()> {
        let percent = |accuracy: f64| format!("{:.1}", 100.0 * accuracy);
        let chips = outcomes.first().map_or(0, |outcome| outcome.courses.len());
        super::print(format_args!(
            "{} at severity {}, {chips} chips: accuracy in %, mean (worst chip); without flaws {}",
            profile.name,
            self.severity,
            percent(exact)
        ))?;
        let heading = std::iter::once("samples".to_string());
        let mut rows = vec![heading.chain(outcomes.iter().map(|outcome| outcome.name.clone())).collect()];
        let of_methods: Vec<Vec<_>> = outcomes.iter().map(|outcome| outcome.points().collect()).collect();
        for (mark, (samples, _)) in of_methods.first().into_iter().flatten().enumerate() {
            let cell = |points: &Vec<(usize, Vec<f64>)>| {
                let accuracies = &points[mark].1;
                format!("{} ({})", percent(mean(accuracies)), percent(worst(accuracies)))
            };
            rows.push(std::iter::once(samples.to_string()).chain(of_methods.iter().map(cell)).collect());
        }
        table(&rows)
    }
}

fn worst(accuracies: &[f64]) -> f64 {
    accuracies.iter().copied().fold(f64::INFINITY, f64::min)
}

/// Prints an object for each mark, and a last one.
fn print(outcome: &Outcome, exact: f64) -> Result<()> {
    let points: Vec<_> = outcome.points().collect();
    for (samples, accuracies) in &points {
        super::print(json!({
            "method": outcome.name,
            "samples": samples,
            "accuracy": mean(accuracies),
            "worst": worst(accuracies),
            "chips": accuracies,
        }))?;
    }
    let before = points.first().map_or(0.0, |point| mean(&point.1));
    let after = |samples: usize| {
        let point = points.iter().find(|point| point.0 == samples)?;
        recovered(before, exact, mean(&point.1))
    };
    super::print(json!({
        "method": outcome.name,
        "without_flaws": exact,
        "before": before,
        "recovered_200": after(200),
        "recovered_1000": after(1000),
        "steps": outcome.courses.iter().map(|course| course.steps).sum::<usize>(),
        "without_step": outcome.courses.iter().map(|course| course.without_step).sum::<usize>(),
    }))
}

/// Draws the mean accuracy of every method over the samples.
fn chart(outcomes: &[Outcome]) -> Result<String> {
    let line = |outcome: &Outcome| {
        let points = outcome.points().map(|(samples, chips)| (samples as f64, 100.0 * mean(&chips)));
        (outcome.name.clone(), points.collect())
    };
    let lines: Vec<_> = outcomes.iter().map(line).collect();
    report::line_chart("Mean accuracy of the chips while they learn, %", "samples learned", &lines)
        .context("no accuracy to show")
}
