//! `cargo xtask learning`: measures how much of the accuracy that is lost to drifts is regained by learning
//! in place, and writes docs/results/learning.md.

use std::fmt::Write as _;
use std::process::Command;

use anyhow::{Context, Result};
use fenchel::adapt::{self, Adapted, Drift, Drifter, Plan, recovered};
use fenchel::analysis::evaluate;
use fenchel::data::{self, Dataset, InputScaling, Split, permutation};
use fenchel::store::model_file::ModelBytes;
use fenchel::train::{ObjectiveName, Settings, export_run, train};
use fenchel_core::rand_core::SeedableRng;
use fenchel_core::{LearnSettings, Random, Scope, StepRule};

use crate::process::{output, root};

const DRIFTS: [(&str, Drift); 4] = [
    ("gain and offset", Drift::Gain),
    ("rotation by 20°", Drift::Rotate),
    ("dead and noisy rows", Drift::Rows),
    ("a new class", Drift::NewClass),
];
/// Number of samples that train, and of those that are learned in place; the others test.
const TRAINED: usize = 800;
const STREAMED: usize = 500;
const MARKS: [usize; 3] = [50, 200, 1000];

/// Options of the command.
#[derive(clap::Args)]
pub struct Args {
    /// Number of networks, each with its own division of the data and its own drift
    #[arg(long, default_value_t = 6)]
    seeds: u64,
    /// Number of runs of the check of stability for each drift, of 5,000 samples with 10 % wrong labels
    #[arg(long, default_value_t = 100)]
    runs: u64,
}

/// A way of learning: its name, the learner's settings, and what is replayed.
struct Way {
    name: &'static str,
    learn: LearnSettings,
    ring: (usize, usize),
    originals: usize,
}

fn ways() -> Vec<Way> {
    let plain = LearnSettings::default();
    let way = |name, learn| Way { name, learn, ring: (0, 0), originals: 0 };
    // ROVR_β is back-propagation in the limit of small β; here it agrees with it to 1e-5.
    let backprop = LearnSettings { beta: 1e-6, ..plain };
    let sgd = StepRule::Sgd { rate: 0.02 };
    vec![
        way("default", plain),
        Way { ring: (200, 4), ..way("default, ring 200 × 4", plain) },
        Way { originals: 50, ..way("default, 50 originals kept", plain) },
        way("back-propagation, the same step rule", backprop),
        Way { ring: (200, 4), ..way("back-propagation, ring 200 × 4", backprop) },
        way("β = 1/16", LearnSettings { beta: 1.0 / 16.0, ..plain }),
        way("two sweeps", LearnSettings { sweeps: 2, ..plain }),
        way("clip 2", LearnSettings { clip: Some(2.0), ..plain }),
        way("skip above a margin of ½", LearnSettings { skip: Some(0.5), ..plain }),
        way("last block alone", LearnSettings { scope: Scope::LastBlock, ..plain }),
        way("biases alone", LearnSettings { scope: Scope::Biases, ..plain }),
        way("SGD 0.02", LearnSettings { rule: sgd, ..plain }),
    ]
}

/// Divides the digits by a seed into samples that train, those that are learned in place, and those that
/// test.
pub fn divided(samples: usize, seed: u64) -> [Vec<usize>; 3] {
    let order = permutation(samples, &mut Random::seed_from_u64(100 + seed));
    let (trained, rest) = order.split_at(TRAINED);
    let (streamed, tested) = rest.split_at(STREAMED);
    [trained, streamed, tested].map(<[usize]>::to_vec)
}

/// Trains a network with these hidden blocks by back-propagation.
pub fn base(data: &Dataset, seed: u64, layers: &[usize]) -> Result<ModelBytes> {
    let settings = Settings::new("digits", ObjectiveName::Backprop).with(|settings| {
        settings.seed = seed;
        settings.network.layers = layers.to_vec();
        settings.optimiser.epochs = 60;
        settings.optimiser.learning_rate = 2e-3;
        settings.optimiser.weight_clip = Some(2.0);
    });
    let trained = train(&settings, data, &mut |_| Ok(()))?;
    export_run(&trained.parameters, &settings, trained.best.epoch, data)
}

/// One network: the data of a seed, and models that know all classes or all but the last.
struct Base {
    seed: u64,
    data: Dataset,
    stream: Split,
    whole: ModelBytes,
    partial: ModelBytes,
}

