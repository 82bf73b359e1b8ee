//! Table 1 of the paper: test accuracy of every objective, with and without pretraining.

use std::fmt::Write;
use std::path::Path;

use anyhow::Result;
use serde::Serialize;

use super::cells::{Cell, complete, label};
use super::plan::{Plan, RATIO_4};
use super::provenance::Provenance;
use crate::analysis::statistics::{deviation, mean, paired_gain};
use crate::data::Dataset;
use crate::train::{ObjectiveName, Settings};

/// A column: its heading and its settings.
struct Column {
    name: &'static str,
    objective: ObjectiveName,
    gamma: &'static [f32],
    /// Mean and standard deviation in the paper without pretraining, in %, on MNIST and on Fashion-MNIST.
    paper: Option<[(f64, f64); 2]>,
}

const fn column(name: &'static str, objective: ObjectiveName, paper: Option<[(f64, f64); 2]>) -> Column {
    Column { name, objective, gamma: &[1.0], paper }
}

/// The columns; the first is the baseline of the paired gains.
const COLUMNS: [Column; 10] = [
    column("BP", ObjectiveName::Backprop, Some([(95.60, 0.13), (85.49, 0.09)])),
    column("BP + noise", ObjectiveName::BackpropNoise, None),
    column("ROVR", ObjectiveName::Rovr, None),
    column("AROVR", ObjectiveName::Arovr, Some([(96.04, 0.15), (85.63, 0.32)])),
    Column { gamma: RATIO_4, ..column("AROVR, γ ratio 4", ObjectiveName::Arovr, None) },
    column("ROVR_αβ", ObjectiveName::RovrAb, None),
    column("AROVR_αβ", ObjectiveName::ArovrAb, Some([(96.19, 0.13), (85.78, 0.10)])),
    Column { gamma: RATIO_4, ..column("AROVR_αβ, γ ratio 4", ObjectiveName::ArovrAb, None) },
    column("ROVR^g", ObjectiveName::RovrG, None),
    column("AROVR^g", ObjectiveName::ArovrG, Some([(96.35, 0.06), (85.98, 0.21)])),
];

/// The data sets for which the paper has figures, in the order of [`Column::paper`].
const PAPER_DATA: [&str; 2] = ["mnist", "fashion-mnist"];

/// One row of the table's JSON. Accuracies are fractions.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// Name of the data set.
    pub data: String,
    /// Heading of the column.
    pub objective: &'static str,
    /// Whether 100 epochs of back-propagation came first.
    pub pretrained: bool,
    /// Number of seeds.
    pub seeds: u64,
    /// Mean test accuracy over the seeds, at the epoch with the best validation accuracy.
    pub test_mean: f64,
    /// Standard deviation of that accuracy over the seeds.
    pub test_std: f64,
    /// Mean test accuracy over the seeds after the last epoch.
    pub last_test_mean: f64,
    /// Mean gain over BP with the same seed.
    pub paired_gain: f64,
    /// Lower end of the gain's 95 % confidence interval.
    pub paired_low: f64,
    /// Upper end of that interval.
    pub paired_high: f64,
    /// Mean in the paper, if it has one.
    pub paper_mean: Option<f64>,
    /// Standard deviation in the paper, if it has one.
    pub paper_std: Option<f64>,
    /// Number of samples dropped from gradients as unbounded, over seeds and epochs.
    pub unbounded: usize,
}

fn settings(data: &str, column: &Column, pretrained: bool, seed: u64, plan: Plan) -> Settings {
    plan.settings(data, column.objective, seed).with(|settings| {
        settings.network.gamma = column.gamma.to_vec();
        settings.optimiser.pretrain = if pretrained { plan.epochs } else { 0 };
    })
}

