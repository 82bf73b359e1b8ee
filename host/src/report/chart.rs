//! Draws line charts as SVG: in a page, whose colours they take, or on their own.

use maud::{Markup, PreEscaped, html};

/// A line: its name, and its points (x, y).
pub type Line = (String, Vec<(f64, f64)>);

/// How the points of a line are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Points joined by a line.
    Line,
    /// A dot each, with the diagonal on which both values are the same.
    Dots,
}

/// An interval at each place, shaded behind a line.
pub struct Band {
    /// Index of the chart's line that it belongs to.
    pub line: usize,
    /// Place x, and the low and the high end of the interval of y there.
    pub points: Vec<(f64, f64, f64)>,
}

const WIDTH: f64 = 480.0;
const HEIGHT: f64 = 260.0;
const LEFT: f64 = 56.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 40.0;

/// Style of charts, in a page or on their own; colours are variables of the page's style.
pub const STYLE: &str = include_str!("chart.css");
/// Height in pixels of the title of a chart on its own, and of each line of its legend.
const TITLE: f64 = 28.0;
const ENTRY: f64 = 18.0;

/// Draws a chart with its legend below; returns nothing if there is no finite point. The legend names only
/// what has a line.
pub fn chart(title: &str, x: &str, lines: &[Line], bands: &[Band]) -> Markup {
    marked(title, x, lines, bands, Mark::Line)
}

/// Draws a [`chart`] of lines or dots.
pub fn marked(title: &str, x: &str, lines: &[Line], bands: &[Band], mark: Mark) -> Markup {
    let Some(drawing) = drawing(x, lines, bands, mark) else { return html! {} };
    html! {
        figure {
            figcaption { (title) }
            svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-label=(title) { (drawing) }
            @if lines.len() > 1 {
                p.legend {
                    @for (number, name) in legend(lines) {
                        span { i class={ "key c" (number % COLORS) } {} (name) } " "
                    }
                }
            }
        }
    }
}

/// Draws a chart as a file of its own, with title and legend, for a light page; `None` if there is no
/// finite point. `colors` is the style whose first rule gives the variables their values.
pub fn standalone(
    title: &str,
    x: &str,
    lines: &[Line],
    bands: &[Band],
    mark: Mark,
    colors: &str,
) -> Option<String> {
    let drawing = drawing(x, lines, bands, mark)?;
    let legend = legend(lines);
    let height = TITLE + HEIGHT + ENTRY * legend.len() as f64 + 6.0;
    let entry = |place: usize| TITLE + HEIGHT + ENTRY * (place as f64 + 0.5);
    let markup = html! {
        svg xmlns="http://www.w3.org/2000/svg" width=(WIDTH) height=(height) viewBox={ "0 0 " (WIDTH) " " (height) }
            font-family="DejaVu Sans, sans-serif" {
            title { (title) }
            style { (PreEscaped(with_values(STYLE, colors))) }
            rect width=(WIDTH) height=(height) fill="#fff" {}
            text x=(LEFT) y="19" style="font-size: 14px" { (title) }
            g transform={ "translate(0 " (TITLE) ")" } { (drawing) }
            @for (place, (number, name)) in legend.into_iter().enumerate() {
                line class={ "line c" (number % COLORS) } x1=(LEFT) x2=(LEFT + 18.0) y1=(entry(place))
                    y2=(entry(place)) {}
                text x=(LEFT + 26.0) y=(entry(place) + 4.0) { (name) }
            }
        }
    };
    Some(markup.into_string())
}

/// Returns number and name of each line that has a finite point.
fn legend(lines: &[Line]) -> Vec<(usize, &str)> {
    let drawn = |line: &Line| line.1.iter().any(|(x, y)| x.is_finite() && y.is_finite());
    lines.iter().enumerate().filter(|(_, line)| drawn(line)).map(|(n, line)| (n, line.0.as_str())).collect()
}

/// Returns `style` with the values that the first rule of `colors` gives its variables.
fn with_values(style: &str, colors: &str) -> String {
    let rule = colors.split_once('{').and_then(|(_, rest)| rest.split_once('}')).map_or("", |(rule, _)| rule);
    let values = rule.split(';').filter_map(|declaration| declaration.split_once(':'));
    values.fold(style.to_string(), |style, (name, value)| {
        style.replace(&format!("var({})", name.trim()), value.trim())
    })
}

