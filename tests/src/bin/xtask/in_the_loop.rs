//! `cargo xtask in-the-loop`: measures how chips and circuits recover that learn through their own flaws,
//! and writes docs/results/in-the-loop.md.

use std::fmt::Write as _;
use std::process::Command;

use anyhow::{Context, Result};
use fenchel::adapt::{self, Course, Medium, Method, Plan, adapt_chips, spell};
use fenchel::analysis::evaluate;
use fenchel::data::{self, Dataset, InputScaling, Split, Values};
use fenchel::hardware::{MonteCarlo, Profile};
use fenchel::report;
use fenchel::store::model_file::ModelBytes;
use fenchel_core::{LearnSettings, StepRule};

use crate::learning::{base, divided, tenths};
use crate::process::{output, root};

/// Profiles, with the factors on their random flaws: those of real devices do little harm as they are.
const PROFILES: [(&str, [f64; 3]); 4] = [
    ("severe", [0.5, 1.0, 2.0]),
    ("reram", [1.0, 2.0, 4.0]),
    ("pcm", [1.0, 2.0, 4.0]),
    ("floating-gate", [1.0, 4.0, 16.0]),
];
const METHODS: [Method; 6] =
    [Method::InLoop, Method::Backprop, Method::Feedback, Method::LastLayer, Method::Biases, Method::OffChip];
const MARKS: [usize; 3] = [50, 200, 1000];
/// Marks of a circuit, whose every answer is a run of ngspice.
const CIRCUIT_MARKS: [usize; 3] = [50, 100, 200];

/// Number of test samples of a circuit.
const CIRCUIT_TESTS: usize = 250;

/// Options of the command.
#[derive(clap::Args)]
pub struct Args {
    /// Number of networks, each with its own division of the digits
    #[arg(long, default_value_t = 3)]
    networks: u64,
    /// Number of chips for each network
    #[arg(long, default_value_t = 5)]
    chips: u64,
    /// Number of chips that ngspice simulates too
    #[arg(long, default_value_t = 2)]
    circuits: u64,
}

/// A network, with the samples that it goes on learning, and those that test it.
struct Subject {
    model: ModelBytes,
    stream: Split,
    test: Split,
}

impl Subject {
    fn new(all: &Dataset, scaling: f32, seed: u64, layers: &[usize]) -> Result<Self> {
        let samples = &all.train;
        let parts = divided(samples.len(), seed).map(|indices| samples.select(all.features, &indices));
        let [trained, stream, test] = parts;
        let data = Dataset::new(
            "digits",
            all.shape.clone(),
            all.class_names.clone(),
            InputScaling::one(0.0, scaling),
            (trained.clone(), trained, test.clone()),
        );
        Ok(Self { model: base(&data, seed, layers)?, stream, test })
    }

    fn learn(
        &self,
        profile: &Profile,
        monte_carlo: MonteCarlo,
        method: Method,
        medium: Medium,
    ) -> Result<Vec<Course>> {
        let plan = Plan { stream: &self.stream, test: &self.test, original_test: None, originals: None };
        let marks = if medium == Medium::Circuit { CIRCUIT_MARKS.to_vec() } else { marks() };
        let settings = adapt::Settings {
            learn: LearnSettings {
                rule: StepRule::Polyak { share: adapt::CHIP_SHARE, cap: 2.0 },
                ..LearnSettings::default()
            },
            samples: marks[marks.len() - 1],
            ring: 0,
            replays: 0,
            balanced: false,
            originals: None,
            seed: monte_carlo.seed,
            marks,
        };
        adapt_chips(&self.model.model("a network")?, &plan, &settings, profile, monte_carlo, method, medium)
    }

    fn accuracy(&self) -> Result<f64> {
        evaluate::accuracy(&self.model.model("a network")?, &self.test)
    }
}

/// Returns all marks, in order.
fn marks() -> Vec<usize> {
    let mut marks = [MARKS.as_slice(), &CIRCUIT_MARKS].concat();
    marks.sort_unstable();
    marks.dedup();
    marks
}

/// Returns the digits, and the digits with each square of 2 × 2 pixels summed to one.
fn pictures() -> Result<[Dataset; 2]> {
    let digits = data::load("digits")?;
    let all = Split::concat(&[&digits.train, &digits.validation, &digits.test]);
    let whole = |shape: &[usize], samples: Split| {
        let parts = (samples, Split::default(), Split::default());
        let scaling = InputScaling::one(0.0, 1.0);
        Dataset::new("digits", shape.to_vec(), digits.class_names.clone(), scaling, parts)
    };
    let mut sums = Vec::new();
    for index in 0..all.len() {
        let raw = all.raw(index, digits.features);
        for (row, column) in (0..16).map(|place| (2 * (place / 4), 2 * (place % 4))) {
            let pixel = |y: usize, x: usize| raw[8 * (row + y) + column + x];
            sums.push((pixel(0, 0) + pixel(0, 1) + pixel(1, 0) + pixel(1, 1)) as u8);
        }
    }
    let small = Split::classes(Values::Bytes(sums), all.labels.clone());
    Ok([whole(&[8, 8], all), whole(&[4, 4], small)])
}

/// Returns the mean and the worst accuracy of all courses after this many samples.
fn after(courses: &[Course], samples: usize) -> (f64, f64) {
    let points = courses.iter().flat_map(|course| &course.points);
    let at: Vec<_> = points.filter(|point| point.samples == samples).map(|point| point.accuracy).collect();
    (at.iter().sum::<f64>() / at.len() as f64, at.iter().copied().fold(f64::INFINITY, f64::min))
}