impl Base {
    fn new(seed: u64) -> Result<Self> {
        let all = data::load("digits")?;
        let (features, shape, names) = (all.features, all.shape.clone(), all.class_names.clone());
        let all = Split::concat(&[&all.train, &all.validation, &all.test]);
        let [trained, streamed, tested] = divided(all.len(), seed);
        let part = |indices: &[usize]| all.select(features, indices);
        let dataset = |trained: &[usize]| {
            // The epoch is chosen by the training samples themselves: the others are for what comes later.
            let parts = (part(trained), part(trained), part(&tested));
            Dataset::new("digits", shape.clone(), names.clone(), InputScaling::one(0.0, 1.0 / 16.0), parts)
        };
        let known: Vec<usize> = trained.iter().copied().filter(|&index| all.labels[index] != 9).collect();
        let (data, partial) = (dataset(&trained), dataset(&known));
        let (whole, partial) = (base(&data, seed, &[64, 32])?, base(&partial, seed, &[64, 32])?);
        Ok(Self { seed, stream: part(&streamed), data, whole, partial })
    }

    fn drifter(&self, drift: Drift) -> Result<Drifter> {
        Ok(Drifter::new(drift, &self.data.shape, &self.data.train, self.seed)?)
    }

    /// Returns the model that is exposed to the drift.
    fn model(&self, drift: Drift) -> &ModelBytes {
        match drift {
            Drift::NewClass => &self.partial,
            Drift::Gain | Drift::Rotate | Drift::Rows | Drift::Noise => &self.whole,
        }
    }

    fn adapt(&self, drift: Drift, way: &Way, samples: usize, stream: &Split, seed: u64) -> Result<Adapted> {
        let test = self.drifter(drift)?.apply(&self.data.test, self.seed + 50);
        let plan = Plan {
            stream,
            test: &test,
            original_test: Some(&self.data.test),
            originals: Some(&self.data.train),
        };
        let settings = adapt::Settings {
            learn: way.learn,
            samples,
            ring: way.ring.0,
            replays: way.ring.1,
            balanced: false,
            originals: Some(way.originals),
            seed,
            marks: MARKS.iter().copied().take_while(|&mark| mark < samples).chain([samples]).collect(),
        };
        adapt::adapt(&self.model(drift).model("a base")?, &plan, &settings, &mut |_| Ok(()))
    }

    fn accuracy(&self) -> Result<f64> {
        evaluate::accuracy(&self.whole.model("a base")?, &self.data.test)
    }
}

/// The results of a way and a drift over the seeds, as fractions.
struct Outcome {
    before: f64,
    /// Share that is regained at each mark: mean, and the worst seed.
    shares: [(f64, f64); MARKS.len()],
    /// Accuracy on the original data at the end.
    original: f64,
}

/// Measures, prints, and writes.
pub fn run(args: &Args) -> Result<()> {
    let bases = (0..args.seeds).map(Base::new).collect::<Result<Vec<_>>>()?;
    let ways = ways();
    let full = bases.iter().map(Base::accuracy).collect::<Result<Vec<_>>>()?;
    let mut tables = String::new();
    let mut means = String::new();
    for way in &ways {
        let outcomes = DRIFTS.map(|(_, drift)| measure(&bases, &full, drift, way));
        let outcomes = outcomes.into_iter().collect::<Result<Vec<_>>>()?;
        writeln!(
            tables,
            "\n{}\n\n| drift | before | back @50 (worst) | @200 (worst) | @1000 (worst) | original data at the end |\n|---|---|---|---|---|---|",
            capital(way.name)
        )?;
        for ((name, _), outcome) in DRIFTS.iter().zip(&outcomes) {
            let shares =
                outcome.shares.map(|(mean, worst)| format!("{} ({})", percent(mean), percent(worst)));
            let (before, original) = (tenths(outcome.before), tenths(outcome.original));
            writeln!(tables, "| {name} | {before} | {} | {original} |", shares.join(" | "))?;
        }
        let mean =
            |of: &dyn Fn(&Outcome) -> f64| outcomes.iter().map(of).sum::<f64>() / outcomes.len() as f64;
        let shares: Vec<_> = (0..MARKS.len()).map(|mark| percent(mean(&|o| o.shares[mark].0))).collect();
        let worst = outcomes.iter().map(|o| o.shares[1].1).fold(f64::INFINITY, f64::min);
        let row = format!(
            "| {} | {} | {} | {} |",
            way.name,
            shares.join(" | "),
            percent(worst),
            tenths(mean(&|o| o.original))
        );
        println!("{row}");
        writeln!(means, "{row}")?;
    }
    let base = tenths(full.iter().sum::<f64>() / full.len() as f64);
    let stability = stability(&bases, args.runs)?;
    let commit = output(Command::new("git").args(["rev-parse", "--short", "HEAD"]))?;
    let page = format!(
        "# Learning in place: accuracy regained after drifts\n\n\
         Made by `cargo xtask learning --seeds {} --runs {}` at commit {}. `core`'s `Learner` learns one sample at a time,\n\
         with the bits of a device. A network of 64-64-32-10 units is trained by back-propagation on {TRAINED} of the\n\
         built-in digits (60 epochs, Adam 2e-3, weight clip 2); {STREAMED} others are learned in place, again and again in\n\
         one order, and the remaining 497 test: {base} % without a drift, as the mean of the seeds. The default is ROVR_β\n\
         with β = ¼, no sweep, and Polyak's step with μ = 0.2 for all drifts. \"Back\" is the share, in %, of the accuracy\n\
         lost to the drift that is regained.\n\n\
         ## Mean over the four drifts\n\n\
         | way | back @50 | @200 | @1000 | worst seed and drift @200 | original data at the end |\n|---|---|---|---|---|---|\n{means}\n\
         ## Each drift\n{tables}\n## Stability\n\n{stability}",
        args.seeds,
        args.runs,
        commit.trim(),
    );
    let path = root().join("docs/results/learning.md");
    std::fs::write(&path, page).with_context(|| path.display().to_string())?;
    println!("{}", path.display());
    Ok(())
}

