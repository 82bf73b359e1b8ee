//! Writes runs as one HTML file that needs nothing else, and its figures one by one.

mod chart;
mod figures;
mod measures;

use std::cell::OnceCell;
use std::path::PathBuf;

use anyhow::Result;
use fenchel_core::{Block, Model};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::{Value, json};

use crate::BadInput;
use crate::analysis::evaluate::check_fits;
use crate::data::Dataset;
use crate::error::{printable, require};
use crate::output::harmless;
use crate::store::files;
use crate::store::model_file::ModelBytes;
use crate::store::run::{BEST, DEVICE};
use crate::train::{Logged, Record, Settings, training};
pub use chart::Line;
use chart::{STYLE, chart};
pub use figures::{Figure, figures, png};
use measures::{CHIPS, CURVES, Mistake, SAMPLES};

/// Most mistakes that are shown of each run.
const SHOWN: usize = 24;
/// Most input values that are shown of a sample that isn't an image.
const VALUES: usize = 8;

/// A chart of lines as an SVG file of its own; none if there is no finite point.
pub fn line_chart(title: &str, x: &str, lines: &[Line]) -> Option<String> {
    chart::standalone(title, x, lines, include_str!("style.css"))
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
    matrix: Vec<Vec<usize>>,
    mistakes: Vec<Mistake>,
}

impl<'a> Measured<'a> {
    fn new(run: &'a Reported) -> Result<Self> {
        let (bytes, data) = run.loaded()?;
        let model = bytes.model(run.name())?;
        let (matrix, mistakes) = measures::mistakes(&model, data)?;
        Ok(Self {
            name: run.name(),
            energies: measures::energies(&model, data, &run.settings)?,
            robustness: CURVES.iter().map(|curve| curve.points(&model, data)).collect::<Result<_>>()?,
            run,
            data,
            matrix,
            mistakes,
        })
    }

    fn accuracy(&self) -> f64 {
        1.0 - self.mistakes.len() as f64 / self.data.test.len().max(1) as f64
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
    let devices = runs.iter().map(Reported::device).collect::<Result<Vec<_>>>()?;
    let runs = runs.iter().map(Measured::new).collect::<Result<Vec<_>>>()?;
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
                (outcome(&runs))
                h2 { "Training" }
                div.charts { @for chart in &training { (chart) } }
                @if runs.iter().any(|run| !run.energies.is_empty()) {
                    h2 { "Energy per sweep" }
                    p.dim { "Above the energy after the last sweep, of the first test sample, without noise, the runner-up as attack." }
                    div.charts {
                        @for run in &runs { (chart(&run.name, "sweep", &run.energies)) }
                    }
                }
                h2 { "Robustness" }
                p.dim {
                    "The best model on the first " (SAMPLES) " test samples at most; random flaws as the mean over "
                    (CHIPS) " simulated chips."
                }
                div.charts {
                    @for (number, curve) in CURVES.iter().enumerate() {
                        @let lines: Vec<Line> = runs.iter()
                            .map(|run| (run.name.clone(), run.robustness[number].clone())).collect();
                        (chart(curve.title, curve.varied, &lines))
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
                @for run in &runs { (answers(run)) }
                h2 { "Settings" }
                (settings(&runs))
            }
        }
    };
    Ok(page.into_string())
}

fn outcome(runs: &[Measured]) -> Markup {
    html! {
        div.scroll { table {
            tr { th { "run" } th { "data" } th { "objective" } th { "test accuracy" } th { "epochs" } th { "time" } }
            @for run in runs {
                tr {
                    td { (run.name) }
                    td { (harmless(&run.run.settings.data.source)) }
                    td { (crate::spelling::name(run.run.settings.objective.name)) }
                    td { (format!("{:.2} %", 100.0 * run.accuracy())) }
                    td { (run.run.epochs.len()) }
                    td { (format!("{:.1} s", run.run.epochs.last().map_or(0.0, |logged| logged.epoch.seconds))) }
                }
            }
        } }
    }
}

/// Shows the confusion matrix or, if there are too many classes to read one, the most frequent confusions.
fn confusion(run: &Measured) -> Markup {
    /// Most classes of a matrix, and most confusions that are listed.
    const MOST: usize = 40;
    if run.matrix.len() > MOST {
        let cells = run.matrix.iter().enumerate().flat_map(|(truth, row)| {
            row.iter().enumerate().map(move |(answer, &count)| (count, truth, answer))
        });
        let mut wrong: Vec<_> =
            cells.filter(|&(count, truth, answer)| count > 0 && truth != answer).collect();
        wrong.sort_by_key(|&(count, truth, answer)| (std::cmp::Reverse(count), truth, answer));
        return html! {
            h3 { "The " (wrong.len().min(MOST)) " most frequent of " (wrong.len()) " confusions on the test split" }
            div.scroll { table {
                tr { th { "label" } th { "answer" } th { "samples" } }
                @for &(count, truth, answer) in wrong.iter().take(MOST) {
                    tr { td { (run.class(truth)) } td { (run.class(answer)) } td { (count) } }
                }
            } }
        };
    }
    html! {
        h3 { "Confusion on the test split: rows are the labels, columns the answers" }
        div.scroll { table.matrix {
            tr { th {} @for class in 0..run.matrix.len() { th { (run.class(class)) } } }
            @for (truth, row) in run.matrix.iter().enumerate() {
                tr {
                    th { (run.class(truth)) }
                    @for (answer, &count) in row.iter().enumerate() {
                        td.right[truth == answer].none[count == 0] { (count) }
                    }
                }
            }
        } }
    }
}

/// Shows confusion matrix and mistakes.
fn answers(run: &Measured) -> Markup {
    let mistakes = run.mistakes.len();
    html! {
        h2 { "Answers of " (run.name) }
        (confusion(run))
        h3 { "Mislabelled: " (mistakes) " of " (run.data.test.len()) " samples" }
        @if mistakes > 0 {
            p.dim {
                "The " (mistakes.min(SHOWN)) " with the widest gap between the answer's output and the label's."
            }
            div.samples {
                @for mistake in run.mistakes.iter().take(SHOWN) {
                    figure {
                        (sample(run.data, mistake.index))
                        figcaption {
                            "label " (run.class(mistake.truth)) ", answer " (run.class(mistake.answer))
                            br; (format!("gap {:.3}, sample {}", mistake.gap, mistake.index))
                        }
                    }
                }
            }
        }
    }
}

/// Shows a test sample: as an image if its shape or a square of its values is at least 4×4, otherwise as
/// numbers.
fn sample(data: &Dataset, index: usize) -> Markup {
    let mut values = Vec::new();
    data.test.append_input(index, data.features, data.scaling.view(), &mut values);
    let side = data.features.isqrt();
    let (rows, columns) = match data.shape[..] {
        [rows, columns] => (rows, columns),
        _ if side * side == data.features => (side, side),
        _ => (0, 0),
    };
    if rows < 4 || columns < 4 {
        let shown = values.iter().take(VALUES).map(|v| format!("{v:.3}")).collect::<Vec<_>>().join(", ");
        return html! { p { (shown) @if values.len() > VALUES { ", …" } } };
    }
    html! {
        svg viewBox={ "0 0 " (columns) " " (rows) } shape-rendering="crispEdges" role="img"
            aria-label={ "test sample " (index) } {
            @for (place, value) in values.iter().enumerate() {
                @let level = (255.0 * value.clamp(0.0, 1.0)) as u8;
                @if level > 0 {
                    rect x=(place % columns) y=(place / columns) width="1" height="1"
                        fill=(format!("#{level:02x}{level:02x}{level:02x}")) {}
                }
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
