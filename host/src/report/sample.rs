//! Shows a sample: as an image, as the curves of a window, or as its values.

use maud::{Markup, html};

use super::chart::COLORS;
use crate::data::Dataset;
use crate::output::harmless;

/// Most input values that are shown of a sample that isn't drawn.
const VALUES: usize = 8;
/// Least side of an image in pixels, and least number of points of a curve.
const LEAST: usize = 4;
/// Least number of values of a sample without shape and names that is drawn as one curve.
const LONG: usize = 24;

/// How the samples of a data set are shown.
enum Form {
    /// Grey pixels.
    Image { columns: usize },
    /// Channel after channel of so many points in time.
    Curves { points: usize },
    /// Values without an order.
    Values,
}

impl Form {
    /// Chooses by the shape of the samples and, for a list of features, by their number and whether they have names.
    fn of(data: &Dataset) -> Self {
        let side = data.features.isqrt();
        let is_named = !data.feature_names.is_empty();
        match data.shape[..] {
            [rows, columns] if rows >= LEAST && columns >= LEAST => Self::Image { columns },
            [_, 1, points] if points >= LEAST => Self::Curves { points },
            [_] if side * side == data.features && side >= LEAST && !is_named => {
                Self::Image { columns: side }
            }
            [features] if features >= LONG && !is_named => Self::Curves { points: features },
            _ => Self::Values,
        }
    }
}

/// Shows test sample `index`, its values scaled as the model takes them.
pub fn sample(data: &Dataset, index: usize) -> Markup {
    let mut values = Vec::new();
    data.test.append_input(index, data.features, data.scaling.view(), &mut values);
    let label = format!("test sample {index}");
    match Form::of(data) {
        Form::Image { columns } => image(&values, columns, &label, range(data, &values)),
        Form::Curves { points } => curves(&values, points, &label),
        Form::Values => {
            let shown = values.iter().take(VALUES).enumerate().map(|(feature, value)| {
                let name = data.feature_names.get(feature).map(|name| format!("{} ", harmless(name)));
                format!("{}{value:.3}", name.unwrap_or_default())
            });
            let shown = shown.collect::<Vec<_>>().join(", ");
            html! { p { (shown) @if values.len() > VALUES { ", …" } } }
        }
    }
}

/// Returns the values that are drawn black and white: the least and the largest of the training data, or of the sample
/// if those aren't known.
fn range(data: &Dataset, values: &[f32]) -> (f32, f32) {
    let all = |values: &mut dyn Iterator<Item = f32>| {
        let finite = values.filter(|value| value.is_finite());
        finite
            .fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)))
    };
    match data.bounds() {
        Some((low, high)) => all(&mut low.iter().chain(high).copied()),
        None => all(&mut values.iter().copied()),
    }
}

/// Shows which colour is which channel of a window; nothing if samples aren't drawn as curves of named channels.
pub fn legend(data: &Dataset) -> Markup {
    let channels = match Form::of(data) {
        Form::Curves { points } => data.features / points,
        Form::Image { .. } | Form::Values => 0,
    };
    if channels != data.feature_names.len() || channels == 0 {
        return html! {};
    }
    html! {
        p.legend {
            @for (channel, name) in data.feature_names.iter().enumerate() {
                span { i class={ "key c" (channel % COLORS) } {} (harmless(name)) } " "
            }
        }
    }
}

fn image(values: &[f32], columns: usize, label: &str, (low, high): (f32, f32)) -> Markup {
    let rows = values.len() / columns;
    html! {
        svg viewBox={ "0 0 " (columns) " " (rows) } shape-rendering="crispEdges" role="img" aria-label=(label) {
            @for (place, value) in values.iter().enumerate() {
                @let level = (255.0 * ((value - low) / (high - low)).clamp(0.0, 1.0)) as u8;
                @if level > 0 {
                    rect x=(place % columns) y=(place / columns) width="1" height="1"
                        fill=(format!("#{level:02x}{level:02x}{level:02x}")) {}
                }
            }
        }
    }
}

/// Draws a line for each channel, all on one scale, with the least of the sample's values at the bottom and the
/// largest at the top.
fn curves(values: &[f32], points: usize, label: &str) -> Markup {
    const WIDTH: f32 = 120.0;
    const HEIGHT: f32 = 80.0;
    let finite = || values.iter().copied().filter(|value| value.is_finite());
    let (low, high) = (finite().fold(f32::INFINITY, f32::min), finite().fold(f32::NEG_INFINITY, f32::max));
    let span = if high > low { high - low } else { 1.0 };
    let place = |(time, value): (usize, &f32)| {
        let across = WIDTH * time as f32 / (points - 1) as f32;
        format!("{across:.1},{:.1}", HEIGHT * (high - value) / span)
    };
    let line = |channel: &[f32]| {
        let finite = channel.iter().enumerate().filter(|(_, value)| value.is_finite());
        finite.map(place).collect::<Vec<_>>().join(" ")
    };
    html! {
        svg.curves viewBox={ "-2 -2 " (WIDTH + 4.0) " " (HEIGHT + 4.0) } role="img" aria-label=(label) {
            @for (channel, values) in values.chunks_exact(points).enumerate() {
                polyline class={ "line c" (channel % COLORS) } points=(line(values)) {}
            }
        }
    }
}