fn measure(bases: &[Base], full: &[f64], drift: Drift, way: &Way) -> Result<Outcome> {
    let mut outcome = Outcome { before: 0.0, shares: [(0.0, f64::INFINITY); MARKS.len()], original: 0.0 };
    let n = bases.len() as f64;
    for (base, &full) in bases.iter().zip(full) {
        let stream = base.drifter(drift)?.apply(&base.stream, base.seed + 60);
        let adapted = base.adapt(drift, way, 1000, &stream, base.seed)?;
        let before = adapted.points[0].accuracy;
        outcome.before += before / n;
        for (mark, point) in outcome.shares.iter_mut().zip(&adapted.points[1..]) {
            let share = recovered(before, full, point.accuracy).unwrap_or(1.0);
            mark.0 += share / n;
            mark.1 = mark.1.min(share);
        }
        outcome.original += adapted.points.last().and_then(|p| p.original_accuracy).unwrap_or(f64::NAN) / n;
    }
    Ok(outcome)
}

/// Makes long runs with wrong labels, and returns how many lost accuracy.
fn stability(bases: &[Base], runs: u64) -> Result<String> {
    const SAMPLES: usize = 5000;
    let mut text = format!(
        "{runs} runs of {SAMPLES} samples for each drift, one label in ten wrong: accuracy before, mean and worst at the\n\
         end, and how many runs ended below where they began.\n\n\
         | way | drift | before | mean | worst | below |\n|---|---|---|---|---|---|\n"
    );
    for way in ways().iter().filter(|way| ["default", "clip 2"].contains(&way.name)) {
        for (name, drift) in DRIFTS {
            let (mut before, mut mean, mut worst, mut below) = (0.0, 0.0, f64::INFINITY, 0);
            for run in 0..runs {
                let base = &bases[run as usize % bases.len()];
                let mut random = Random::seed_from_u64(1000 + run);
                let mut stream = base.drifter(drift)?.apply(&base.stream, 2000 + run);
                let order = permutation(stream.len(), &mut random);
                stream = stream.select(base.data.features, &order);
                for label in &mut stream.labels {
                    if data::below(10, &mut random) == 0 {
                        *label = (*label + 1 + data::below(9, &mut random)) % 10;
                    }
                }
                let adapted = base.adapt(drift, way, SAMPLES, &stream, run)?;
                let (first, last) =
                    (adapted.points[0].accuracy, adapted.points[adapted.points.len() - 1].accuracy);
                before += first / runs as f64;
                mean += last / runs as f64;
                worst = last.min(worst);
                below += usize::from(last < first);
            }
            let [before, mean, worst] = [before, mean, worst].map(tenths);
            let row = format!("| {} | {name} | {before} | {mean} | {worst} | {below} |", way.name);
            println!("{row}");
            writeln!(text, "{row}")?;
        }
    }
    Ok(text)
}

fn percent(share: f64) -> String {
    format!("{:.0}", 100.0 * share)
}

pub fn tenths(fraction: f64) -> String {
    format!("{:.1}", 100.0 * fraction)
}

fn capital(text: &str) -> String {
    let first = text.chars().take(1).map(|first| first.to_ascii_uppercase());
    first.chain(text.chars().skip(1)).collect()
}
