//! `fenchel eval --hardware`.

use std::path::{Path, PathBuf};

use anyhow::Result;
use serde::Serialize;
use serde_json::json;

use super::samples::SampleArgs;
use super::table::table;
use crate::Parameters;
use crate::analysis::robustness::Samples;
use crate::error::require;
use crate::experiments::flaw_figure;
use crate::hardware::{
    AccuracyDistribution, MonteCarlo, NudgedSamples, Outputs, Profile, Sweep, Trial, nudge, trials,
};
use crate::output;
use crate::spelling::{self, parse};
use crate::store::files;
use crate::store::model_file::ModelBytes;
use crate::task::TaskName;

/// Options of an evaluation on simulated chips.
#[derive(clap::Args)]
pub struct HardwareArgs {
    /// Evaluate on simulated chips of this hardware, drawn at random: ideal, reram, pcm, floating-gate, severe or a TOML file
    #[arg(long, value_name = "PROFILE")]
    pub hardware: Option<String>,
    /// Number of chips
    #[arg(long, default_value_t = 50, requires = "hardware")]
    chips: u64,
    /// Seed of the chips, which are the same for every run
    #[arg(long, default_value_t = 0, requires = "hardware")]
    seed: u64,
    /// Number of samples to evaluate, from the first on [default: all]
    #[arg(long, value_name = "N", requires = "hardware")]
    images: Option<usize>,
    /// Number of these samples that are also relaxed with feedback under a nudge
    #[arg(long, value_name = "N", default_value_t = 500, requires = "hardware")]
    nudged_images: usize,
    /// Weight α of the loss against the attack in the nudge, in (0, 1)
    #[arg(long, default_value_t = 0.49, requires = "hardware")]
    alpha: f32,
    /// Strength β of the nudge, above 0
    #[arg(long, default_value_t = 0.25, requires = "hardware")]
    beta: f32,
    /// Accuracy, as a fraction, that a chip needs to count for the yield [default: 0.01 below that of the first run without flaws]
    #[arg(long, requires = "hardware")]
    target: Option<f64>,
    /// Evaluate one flaw at several sizes, for example programming_noise=0:0.3:7
    #[arg(long, value_name = "FLAW=FROM:TO:COUNT", value_parser = parse::<Sweep>, requires = "hardware")]
    sweep: Option<Sweep>,
    /// File in which to draw the sweep, as SVG
    #[arg(long, value_name = "FILE", value_parser = super::plot::svg, requires = "sweep")]
    plot: Option<PathBuf>,
}

/// Results of one run on simulated chips.
#[derive(Serialize)]
struct Row {
    run: String,
    /// Size of the flaw that is swept.
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<f64>,
    free: Accuracy,
    #[serde(skip_serializing_if = "Option::is_none")]
    nudged: Option<Accuracy>,
    /// Mean relative error of the nudged activities.
    #[serde(skip_serializing_if = "Option::is_none")]
    nudged_error: Option<f64>,
    /// Share of the nudged samples whose relaxation converged.
    #[serde(skip_serializing_if = "Option::is_none")]
    settled: Option<f64>,
    chips: Vec<Trial>,
}

#[derive(Serialize)]
struct Accuracy {
    /// Accuracy of the network itself.
    without_flaws: f64,
    target: f64,
    #[serde(flatten)]
    spread: AccuracyDistribution,
}

impl Accuracy {
    /// Builds the accuracies of the chips; `target` is set from the first network unless it is given.
    fn new(without_flaws: f64, target: &mut Option<f64>, accuracies: &[f64]) -> Self {
        let target = *target.get_or_insert(without_flaws - 0.01);
        Self { without_flaws, target, spread: AccuracyDistribution::new(accuracies, target) }
    }
}

impl HardwareArgs {
    /// Evaluates every run on the same chips.
    pub fn run(&self, name: &str, runs: &[PathBuf], data: &SampleArgs, as_json: bool) -> Result<()> {
        let profile = Profile::load(name)?;
        require!(self.chips > 0, "--chips", "at least 1", 0);
        require!(self.images != Some(0), "--images", "at least 1", 0);
        require!(self.alpha > 0.0 && self.alpha < 1.0, "--alpha", "above 0, below 1", self.alpha);
        require!(self.beta > 0.0 && self.beta.is_finite(), "--beta", "a finite number above 0", self.beta);
        let target = self.target.unwrap_or(1.0);
        require!((0.0..=1.0).contains(&target), "--target", "a fraction, 0 to 1", target);
        let profiles = match &self.sweep {
            Some(sweep) => {
                let profiles = sweep.profiles(&profile)?;
                profiles.into_iter().map(|(size, profile)| (Some(size), profile)).collect()
            }
            None => vec![(None, profile.clone())],
        };
        let mut rows = Vec::new();
        let (mut target, mut nudged_target) = (self.target, self.target);
        let mut counts = (0, 0);
        for run in runs {
            let bytes = ModelBytes::read(run)?;
            let model = bytes.model(run.display())?;
            let fits = TaskName::of(model.task()) == TaskName::Classify;
            require!(fits, "--hardware", "a model of classes", "one whose outputs are values");
            let chosen = data.load(run, &model)?;
            let part = chosen.split();
            let first = |count| Samples::new(&part, chosen.data.features, model.scaling(), count);
            let samples = first(self.images.unwrap_or(part.len()));
            let few = first(self.nudged_images.min(samples.labels.len()));
            counts = (samples.labels.len(), few.labels.len());
            let parameters = Parameters::of_model(&model);
            say_range(run, &profile, &Outputs::new(&parameters, &samples)?);
            let nudge = nudge(self.alpha, self.beta);
            let nudged =
                if few.labels.is_empty() { None } else { Some(NudgedSamples::new(&parameters, few, nudge)?) };
            let tried = |profile: &Profile, chips| {
                trials(&parameters, profile, &samples, nudged.as_ref(), MonteCarlo { chips, seed: self.seed })
            };
            let itself = tried(&Profile::ideal(), 1)?[0];
            for (size, profile) in &profiles {
                let chips = tried(profile, self.chips)?;
                let all = |of: fn(&Trial) -> Option<f64>| chips.iter().map(of).collect::<Option<Vec<_>>>();
                let mean = |of| all(of).map(|values| crate::analysis::statistics::mean(&values));
                let free: Vec<_> = chips.iter().map(|chip| chip.free).collect();
                rows.push(Row {
                    run: run.display().to_string(),
                    size: *size,
                    free: Accuracy::new(itself.free, &mut target, &free),
                    nudged: itself
                        .nudged
                        .zip(all(|chip| chip.nudged))
                        .map(|(itself, accuracies)| Accuracy::new(itself, &mut nudged_target, &accuracies)),
                    nudged_error: mean(|chip| chip.error),
                    settled: mean(|chip| chip.settled),
                    chips,
                });
            }
        }
        if let (Some(path), Some(sweep)) = (&self.plot, &self.sweep) {
            files::write(path, figure(&rows, sweep)?.as_bytes())?;
        }
        if as_json {
            return super::print(json!({
                "profile": profile,
                "chips": self.chips,
                "seed": self.seed,
                "samples": counts.0,
                "nudged_samples": counts.1,
                "alpha": self.alpha,
                "beta": self.beta,
                "sweep": self.sweep.as_ref().map(spelling::Spelled::spell),
                "rows": rows,
            }));
        }
        self.show(&profile, counts, &rows)
    }

