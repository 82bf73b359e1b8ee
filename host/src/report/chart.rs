//! Line charts as SVG whose colours come from the page.

use maud::{Markup, html};

/// A line: its name, and its points.
pub type Line = (String, Vec<(f64, f64)>);

const WIDTH: f64 = 480.0;
const HEIGHT: f64 = 260.0;
const LEFT: f64 = 56.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 40.0;

/// A chart with its legend below; nothing if there is no finite point.
pub fn chart(title: &str, x: &str, lines: &[Line]) -> Markup {
    let points = || lines.iter().flat_map(|line| &line.1).filter(|(x, y)| x.is_finite() && y.is_finite());
    if points().next().is_none() {
        return html! {};
    }
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
        let finite = points.iter().filter(|(x, y)| x.is_finite() && y.is_finite());
        finite.map(|&(x, y)| format!("{:.1},{:.1}", place_x(x), place_y(y))).collect::<Vec<_>>().join(" ")
    };
    html! {
        figure {
            figcaption { (title) }
            svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-label=(title) {
                @for y in ticks(up) {
                    line.grid x1=(LEFT) x2=(WIDTH - RIGHT) y1=(place_y(y)) y2=(place_y(y)) {}
                    text x=(LEFT - 6.0) y=(place_y(y) + 4.0) text-anchor="end" { (short(y)) }
                }
                @for x in ticks(across) {
                    text x=(place_x(x)) y=(HEIGHT - BOTTOM + 18.0) text-anchor="middle" { (short(x)) }
                }
                text x=((LEFT + WIDTH - RIGHT) / 2.0) y=(HEIGHT - 4.0) text-anchor="middle" { (x) }
                @for (number, line) in lines.iter().enumerate() {
                    polyline class={ "line c" (number % COLORS) } points=(drawn(&line.1)) {}
                }
            }
            @if lines.len() > 1 {
                p.legend {
                    @for (number, line) in lines.iter().enumerate() {
                        span { i class={ "key c" (number % COLORS) } {} (line.0) } " "
                    }
                }
            }
        }
    }
}

/// As many as the style names.
const COLORS: usize = 6;

/// Three to seven round numbers in the range.
fn ticks((low, high): (f64, f64)) -> Vec<f64> {
    let rough = (high - low) / 5.0;
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * power).find(|&s| s >= rough).unwrap_or(rough);
    let first = (low / step).ceil();
    (0..20).map(|n| (first + f64::from(n)) * step).take_while(|&tick| tick <= high + 1e-9 * step).collect()
}

fn short(value: f64) -> String {
    let text = if value.abs() >= 1e5 { format!("{value:.1e}") } else { format!("{value:.4}") };
    let text = if text.contains('.') && !text.contains('e') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        &text
    };
    if text == "-0" { "0".into() } else { text.to_string() }
}
