//! Figure 1 of the paper: Lipschitz estimates and test accuracy over the epochs.

use std::path::Path;

use anyhow::{Result, anyhow};
use plotters::coord::Shift;
use plotters::prelude::*;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::cells::{Cell, label};
use super::plan::{Plan, RATIO_4};
use crate::data::Dataset;
use crate::evaluate::{outputs, score};
use crate::robustness::Samples;
use crate::robustness::lipschitz::Lipschitz;
use crate::train::{ObjectiveName, Settings, Trainer};

/// Samples that the local estimates are taken at.
const LOCAL_SAMPLES: usize = 1000;
/// Epochs from one point of a curve to the next.
const EVERY: u32 = 5;
/// γ_{k+1}/γ_k = 2 with γ_L = 1.
const RATIO_2: &[f32] = &[0.25, 0.5, 1.0];

/// A curve: its name, objective, β and γ.
const CURVES: [(&str, ObjectiveName, f32, &[f32]); 6] = [
    ("BP", ObjectiveName::Backprop, 0.25, &[1.0]),
    ("AROVR, β = 1/16", ObjectiveName::Arovr, 1.0 / 16.0, &[1.0]),
    ("AROVR, β = 1/4", ObjectiveName::Arovr, 0.25, &[1.0]),
    ("AROVR, β = 1/2", ObjectiveName::Arovr, 0.5, &[1.0]),
    ("AROVR, β = 1/4, γ ratio 2", ObjectiveName::Arovr, 0.25, RATIO_2),
    ("AROVR, β = 1/4, γ ratio 4", ObjectiveName::Arovr, 0.25, RATIO_4),
];

/// One point of a curve.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Point {
    /// Epochs so far.
    pub epoch: u32,
    /// Share of right labels on the test split.
    pub test_accuracy: f64,
    /// Product of spectral norms; largest and mean local norm over 1,000 test samples.
    #[serde(flatten)]
    pub lipschitz: Lipschitz,
    /// Samples dropped from gradients since the point before.
    pub unbounded: usize,
}

/// A curve of the figure.
#[derive(Clone, Debug, Serialize)]
pub struct Curve {
    /// Data set.
    pub data: String,
    /// Size of the random subset trained on.
    pub samples: usize,
    /// Which.
    pub curve: &'static str,
    /// One every five epochs, and the first.
    pub points: Vec<Point>,
}

/// Train every curve that isn't kept in `folder`, with each of `sizes` samples.
///
/// # Errors
/// Of training and of the file system.
pub fn run(
    plan: Plan,
    sizes: &[usize],
    data: &[Dataset],
    folder: &Path,
    watch: &(dyn Fn(&Cell) + Sync),
) -> Result<Vec<Curve>> {
    let mut tasks = Vec::new();
    for data in data {
        for &samples in sizes {
            for (name, objective, beta, gamma) in CURVES {
                let plan = Plan { samples, ..plan };
                let settings =
                    Settings { beta, gamma: gamma.to_vec(), ..plan.settings(&data.name, objective, 0) };
                tasks.push((name, samples, Cell::new(folder, settings, data)?));
            }
        }
    }
    tasks
        .par_iter()
        .map(|(name, samples, cell)| {
            let points = cell.kept_without_model("curve", || {
                let points = points(cell)?;
                watch(cell);
                Ok(points)
            })?;
            Ok(Curve { data: label(&cell.data.name), samples: *samples, curve: name, points })
        })
        .collect()
}

fn points(cell: &Cell) -> Result<Vec<Point>> {
    let data = cell.data;
    let local = Samples::new(&data.test, data.features, data.scaling, LOCAL_SAMPLES);
    let mut trainer = Trainer::new(&cell.settings, data)?;
    let mut points = Vec::new();
    let mut unbounded = 0;
    for epoch in 1..=cell.settings.epochs {
        unbounded += trainer.epoch()?;
        if epoch == 1 || epoch % EVERY == 0 || epoch == cell.settings.epochs {
            let parameters = trainer.parameters();
            let answers = outputs(&parameters.network(), &data.test, data.scaling)?;
            points.push(Point {
                epoch,
                test_accuracy: score(&answers, &data.test.labels).0,
                lipschitz: Lipschitz::new(parameters, &local)?,
                unbounded: std::mem::take(&mut unbounded),
            });
        }
    }
    Ok(points)
}