    fn show(&self, profile: &Profile, (samples, nudged_samples): (usize, usize), rows: &[Row]) -> Result<()> {
        let percent = |value: f64| format!("{:.2}", 100.0 * value);
        let Some(first) = rows.first() else { return Ok(()) };
        super::print(format_args!(
            "{}, {} chips of seed {}: {samples} samples without feedback, {nudged_samples} with it",
            profile.name, self.chips, self.seed
        ))?;
        let targets = std::iter::once(&first.free).chain(&first.nudged).map(|part| percent(part.target));
        let targets = targets.collect::<Vec<_>>().join(" and ");
        super::print(format_args!("accuracies in %; yield: share of the chips with at least {targets} %"))?;
        super::print(
            "free and nudged: the network itself; then its chips' mean, fifth percentile and yield",
        )?;
        super::print("error: of the nudged activities; settled: share of the nudged samples")?;
        let mut heading = vec!["run".to_string()];
        heading.extend(self.sweep.iter().map(|sweep| sweep.flaw.clone()));
        heading.extend(["free", "mean", "5 %", "yield"].map(String::from));
        if first.nudged.is_some() {
            heading.extend(["nudged", "mean", "5 %", "yield", "error", "settled"].map(String::from));
        }
        let cells = |row: &Row| {
            let accuracy = |accuracy: &Accuracy| {
                let AccuracyDistribution { mean, fifth_percentile, chip_yield } = accuracy.spread;
                [accuracy.without_flaws, mean, fifth_percentile, chip_yield].map(percent)
            };
            let mut cells = vec![row.run.clone()];
            cells.extend(row.size.map(|size| size.to_string()));
            cells.extend(accuracy(&row.free));
            cells.extend(row.nudged.iter().flat_map(accuracy));
            cells.extend(row.nudged_error.into_iter().chain(row.settled).map(percent));
            cells
        };
        table(&std::iter::once(heading).chain(rows.iter().map(cells)).collect::<Vec<_>>())
    }
}

/// Prints the range of the output converters if the profile leaves it open, or how many samples are beyond it.
fn say_range(run: &Path, profile: &Profile, outputs: &Outputs) {
    let (run, largest) = (run.display(), outputs.largest());
    match profile.output_range {
        None if profile.output_bits.is_some() => output::say(format_args!(
            "fenchel: {run}: the converters' range is the network's largest output, {largest:.3}; output_range sets another"
        )),
        Some(range) if profile.output_bits.is_some() && outputs.share_beyond(range as f32) > 0.01 => {
            output::say(format_args!(
                "fenchel: {run}: outputs of {:.0} % of the samples are beyond the converters' range of {range}, the largest \
                 is {largest:.3}; without output_range the range is the network's",
                100.0 * outputs.share_beyond(range as f32)
            ));
        }
        Some(_) | None => {}
    }
}

/// Draws every run's lots over the sweep, without feedback and nudged.
fn figure(rows: &[Row], sweep: &Sweep) -> Result<String> {
    let lines = |of: &dyn Fn(&Row) -> Option<AccuracyDistribution>| {
        let mut lines: Vec<flaw_figure::Line> = Vec::new();
        for row in rows {
            let Some((size, spread)) = row.size.zip(of(row)) else { continue };
            if lines.last().is_none_or(|line| line.name != row.run) {
                lines.push(flaw_figure::Line { name: row.run.clone(), points: Vec::new() });
            }
            let point = (size, spread.mean, spread.fifth_percentile);
            lines.iter_mut().for_each(|line| {
                if line.name == row.run {
                    line.points.push(point);
                }
            });
        }
        lines
    };
    let free = ("without feedback", lines(&|row| Some(row.free.spread)));
    let nudged = ("nudged, with feedback", lines(&|row| row.nudged.as_ref().map(|part| part.spread)));
    let panels: Vec<_> = [free, nudged].into_iter().filter(|panel| !panel.1.is_empty()).collect();
    flaw_figure::sweep(&sweep.flaw, &panels)
}