/// Trains what isn't trained yet, keeping cells in `folder`; returns the rows.
///
/// # Errors
/// Fails as training and the file system do.
pub fn run(plan: Plan, data: &[Dataset], folder: &Path, watch: &(dyn Fn(&Cell) + Sync)) -> Result<Vec<Row>> {
    let mut groups = Vec::new();
    for data in data {
        for pretrained in [false, true] {
            for column in &COLUMNS {
                let cells: Result<Vec<_>> = (0..plan.seeds)
                    .map(|seed| Cell::new(folder, settings(&data.name, column, pretrained, seed, plan), data))
                    .collect();
                groups.push((data, pretrained, column, cells?));
            }
        }
    }
    let cells: Vec<_> = groups.iter().flat_map(|group| &group.3).cloned().collect();
    complete(&cells, watch)?;
    let mut rows = Vec::new();
    let mut baseline = Vec::new();
    for (data, pretrained, column, cells) in &groups {
        let outcomes: Vec<_> =
            cells.iter().map(Cell::outcome).collect::<Result<Vec<_>>>()?.into_iter().flatten().collect();
        let tests: Vec<_> = outcomes.iter().map(|outcome| outcome.test_accuracy).collect();
        let lasts: Vec<_> = outcomes.iter().map(|outcome| outcome.last_test_accuracy).collect();
        if column.name == COLUMNS[0].name {
            baseline.clone_from(&tests);
        }
        let gain = paired_gain(&tests, &baseline);
        let of_paper = PAPER_DATA.iter().position(|name| *name == label(&data.name));
        let paper = of_paper.filter(|_| !pretrained).and_then(|place| Some(column.paper?[place]));
        rows.push(Row {
            data: label(&data.name),
            objective: column.name,
            pretrained: *pretrained,
            seeds: plan.seeds,
            test_mean: mean(&tests),
            test_std: deviation(&tests),
            last_test_mean: mean(&lasts),
            paired_gain: gain.mean,
            paired_low: gain.low,
            paired_high: gain.high,
            paper_mean: paper.map(|paper| paper.0 / 100.0),
            paper_std: paper.map(|paper| paper.1 / 100.0),
            unbounded: outcomes.iter().map(|outcome| outcome.unbounded).sum(),
        });
    }
    Ok(rows)
}

/// Returns the rows as Markdown.
pub fn markdown(rows: &[Row], plan: Plan, provenance: &Provenance) -> String {
    let Plan { seeds, epochs, samples } = plan;
    let mut text = format!(
        "# Table 1: test accuracy, %\n\n\
         Networks of 784-256-256-10 units were trained on {samples} samples for {epochs} epochs with batches of 50 and Adam at\n\
         2e-4. Figures are the mean ± standard deviation over seeds 0..{seeds}, at the epoch with the best validation accuracy.\n\
         *Gain* is over BP with the same seed, and so the same subset, initialisation and order, with its 95 % confidence\n\
         interval (Student's t). *Paper* has C. Zach's figures, where the paper has them, and *last* is after the last epoch.\n\n\
         {}\n",
        provenance.line()
    );
    let percent = |value: f64| format!("{:.2}", 100.0 * value);
    let mut heading = None;
    for row in rows {
        let here = (row.data.as_str(), row.pretrained);
        if heading != Some(here) {
            heading = Some(here);
            let pretrained = if row.pretrained { ", after pretraining by BP" } else { "" };
            let _ = write!(
                text,
                "\n## {}{pretrained}\n\n| objective | ours | paper | gain over BP | last | unbounded samples |\n\
                 |---|---|---|---|---|---|\n",
                row.data
            );
        }
        let paper = row.paper_mean.zip(row.paper_std);
        let _ = writeln!(
            text,
            "| {} | {} ± {} | {} | {:+.2} [{:+.2}, {:+.2}] | {} | {} |",
            row.objective,
            percent(row.test_mean),
            percent(row.test_std),
            paper.map_or("–".into(), |(mean, std)| format!("{} ± {}", percent(mean), percent(std))),
            100.0 * row.paired_gain,
            100.0 * row.paired_low,
            100.0 * row.paired_high,
            percent(row.last_test_mean),
            row.unbounded,
        );
    }
    text
}