/// A row of panels: what it shows, and of which scale.
type Panel = (&'static str, fn(&Point) -> f64);

const PANELS: [Panel; 4] = [
    ("product of spectral norms", |point| point.lipschitz.product),
    ("largest local norm", |point| point.lipschitz.largest),
    ("mean local norm", |point| point.lipschitz.mean),
    ("test accuracy, %", |point| 100.0 * point.test_accuracy),
];

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// The figure of one data set as SVG: a column for each size, a row for each panel.
///
/// # Errors
/// If it can't be drawn.
pub fn svg(curves: &[Curve], data: &str) -> Result<String> {
    let curves: Vec<_> = curves.iter().filter(|curve| curve.data == data).collect();
    let mut sizes: Vec<_> = curves.iter().map(|curve| curve.samples).collect();
    sizes.dedup();
    let mut text = String::new();
    {
        let (width, height) = (560 * sizes.len() as u32, 300 * PANELS.len() as u32);
        let root = SVGBackend::with_string(&mut text, (width, height)).into_drawing_area();
        root.fill(&WHITE).map_err(|error| anyhow!("drawing the figure: {error}"))?;
        let areas = root.split_evenly((PANELS.len(), sizes.len()));
        for (place, area) in areas.iter().enumerate() {
            let (panel, samples) = (PANELS[place / sizes.len()], sizes[place % sizes.len()]);
            let here: Vec<_> = curves.iter().copied().filter(|curve| curve.samples == samples).collect();
            draw(area, panel, &format!("{data}, {samples} samples: {}", panel.0), &here, place == 0)
                .map_err(|error| anyhow!("drawing the figure: {error}"))?;
        }
        root.present().map_err(|error| anyhow!("drawing the figure: {error}"))?;
    }
    Ok(text)
}

fn draw<'a>(
    area: &Area<'a>,
    panel: Panel,
    title: &str,
    curves: &[&Curve],
    legend: bool,
) -> Result<(), DrawingAreaErrorKind<<SVGBackend<'a> as DrawingBackend>::ErrorType>> {
    let values =
        || curves.iter().flat_map(|curve| curve.points.iter().map(panel.1)).filter(|v| v.is_finite());
    let high = values().fold(f64::NEG_INFINITY, f64::max);
    // The first epochs of an accuracy would leave no room for the rest.
    let low =
        values().fold(f64::INFINITY, f64::min).max(if panel.0.contains('%') { high - 8.0 } else { 0.0 });
    let margin = 0.05 * (high - low).max(1e-6);
    let last = curves.iter().flat_map(|curve| &curve.points).map(|point| point.epoch).max().unwrap_or(1);
    let mut chart = ChartBuilder::on(area)
        .caption(title, ("sans-serif", 15))
        .margin(8)
        .margin_right(24)
        .x_label_area_size(30)
        .y_label_area_size(50)
        .build_cartesian_2d(0.0..f64::from(last), low - margin..high + margin)?;
    chart
        .configure_mesh()
        .x_desc("epoch")
        .x_label_formatter(&|epoch| format!("{epoch:.0}"))
        .light_line_style(WHITE)
        .draw()?;
    for (number, curve) in curves.iter().enumerate() {
        let color = Palette99::pick(number).stroke_width(2);
        let at = |point: &Point| (f64::from(point.epoch), panel.1(point));
        let series: LineSeries<_, (f64, f64)> = LineSeries::new(curve.points.iter().map(at), color);
        let drawn = chart.draw_series(series)?;
        if legend {
            drawn.label(curve.curve).legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], color));
        }
    }
    if legend {
        let background = WHITE.mix(0.8);
        let mut labels = chart.configure_series_labels();
        labels.position(SeriesLabelPosition::UpperLeft);
        labels.background_style(background).border_style(BLACK.mix(0.3)).draw()?;
    }
    Ok(())
}
