//! Writes runs as one HTML file that needs nothing else, and its figures one by one.

mod answers;
mod chart;
pub mod description;
mod figures;
mod measures;
mod sample;
mod values;

use std::cell::OnceCell;
use std::path::PathBuf;

use anyhow::Result;
use fenchel_core::{Block, Model};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::{Value, json};

use crate::BadInput;
use crate::analysis::evaluate::check_fits;
use crate::analysis::quality::Quality;
use crate::analysis::statistics::share_interval;
use crate::data::Dataset;
use crate::error::{printable, require};
use crate::output::harmless;
use crate::store::files;
use crate::store::model_file::ModelBytes;
use crate::store::run::{BEST, DEVICE};
use crate::task::{Confusion, TaskName};
use crate::train::{Logged, Record, Settings, training};
pub use chart::Line;
use chart::{STYLE, chart};
pub use figures::{Figure, figures, png};
use measures::{CHIPS, CURVES, Mistake, SAMPLES};

/// A chart of lines as an SVG file of its own; none if there is no finite point.
pub fn line_chart(title: &str, x: &str, lines: &[Line]) -> Option<String> {
    chart::standalone(title, x, lines, &[], chart::Mark::Line, include_str!("style.css"))
}

/// A run to report on.
pub struct Reported {
    /// Folder of the run.
    pub folder: PathBuf,
    /// Settings of the run.
    pub settings: Settings,
    /// Log of the run.
    pub epochs: Vec<Logged>,
    loaded: OnceCell<(ModelBytes, Dataset)>,
}

impl Reported {
    /// Builds the report's view of a run from the content of its folder.
    pub fn new(run: Record) -> Self {
        let Record { folder, settings, epochs, .. } = run;
        Self { folder, settings, epochs, loaded: OnceCell::new() }
    }

    fn name(&self) -> String {
        harmless(&self.folder.display().to_string())
    }

    /// Returns its figures on a device, by name, if there are any.
    fn device(&self) -> Result<Option<serde_json::Map<String, Value>>> {
        let path = self.folder.join(DEVICE);
        let Ok(text) = files::read(&path) else { return Ok(None) };
        let bad =
            |error| BadInput::new(path.display(), "a JSON object of figures", printable(&format!("{error}")));
        Ok(Some(serde_json::from_slice(&text).map_err(bad)?))
    }

    /// Checks that the best model came from this run.
    fn check_is_own(&self, model: &Model, data: &Dataset) -> Result<()> {
        // Without the places of a block's units, which the file has beside the settings.
        let shape = |blocks: &[Block]| -> Vec<_> {
            blocks.iter().map(|block| (block.size(), block.activation, block.potential)).collect()
        };
        let header = model.header();
        let is_own = header.training == training(&self.settings, header.training.epoch);
        let same = is_own
            && header.data.name == self.settings.data.source
            && shape(model.network().blocks()) == shape(&self.settings.architecture(data)?.blocks);
        let (expected, got) = ("the best model of this run", "another's: --resume writes its own anew");
        require!(same, self.folder.join(BEST).display(), expected, got);
        Ok(())
    }

    /// Returns its best model and its data, which are read once.
    fn loaded(&self) -> Result<&(ModelBytes, Dataset)> {
        if let Some(loaded) = self.loaded.get() {
            return Ok(loaded);
        }
        let (bytes, data) = (
            ModelBytes::read(&self.folder)?,
            crate::data::load_as(&self.settings.data.source, &self.settings.reading)?,
        );
        let model = bytes.model(self.name())?;
        check_fits(&model, &data)?;
        self.check_is_own(&model, &data)?;
        data.require(model.header().data.sha256)?;
        drop(model);
        Ok(self.loaded.get_or_init(|| (bytes, data)))
    }
}

/// A run with the measurements of its best model.
struct Measured<'a> {
    name: String,
    run: &'a Reported,
    data: &'a Dataset,
    energies: Vec<Line>,
    robustness: Vec<Vec<(f64, f64)>>,
    quality: Quality,
    /// Empty where there are no classes.
    confusion: Confusion,
    mistakes: Vec<Mistake>,
}

impl<'a> Measured<'a> {
    fn new(run: &'a Reported) -> Result<Self> {
        let (bytes, data) = run.loaded()?;
        let model = bytes.model(run.name())?;
        let (confusion, mistakes) = match run.settings.task {
            TaskName::Classify => measures::mistakes(&model, data)?,
            TaskName::Regress | TaskName::Reconstruct => (Confusion::new(&[], &[], 0), Vec::new()),
        };
        Ok(Self {
            name: run.name(),
            quality: Quality::of(&model, &data.test)?,
            energies: measures::energies(&model, data, &run.settings)?,
            robustness: CURVES.iter().map(|curve| curve.points(&model, data)).collect::<Result<_>>()?,
            run,
            data,
            confusion,
            mistakes,
        })
    }

    fn is_classifier(&self) -> bool {
        self.run.settings.task == TaskName::Classify
    }

    fn class(&self, class: usize) -> String {
        self.data.class_names.get(class).map_or_else(|| class.to_string(), |name| harmless(name))
    }
}