/// Draws axes, bands and lines; `None` if there is no finite point.
fn drawing(x: &str, lines: &[Line], bands: &[Band], mark: Mark) -> Option<Markup> {
    let is_finite = |(x, y): &(f64, f64)| x.is_finite() && y.is_finite();
    lines.iter().flat_map(|line| &line.1).find(|point| is_finite(point))?;
    let ends = bands.iter().flat_map(|band| &band.points).flat_map(|&(x, low, high)| [(x, low), (x, high)]);
    let all: Vec<_> = lines.iter().flat_map(|line| &line.1).copied().chain(ends).filter(is_finite).collect();
    let points = || all.iter();
    let range = |values: &mut dyn Iterator<Item = f64>| {
        let (low, high) = values.fold((f64::MAX, f64::MIN), |(low, high), v| (low.min(v), high.max(v)));
        if high - low > 1e-12 { (low, high) } else { (low - 0.5, high + 0.5) }
    };
    let across = range(&mut points().map(|point| point.0));
    let up = range(&mut points().map(|point| point.1));
    let margin = 0.04 * (up.1 - up.0);
    let up = (up.0 - margin, up.1 + margin);
    let place_x = |x: f64| LEFT + (x - across.0) / (across.1 - across.0) * (WIDTH - LEFT - RIGHT);
    let place_y = |y: f64| TOP + (up.1 - y) / (up.1 - up.0) * (HEIGHT - TOP - BOTTOM);
    let drawn = |points: &[(f64, f64)]| {
        let finite = points.iter().filter(|point| is_finite(point));
        finite.map(|&(x, y)| format!("{:.1},{:.1}", place_x(x), place_y(y))).collect::<Vec<_>>()
    };
    let around = |band: &Band| {
        let low: Vec<_> = band.points.iter().map(|&(x, low, _)| (x, low)).collect();
        let high: Vec<_> = band.points.iter().rev().map(|&(x, _, high)| (x, high)).collect();
        drawn(&[low, high].concat()).join(" ")
    };
    Some(html! {
        @for y in ticks(up) {
            line.grid x1=(LEFT) x2=(WIDTH - RIGHT) y1=(place_y(y)) y2=(place_y(y)) {}
            text x=(LEFT - 6.0) y=(place_y(y) + 4.0) text-anchor="end" { (short(y)) }
        }
        @for x in ticks(across) {
            text x=(place_x(x)) y=(HEIGHT - BOTTOM + 18.0) text-anchor="middle" { (short(x)) }
        }
        text x=((LEFT + WIDTH - RIGHT) / 2.0) y=(HEIGHT - 4.0) text-anchor="middle" { (x) }
        @for band in bands {
            polygon class={ "band c" (band.line % COLORS) } points=(around(band)) {}
        }
        @match mark {
            Mark::Line => {
                @for (number, line) in lines.iter().enumerate() {
                    @let drawn = drawn(&line.1);
                    @if let [point] = drawn.as_slice() {
                        @let (x, y) = point.split_once(',').unwrap_or_default();
                        circle class={ "line c" (number % COLORS) } cx=(x) cy=(y) r="2" {}
                    } @else if !drawn.is_empty() {
                        polyline class={ "line c" (number % COLORS) } points=(drawn.join(" ")) {}
                    }
                }
            }
            Mark::Dots => {
                @let (low, high) = (across.0.max(up.0), across.1.min(up.1));
                @if low < high {
                    line.grid x1=(place_x(low)) x2=(place_x(high)) y1=(place_y(low)) y2=(place_y(high)) {}
                }
                @for (number, line) in lines.iter().enumerate() {
                    g class={ "dots c" (number % COLORS) } {
                        @for &(x, y) in line.1.iter().filter(|point| is_finite(point)) {
                            circle cx=(format!("{:.1}", place_x(x))) cy=(format!("{:.1}", place_y(y))) r="2" {}
                        }
                    }
                }
            }
        }
    })
}

/// Number of colours, as many as the style names.
pub const COLORS: usize = 6;

/// Returns three to seven round numbers in the range.
fn ticks((low, high): (f64, f64)) -> Vec<f64> {
    let rough = (high - low) / 5.0;
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * power).find(|&s| s >= rough).unwrap_or(rough);
    let first = (low / step).ceil();
    (0..20).map(|n| (first + f64::from(n)) * step).take_while(|&tick| tick <= high + 1e-9 * step).collect()
}

fn short(value: f64) -> String {
    let size = value.abs();
    let text = if size >= 1e5 || (1e-12..1e-3).contains(&size) {
        format!("{value:.1e}")
    } else {
        format!("{value:.4}")
    };
    let text = if text.contains('.') && !text.contains('e') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        &text
    };
    if text == "-0" { "0".into() } else { text.to_string() }
}
