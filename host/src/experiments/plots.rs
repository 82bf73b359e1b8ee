//! Draws figures as SVG.

use anyhow::{Result, anyhow};
use plotters::coord::Shift;
use plotters::prelude::*;

use super::figure1::{Curve, Point};
use super::solvers::Row;
use crate::hardware::spice::EnergyTransient;
use crate::spelling::{SCHEDULES, Spelled};

/// A row of panels: its title, and the value it shows.
type Panel = (&'static str, fn(&Point) -> f64);

const PANELS: [Panel; 4] = [
    ("product of spectral norms", |point| point.lipschitz.product),
    ("largest local norm", |point| point.lipschitz.largest),
    ("mean local norm", |point| point.lipschitz.mean),
    ("test accuracy, %", |point| 100.0 * point.test_accuracy),
];

/// Returns the colour of a line: Palette99 without its third, which is too pale.
pub fn color(line: usize) -> PaletteColor<Palette99> {
    Palette99::pick(if line < 2 { line } else { line + 1 })
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Draws the figure of one data set as SVG, with a column for each size and a row for each panel.
///
/// # Errors
/// Fails if the figure can't be drawn.
pub fn figure1(curves: &[Curve], data: &str) -> Result<String> {
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
        let style = color(number).stroke_width(2);
        let at = |point: &Point| (f64::from(point.epoch), panel.1(point));
        let series: LineSeries<_, (f64, f64)> = LineSeries::new(curve.points.iter().map(at), style);
        let drawn = chart.draw_series(series)?;
        if legend {
            drawn.label(curve.curve).legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style));
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

/// Draws the energy above that of the relaxed state while a circuit settles.
///
/// # Errors
/// Fails if the figure can't be drawn.
pub fn settling(transient: &EnergyTransient) -> Result<String> {
    let mut text = String::new();
    {
        let root = SVGBackend::with_string(&mut text, (640, 400)).into_drawing_area();
        draw_settling(&root, transient)
            .and_then(|()| root.present())
            .map_err(|error| anyhow!("drawing the figure: {error}"))?;
    }
    Ok(text)
}

fn draw_settling<'a>(
    area: &Area<'a>,
    transient: &EnergyTransient,
) -> Result<(), DrawingAreaErrorKind<<SVGBackend<'a> as DrawingBackend>::ErrorType>> {
    area.fill(&WHITE)?;
    let above = |energy: f64| energy - transient.relaxed;
    let most = transient.energies.iter().map(|&energy| above(energy)).fold(f64::MIN_POSITIVE, f64::max);
    // Below, f32's rounding of the energy is what is seen.
    let least = 1e-6 * most;
    let last = transient.times.last().copied().unwrap_or(1.0);
    let mut chart = ChartBuilder::on(area)
        .caption("energy above the relaxed state's", ("sans-serif", 15))
        .margin(8)
        .margin_right(24)
        .x_label_area_size(30)
        .y_label_area_size(60)
        .build_cartesian_2d(0.0..last, (least..1.5 * most).log_scale())?;
    chart
        .configure_mesh()
        .x_desc("µs")
        .x_label_formatter(&|time| format!("{time:.0}"))
        .y_label_formatter(&|energy| format!("{energy:.0e}"))
        .light_line_style(WHITE)
        .draw()?;
    let points = transient
        .times
        .iter()
        .zip(&transient.energies)
        .map(|(&time, &energy)| (time, above(energy).max(least)));
    chart.draw_series(LineSeries::new(points, color(0).stroke_width(2)))?;
    Ok(())
}

/// Draws error against cost, with a panel for each data set and objective and a line for each schedule.
///
/// # Errors
/// Fails if the figure can't be drawn.
pub fn solvers(rows: &[Row]) -> Result<String> {
    let mut panels: Vec<(&str, &str)> = Vec::new();
    for row in rows {
        if !panels.contains(&(&row.data, &row.objective)) {
            panels.push((&row.data, &row.objective));
        }
    }
    let mut text = String::new();
    {
        let size = (560 * 2.min(panels.len()) as u32, 340 * panels.len().div_ceil(2) as u32);
        let root = SVGBackend::with_string(&mut text, size).into_drawing_area();
        let failed = |error| anyhow!("drawing the figure: {error}");
        root.fill(&WHITE).map_err(failed)?;
        for (area, &(data, objective)) in
            root.split_evenly((panels.len().div_ceil(2), 2.min(panels.len()))).iter().zip(&panels)
        {
            let here: Vec<_> =
                rows.iter().filter(|row| row.data == data && row.objective == objective).collect();
            draw_solvers(area, &format!("{data}, trained by {objective}"), &here).map_err(failed)?;
        }
        root.present().map_err(failed)?;
    }
    Ok(text)
}

fn draw_solvers<'a>(
    area: &Area<'a>,
    title: &str,
    rows: &[&Row],
) -> Result<(), DrawingAreaErrorKind<<SVGBackend<'a> as DrawingBackend>::ErrorType>> {
    // Below, rounding is what is measured.
    const LEAST: f64 = 1e-6;
    let most = rows.iter().map(|row| row.error).fold(0.1, f64::max);
    let mut chart = ChartBuilder::on(area)
        .caption(title, ("sans-serif", 15))
        .margin(8)
        .margin_right(24)
        .x_label_area_size(30)
        .y_label_area_size(60)
        .build_cartesian_2d((1.0..80.0).log_scale(), (LEAST..1.5 * most).log_scale())?;
    chart
        .configure_mesh()
        .x_desc("cost beside back-propagation")
        .x_labels(6)
        .y_desc("relative gradient error")
        .x_label_formatter(&|cost| format!("{cost:.0}×"))
        .y_label_formatter(&|error| format!("{error:.0e}"))
        .light_line_style(WHITE)
        .draw()?;
    for (number, name) in SCHEDULES.iter().map(Spelled::spell).enumerate() {
        let style = color(number).stroke_width(2);
        let at = |row: &&&Row| (row.cost, row.error.max(LEAST));
        let line: Vec<_> = rows.iter().filter(|row| row.schedule == name).map(|row| at(&row)).collect();
        let dots = line.iter().map(|&at| Circle::new(at, 3, color(number).filled()));
        chart.draw_series(dots)?;
        let drawn = chart.draw_series(LineSeries::new(line, style))?;
        drawn.label(name).legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style));
    }
    let background = WHITE.mix(0.8);
    let mut labels = chart.configure_series_labels();
    labels.position(SeriesLabelPosition::LowerLeft);
    labels.background_style(background).border_style(BLACK.mix(0.3)).draw()
}
