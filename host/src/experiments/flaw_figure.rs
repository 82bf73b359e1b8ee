//! Draws accuracy against the size of a flaw, as SVG.

use anyhow::{Result, anyhow};
use plotters::coord::Shift;
use plotters::prelude::*;

use super::plots::color;

/// One run's accuracies over the sizes of a flaw.
#[derive(Clone, Debug)]
pub struct Line {
    /// Name of the run.
    pub name: String,
    /// Size of the flaw, mean accuracy and fifth percentile over the chips; accuracies are fractions.
    pub points: Vec<(f64, f64, f64)>,
}

/// Draws a panel for each title and its lines, with the mean as a thick line and the fifth percentile as a
/// thin one.
///
/// # Errors
/// Fails if the figure can't be drawn.
pub fn sweep(flaw: &str, panels: &[(&str, Vec<Line>)]) -> Result<String> {
    let mut text = String::new();
    {
        let size = (560 * panels.len() as u32, 380);
        let root = SVGBackend::with_string(&mut text, size).into_drawing_area();
        let failed = |error| anyhow!("drawing the figure: {error}");
        root.fill(&WHITE).map_err(failed)?;
        for (area, (title, lines)) in root.split_evenly((1, panels.len())).iter().zip(panels) {
            draw(area, flaw, title, lines).map_err(failed)?;
        }
        root.present().map_err(failed)?;
    }
    Ok(text)
}

fn draw<'a>(
    area: &DrawingArea<SVGBackend<'a>, Shift>,
    flaw: &str,
    title: &str,
    lines: &[Line],
) -> Result<(), DrawingAreaErrorKind<<SVGBackend<'a> as DrawingBackend>::ErrorType>> {
    let points = || lines.iter().flat_map(|line| &line.points);
    let range = |values: &mut dyn Iterator<Item = f64>| {
        values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)))
    };
    let (first, last) = range(&mut points().map(|point| point.0));
    let (low, high) = range(&mut points().flat_map(|point| [100.0 * point.1, 100.0 * point.2]));
    let margin = (0.05 * (high - low)).max(0.2);
    let mut chart = ChartBuilder::on(area)
        .caption(title, ("sans-serif", 15))
        .margin(8)
        .margin_right(24)
        .x_label_area_size(36)
        .y_label_area_size(50)
        .build_cartesian_2d(first..last.max(first + 1e-9), low - margin..(high + margin).min(100.5))?;
    chart.configure_mesh().x_desc(flaw).y_desc("accuracy, %").light_line_style(WHITE).draw()?;
    for (number, line) in lines.iter().enumerate() {
        let color = color(number);
        let mean = line.points.iter().map(|point| (point.0, 100.0 * point.1));
        let fifth = line.points.iter().map(|point| (point.0, 100.0 * point.2));
        chart.draw_series(LineSeries::new(fifth, color.stroke_width(1)))?;
        let thick = color.stroke_width(3);
        let drawn = chart.draw_series(LineSeries::new(mean, thick))?;
        let legend = move |(x, y)| PathElement::new([(x, y), (x + 18, y)], thick);
        drawn.label(format!("{}: mean; thin: 5th percentile", line.name)).legend(legend);
    }
    let mut labels = chart.configure_series_labels();
    // Where there is room: accuracy falls with a flaw's size, and rises with the number of levels.
    let falls = lines.iter().flat_map(|line| line.points.first().zip(line.points.last()));
    let falls = falls.map(|(first, last)| first.1 - last.1).sum::<f64>() >= 0.0;
    labels.position(if falls { SeriesLabelPosition::UpperRight } else { SeriesLabelPosition::LowerRight });
    labels.background_style(WHITE.mix(0.8)).border_style(BLACK.mix(0.3)).draw()
}