/// Writes the page.
///
/// # Errors
/// Fails if a run has no model yet, or its data can't be loaded.
pub fn page(runs: &[Reported]) -> Result<String> {
    let training = figures::of_the_log(runs)?;
    let of_values = figures::of_answers(runs)?;
    let devices = runs.iter().map(Reported::device).collect::<Result<Vec<_>>>()?;
    let runs = runs.iter().map(Measured::new).collect::<Result<Vec<_>>>()?;
    let classifiers: Vec<_> = runs.iter().filter(|run| run.is_classifier()).collect();
    let others: Vec<_> = runs.iter().filter(|run| !run.is_classifier()).collect();
    let title = match runs.as_slice() {
        [run] => run.name.clone(),
        runs => format!("{} runs", runs.len()),
    };
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                link rel="icon" href="data:,";
                title { (title) " – Fenchel" }
                style { (PreEscaped(include_str!("style.css"))) (PreEscaped(STYLE)) }
            }
            body {
                h1 { (title) }
                p.dim { "Fenchel " (env!("CARGO_PKG_VERSION")) }
                h2 { "Outcome" }
                @if !classifiers.is_empty() { (outcome(&classifiers)) }
                @if !others.is_empty() { (values::outcome(&others)) }
                (refitted(&runs))
                h2 { "Training" }
                div.charts { @for chart in &training { (chart) } }
                @if runs.iter().any(|run| !run.energies.is_empty()) {
                    h2 { "Energy per sweep" }
                    p.dim { "Above the energy after the last sweep, of the first test sample, without noise, the runner-up as attack." }
                    div.charts {
                        @for run in &runs { (chart(&run.name, "sweep", &run.energies, &[])) }
                    }
                }
                @if !others.is_empty() {
                    h2 { "Answers" }
                    div.charts { @for chart in &of_values { (chart) } }
                    @for run in &others { (values::fits(run)) }
                }
                @if !classifiers.is_empty() {
                    h2 { "Robustness" }
                    p.dim {
                        "The best model on the first " (SAMPLES) " test samples at most; random flaws as the mean over "
                        (CHIPS) " simulated chips."
                    }
                    div.charts {
                        @for (number, curve) in CURVES.iter().enumerate() {
                            @let lines: Vec<Line> = classifiers.iter()
                                .map(|run| (run.name.clone(), run.robustness[number].clone())).collect();
                            (chart(curve.title, curve.varied, &lines, &[]))
                        }
                    }
                }
                @if devices.iter().any(Option::is_some) {
                    h2 { "On the device" }
                    @for (run, device) in runs.iter().zip(&devices) {
                        @if let Some(figures) = device {
                            div.scroll { table {
                                tr { th { (run.name) } th {} }
                                @for (name, value) in figures { tr { td { (name) } td { (shown(value)) } } }
                            } }
                        }
                    }
                }
                @for run in &classifiers { (answers::answers(run)) }
                h2 { "Settings" }
                (settings(&runs))
            }
        }
    };
    Ok(page.into_string())
}

fn outcome(runs: &[&Measured]) -> Markup {
    let percent = |share: f64| format!("{:.2} %", 100.0 * share);
    let interval = |run: &Measured| {
        let (low, high) = share_interval(run.confusion.accuracy(), run.data.test.len());
        format!("{:.1} to {:.1} %", 100.0 * low, 100.0 * high)
    };
    html! {
        div.scroll { table {
            tr {
                th { "run" } th { "data" } th { "objective" } th { "test accuracy" } th { "95 % interval" }
                th { "balanced" } th { "macro F1" } th { "test samples" } th { "epochs" } th { "time" }
            }
            @for run in runs {
                tr {
                    td { (run.name) }
                    td { (harmless(&run.run.settings.data.source)) }
                    td { (crate::spelling::name(run.run.settings.objective.name)) }
                    td { (percent(run.confusion.accuracy())) }
                    td { (interval(run)) }
                    td { (percent(run.confusion.balanced_accuracy())) }
                    td { (percent(run.confusion.macro_f1())) }
                    td { (run.data.test.len()) }
                    td { (run.run.epochs.len()) }
                    td { (format!("{:.1} s", run.run.epochs.last().map_or(0.0, |logged| logged.epoch.seconds))) }
                }
            }
        } }
    }
}

/// Says which runs were fitted once more.
fn refitted(runs: &[Measured]) -> Markup {
    html! {
        @for run in runs.iter().filter(|run| run.run.settings.optimiser.refit) {
            p.dim {
                (run.name) ": after these epochs the model was fitted once more, to the "
                (run.data.train.len()) " training and the " (run.data.validation.len())
                " validation samples together; what is said of test samples is of that fit."
            }
        }
    }
}

/// Returns a value as a table shows it.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => "–".to_string(),
        Value::String(text) => harmless(text),
        Value::Number(number) if number.is_f64() => (number.as_f64().unwrap_or(f64::NAN) as f32).to_string(),
        other => other.to_string(),
    }
}

fn settings(runs: &[Measured]) -> Markup {
    let all: Vec<Value> = runs.iter().map(|run| json!(run.run.settings)).collect();
    let names: Vec<_> = all[0].as_object().into_iter().flat_map(|object| object.keys()).collect();
    html! {
        div.scroll { table {
            tr { th { "setting" } @for run in runs { th { (run.name) } } }
            @for name in names {
                tr { th { (name.replace('_', " ")) } @for own in &all { td { (shown(&own[name])) } } }
            }
        } }
    }
}
