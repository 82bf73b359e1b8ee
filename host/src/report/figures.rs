//! The line charts of a report, each of which can also be drawn on its own as SVG or PNG.

use anyhow::Result;
use fenchel_core::Model;
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree};

use super::Reported;
use super::chart::{Band, Line, Mark, chart, marked, standalone};
use super::measures::{self, CURVES, Curve};
use super::values;
use crate::BadInput;
use crate::analysis::statistics::share_interval;
use crate::data::Dataset;
use crate::task::TaskName;
use crate::train::Logged;

/// Number of pixels of a PNG for each unit of the SVG.
const SCALE: f32 = 2.0;

/// A line chart: its name on the command line, its title, the quantity on its x-axis, and the source of its
/// lines.
pub struct Figure {
    /// Name that `--figure` takes.
    pub name: &'static str,
    title: &'static str,
    across: &'static str,
    source: Source,
    /// Tasks of which it shows something.
    pub tasks: &'static [TaskName],
}

const ALL: &[TaskName] = &[TaskName::Classify, TaskName::Regress, TaskName::Reconstruct];
const CLASSES: &[TaskName] = &[TaskName::Classify];
const VALUES: &[TaskName] = &[TaskName::Regress, TaskName::Reconstruct];

/// A line of each run over the epochs: the suffix of its name, and its value.
type Logging = (&'static str, fn(&Logged) -> Option<f64>);

/// Name of the figure of the share of all validation samples that is right.
const ACCURACY: &str = "accuracy";
/// Name of the figure of the mean over classes of that share.
const BALANCED: &str = "balanced";

/// Source of a figure's lines.
enum Source {
    /// Values of each epoch in the log.
    Log(&'static [Logging]),
    /// Energy after each sweep while the best model relaxes the first test sample.
    Sweeps,
    /// Accuracy of the best model along a curve of robustness.
    Robustness(&'static Curve),
    /// Lines or dots of what the best model answers on the test split.
    Answers(fn(&Model, &Dataset) -> Result<Vec<Line>>, Mark),
}

/// Least number of validation samples for which the interval of an accuracy is too narrow to be seen.
const MANY: usize = 1000;

/// Figures that show the log.
const OF_THE_LOG: [Figure; 8] = [
    Figure {
        name: ACCURACY,
        title: "Validation accuracy in %",
        across: "epoch",
        source: Source::Log(&[("", |line| Some(100.0 * line.epoch.validation_accuracy))]),
        tasks: CLASSES,
    },
    Figure {
        name: BALANCED,
        title: "Balanced validation accuracy in %: mean over classes",
        across: "epoch",
        source: Source::Log(&[("", |line| line.epoch.balanced_accuracy.map(|share| 100.0 * share))]),
        tasks: CLASSES,
    },
    Figure {
        name: "r2",
        title: "Validation R²",
        across: "epoch",
        source: Source::Log(&[("", |line| Some(line.epoch.validation_accuracy))]),
        tasks: VALUES,
    },
    Figure {
        name: "loss",
        title: "Validation loss ½‖z − y‖²",
        across: "epoch",
        source: Source::Log(&[("", |line| Some(line.epoch.validation_loss))]),
        tasks: ALL,
    },
    Figure {
        name: "gradient",
        title: "Norm of an epoch's last gradient",
        across: "epoch",
        source: Source::Log(&[("", |line| line.observed.gradient_norm)]),
        tasks: ALL,
    },
    Figure {
        name: "cosine",
        title: "Cosine with back-propagation's gradient",
        across: "epoch",
        source: Source::Log(&[("", |line| line.observed.cosine)]),
        tasks: ALL,
    },
    Figure {
        name: "energies",
        title: "Energy of both problems, relaxed as in training",
        across: "epoch",
        source: Source::Log(&[
            (", first problem", |line| line.observed.energies.map(|pair| pair[0])),
            (", second problem", |line| line.observed.energies.map(|pair| pair[1])),
        ]),
        tasks: ALL,
    },
    Figure {
        name: "residuals",
        title: "Largest change of an activity left in both problems",
        across: "epoch",
        source: Source::Log(&[
            (", first problem", |line| line.observed.residuals.map(|pair| pair[0])),
            (", second problem", |line| line.observed.residuals.map(|pair| pair[1])),
        ]),
        tasks: ALL,
    },
];

const SWEEPS: Figure = Figure {
    name: "energy",
    title: "Energy above that after the last sweep",
    across: "sweep",
    source: Source::Sweeps,
    tasks: CLASSES,
};

/// Figures of what a model whose outputs are values answers.
const OF_ANSWERS: [Figure; 4] = [
    Figure {
        name: "predictions",
        title: "Predicted over true values (several targets: in standard deviations)",
        across: "true value",
        source: Source::Answers(values::predictions, Mark::Dots),
        tasks: &[TaskName::Regress],
    },
    Figure {
        name: "errors",
        title: "Share of test samples by error (several targets: in standard deviations)",
        across: "predicted − true value",
        source: Source::Answers(values::errors, Mark::Line),
        tasks: &[TaskName::Regress],
    },
    Figure {
        name: "scores",
        title: "Share of test samples by anomaly score",
        across: "log₁₀ of the score",
        source: Source::Answers(values::score_shares, Mark::Line),
        tasks: &[TaskName::Reconstruct],
    },
    Figure {
        name: "roc",
        title: "Share of the anomalies found over false alarms",
        across: "share of the normal samples above the threshold",
        source: Source::Answers(values::roc, Mark::Line),
        tasks: &[TaskName::Reconstruct],
    },
];

/// Returns every figure: those of the log, the energy by sweep, those of robustness, and those of values.
pub fn figures() -> Vec<Figure> {
    let robustness = CURVES.iter().map(Figure::of_curve);
    OF_THE_LOG.into_iter().chain([SWEEPS]).chain(robustness).chain(OF_ANSWERS).collect()
}

/// Draws the charts of the log, with a line or more for each run; the balanced accuracy only if a run's
/// classes are unequal.
pub fn of_the_log(runs: &[Reported]) -> Result<Vec<maud::Markup>> {
    let unequal =
        runs.iter().map(|run| Ok(run.loaded()?.1.has_unequal_classes())).collect::<Result<Vec<_>>>()?;
    let is_shown = |figure: &&Figure| figure.name != BALANCED || unequal.contains(&true);
    let markup = |figure: &Figure| {
        let (bands, title) = (figure.bands(runs), figure.title_of(runs));
        Ok(chart(&title, figure.across, &figure.lines(runs)?, &bands))
    };
    OF_THE_LOG.iter().filter(is_shown).map(markup).collect()
}

/// Draws the charts of answers that are values, with lines or dots for each run.
pub fn of_answers(runs: &[Reported]) -> Result<Vec<maud::Markup>> {
    let draw =
        |figure: &Figure| Ok(marked(figure.title, figure.across, &figure.lines(runs)?, &[], figure.mark()));
    OF_ANSWERS.iter().map(draw).collect()
}

impl Reported {
    /// Returns the number of its validation samples if they are few and its model and data can be read.
    fn few_validate(&self) -> Option<usize> {
        let count = self.loaded().ok()?.1.validation.len();
        (1..MANY).contains(&count).then_some(count)
    }
}

impl Figure {
    fn mark(&self) -> Mark {
        match self.source {
            Source::Answers(_, mark) => mark,
            Source::Log(_) | Source::Sweeps | Source::Robustness(_) => Mark::Line,
        }
    }

    /// Returns the runs that it shows something of.
    fn of<'a>(&'a self, runs: &'a [Reported]) -> impl Iterator<Item = &'a Reported> {
        runs.iter().filter(|run| self.tasks.contains(&run.settings.task))
    }

    fn of_curve(curve: &'static Curve) -> Self {
        let Curve { name, title, varied, .. } = *curve;
        Self { name, title, across: varied, source: Source::Robustness(curve), tasks: CLASSES }
    }

    fn lines(&self, runs: &[Reported]) -> Result<Vec<Line>> {
        let mut lines = Vec::new();
        for run in self.of(runs) {
            match &self.source {
                Source::Answers(lines_of, _) => {
                    let (bytes, data) = run.loaded()?;
                    let own = lines_of(&bytes.model(run.name())?, data)?;
                    lines.extend(
                        own.into_iter().map(|(name, line)| (format!("{}, {name}", run.name()), line)),
                    );
                }
                Source::Log(values) => lines.extend(values.iter().map(|(suffix, value)| {
                    let trained = run.epochs.iter().filter(|line| !line.epoch.pretraining);
                    let finite = |line: &Logged| value(line).filter(|value| value.is_finite());
                    let point = |line: &Logged| Some((f64::from(line.epoch.epoch), finite(line)?));
                    (format!("{}{suffix}", run.name()), trained.filter_map(point).collect())
                })),
                Source::Sweeps => {
                    let (bytes, data) = run.loaded()?;
                    let energies = measures::energies(&bytes.model(run.name())?, data, &run.settings)?;
                    lines.extend(
                        energies.into_iter().map(|(name, line)| (format!("{}, {name}", run.name()), line)),
                    );
                }
                Source::Robustness(curve) => {
                    let (bytes, data) = run.loaded()?;
                    lines.push((run.name(), curve.points(&bytes.model(run.name())?, data)?));
                }
            }
        }
        Ok(lines)
    }

    /// Returns the 95 % interval of the accuracy for each run with few validation samples.
    fn bands(&self, runs: &[Reported]) -> Vec<Band> {
        if self.name != ACCURACY {
            return Vec::new();
        }
        let few = self.of(runs).enumerate().filter_map(|(line, run)| Some((line, run, run.few_validate()?)));
        let band = |(line, run, count): (usize, &Reported, usize)| {
            let trained = run.epochs.iter().filter(|logged| !logged.epoch.pretraining);
            let point = |logged: &Logged| {
                let (low, high) = share_interval(logged.epoch.validation_accuracy, count);
                (f64::from(logged.epoch.epoch), 100.0 * low, 100.0 * high)
            };
            Band { line, points: trained.map(point).collect() }
        };
        few.map(band).collect()
    }

    /// Returns the title, which says what is shaded.
    fn title_of(&self, runs: &[Reported]) -> String {
        let mut counts: Vec<usize> = match self.name {
            ACCURACY => self.of(runs).filter_map(Reported::few_validate).collect(),
            _ => Vec::new(),
        };
        counts.sort_unstable();
        counts.dedup();
        let counts = counts.iter().map(usize::to_string).collect::<Vec<_>>().join(" and ");
        match counts.is_empty() {
            true => self.title.to_string(),
            false => format!("{} (shaded: 95 % interval of {counts} samples)", self.title),
        }
    }

    /// Draws the figure as an SVG file of its own, with one or two lines for each run.
    ///
    /// # Errors
    /// Returns [`BadInput`] if the runs have nothing to show in it, or no model or data where it needs
    /// them.
    pub fn svg(&self, runs: &[Reported]) -> Result<String> {
        let colors = include_str!("style.css");
        let (title, bands) = (self.title_of(runs), self.bands(runs));
        standalone(&title, self.across, &self.lines(runs)?, &bands, self.mark(), colors).ok_or_else(|| {
            let names = runs.iter().map(Reported::name).collect::<Vec<_>>().join(", ");
            BadInput::new(names, format!("runs with what `figure` {} shows", self.name), "nothing of it")
                .into()
        })
    }
}

/// Converts an SVG of [`Figure::svg`] to PNG, with its text in DejaVu Sans.
///
/// # Errors
/// Never fails for such an SVG.
pub fn png(svg: &str) -> Result<Vec<u8>> {
    let mut options = Options::default();
    options.fontdb_mut().load_font_data(dejavu::sans::regular().to_vec());
    let tree = Tree::from_str(svg, &options)?;
    let size =
        tree.size().to_int_size().scale_by(SCALE).ok_or_else(|| anyhow::anyhow!("a picture without size"))?;
    let mut pixels =
        Pixmap::new(size.width(), size.height()).ok_or_else(|| anyhow::anyhow!("too large a picture"))?;
    resvg::render(&tree, Transform::from_scale(SCALE, SCALE), &mut pixels.as_mut());
    Ok(pixels.encode_png()?)
}