/// Measures, prints, and writes.
pub fn run(args: &Args) -> Result<()> {
    let [digits, small] = pictures()?;
    let subjects = (0..args.networks).map(|seed| Subject::new(&digits, 1.0 / 16.0, seed, &[64, 32]));
    let subjects = subjects.collect::<Result<Vec<_>>>()?;
    let exact = subjects.iter().map(Subject::accuracy).sum::<Result<f64>>()? / args.networks as f64;
    let mut tables = String::new();
    for (name, severities) in PROFILES {
        for severity in severities {
            writeln!(
                tables,
                "\n### {name} × {severity}\n\n| method | before | @50 | @200 | @1000 | worst chip @1000 |\n|---|---|---|---|---|---|"
            )?;
            println!("{name} x {severity}");
            let profile = Profile::load(name)?.scaled(severity);
            for method in METHODS {
                let mut courses = Vec::new();
                for (seed, subject) in (0..).zip(&subjects) {
                    let monte_carlo = MonteCarlo { chips: args.chips, seed };
                    courses.extend(subject.learn(&profile, monte_carlo, method, Medium::Simulation)?);
                }
                let means = [0, 50, 200, 1000].map(|samples| tenths(after(&courses, samples).0));
                let worst = tenths(after(&courses, 1000).1);
                let row = format!("| {} | {} | {worst} |", spell(method), means.join(" | "));
                println!("{row}");
                writeln!(tables, "{row}")?;
            }
        }
    }
    let mut subject = Subject::new(&small, 1.0 / 64.0, 0, &[16])?;
    subject.test = subject.test.select(small.features, &(0..CIRCUIT_TESTS).collect::<Vec<_>>());
    let circuit = circuit(&subject, args.circuits)?;
    let commit = output(Command::new("git").args(["rev-parse", "--short", "HEAD"]))?;
    let page = format!(
        "# Learning with the chip in the loop\n\n\
         Made by `cargo xtask in-the-loop --networks {} --chips {} --circuits {}` at commit {}. Networks of 64-64-32-10\n\
         units are trained by back-propagation on 800 of the built-in digits (60 epochs, Adam 2e-3, weight clip 2), and\n\
         programmed into {} simulated chips each, which learn from 500 other digits, again and again in one order; the\n\
         remaining 497 test. Without flaws the accuracy is {} %. Figures are the mean accuracy of all chips, in %, after\n\
         this many samples. \"× 2\" has every random flaw of the profile at twice its size. All methods take Polyak's step\n\
         with μ = 0.3 and program by the same pulses; [learning.md](../learning.md) says what each knows of the chip.\n\n\
         ## Chips\n{tables}\n## Circuits\n\n{circuit}",
        args.networks,
        args.chips,
        args.circuits,
        commit.trim(),
        args.chips,
        tenths(exact),
    );
    let path = root().join("docs/results/in-the-loop.md");
    std::fs::write(&path, page).with_context(|| path.display().to_string())?;
    println!("{}", path.display());
    Ok(())
}

/// Lets circuits learn beside the simulation of the same chips; returns the page's part about them.
fn circuit(subject: &Subject, circuits: u64) -> Result<String> {
    let profile = Profile::load("severe")?;
    let monte_carlo = MonteCarlo { chips: circuits, seed: 0 };
    let of = |medium| subject.learn(&profile, monte_carlo, Method::InLoop, medium);
    let (simulated, settled) = (of(Medium::Simulation)?, of(Medium::Circuit)?);
    let mut text = format!(
        "Digits of 4 × 4 pixels (sums of 2 × 2), 16-16-10, `severe`. Each chip (number: {circuits}) is also a crossbar in ngspice, whose\n\
         operating points of both problems change its conductances. Without flaws {} %. Every answer of a circuit is its\n\
         operating point without a nudge, for the first {CIRCUIT_TESTS} test samples.\n\n\
         | samples | simulation | circuit | largest difference of a chip |\n|---|---|---|---|\n",
        tenths(subject.accuracy()?)
    );
    let marks: Vec<usize> = std::iter::once(0).chain(CIRCUIT_MARKS).collect();
    for &samples in &marks {
        let differences = simulated.iter().zip(&settled).map(|(simulated, settled)| {
            let at = |course: &Course| after(std::slice::from_ref(course), samples).0;
            (at(simulated) - at(settled)).abs()
        });
        let largest = differences.fold(0.0, f64::max);
        let [simulated, settled] = [&simulated, &settled].map(|courses| tenths(after(courses, samples).0));
        let row = format!("| {samples} | {simulated} | {settled} | {} |", tenths(largest));
        println!("{row}");
        writeln!(text, "{row}")?;
    }
    let line = |name: &str, courses: &[Course]| {
        let points = marks.iter().map(|&mark| (mark as f64, 100.0 * after(courses, mark).0)).collect();
        (name.to_string(), points)
    };
    let lines = [line("simulation", &simulated), line("circuit in ngspice", &settled)];
    let chart = report::line_chart("Mean accuracy while learning, %", "samples learned", &lines);
    let path = root().join("docs/results/in-the-loop.svg");
    std::fs::write(&path, chart.context("no accuracy to show")?)
        .with_context(|| path.display().to_string())?;
    Ok(text + "\n![accuracy of circuits and of their simulation](in-the-loop.svg)\n")
}
