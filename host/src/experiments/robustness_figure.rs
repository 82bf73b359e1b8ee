//! Draws a bar chart of the robustness table: clean accuracy beside accuracy under attack, for each method.

use anyhow::Result;
use maud::html;
use serde::Deserialize;
use serde_json::Value;

use crate::BadInput;

/// Measures that are drawn, from the least to the most severe, with their names and colours.
const DRAWN: [(&str, &str, &str); 3] = [
    ("clean", "clean", "#9aa5b1"),
    ("pgd_linf_0.05", "attack on the input (PGD, ε = 0.05)", "#1f6feb"),
    ("internal_0.12", "attack on hidden layers (12 %)", "#d9822b"),
];
/// Methods that are drawn: the baseline, its usual remedies, and the lifted ones.
const METHODS: [(&str, &str); 5] = [
    ("BP", "Back-propagation"),
    ("BP + hidden noise", "… with noise on hidden units"),
    ("BP + FGSM + hidden noise + clip", "… with FGSM, noise, weight clip"),
    ("AROVR^g", "AROVR^g"),
    ("AROVR^g + input block + clip", "--preset robust"),
];

const WIDTH: f64 = 640.0;
const LEFT: f64 = 220.0;
const RIGHT: f64 = 50.0;
const TOP: f64 = 84.0;
const BAR: f64 = 13.0;
const GROUP: f64 = 54.0;

/// The fields of a row of `robustness.json` that the figure uses; accuracies are fractions.
#[derive(Deserialize)]
struct Bar {
    data: String,
    method: String,
    choice: String,
    measure: String,
    mean: f64,
    seeds: u64,
}

/// Draws the figure of one data set as SVG from the report that `fenchel reproduce robustness` writes; the
/// first data set of the report if `data` is none.
///
/// # Errors
/// Returns [`BadInput`] if `report` is no robustness report, or lacks a bar of the figure.
pub fn figure(report: &Value, data: Option<&str>) -> Result<String> {
    let rows = report.get("rows").cloned().unwrap_or_default();
    let bars: Vec<Bar> = serde_json::from_value(rows)
        .map_err(|error| BadInput::new("report", "what `fenchel reproduce robustness` writes", error))?;
    let data = data.map(str::to_string).or_else(|| bars.first().map(|bar| bar.data.clone()));
    let data = data.ok_or_else(|| BadInput::new("report", "at least one row", "none"))?;
    let find = |method: &str, measure: &str| {
        let is_it = |bar: &&Bar| {
            bar.data == data && bar.choice == "best" && bar.method == method && bar.measure == measure
        };
        let expected = format!("a row of {method}, {measure}, on {data}");
        bars.iter().find(is_it).ok_or_else(|| BadInput::new("report", expected, "none"))
    };
    let mut values = Vec::new();
    for (method, _) in METHODS {
        values.push(DRAWN.iter().map(|drawn| find(method, drawn.0)).collect::<Result<Vec<_>, _>>()?);
    }
    let seeds = values[0][0].seeds;
    let height = TOP + GROUP * METHODS.len() as f64 + 24.0;
    let across = |accuracy: f64| accuracy * (WIDTH - LEFT - RIGHT);
    let title = format!("Test accuracy on {data}, %, mean of {seeds} seeds");
    let group = |number: usize| TOP + GROUP * number as f64;
    let bar = |number: usize, place: usize| group(number) + (BAR + 1.0) * place as f64;
    let drawing = html! {
        svg xmlns="http://www.w3.org/2000/svg" width=(WIDTH) height=(height)
            viewBox={ "0 0 " (WIDTH) " " (height) } font-family="DejaVu Sans, sans-serif" font-size="12" {
            title { (title) }
            rect width=(WIDTH) height=(height) fill="#fff" {}
            text x="12" y="22" font-size="15" fill="#1b1f24" { (title) }
            @for (number, (_, name, color)) in DRAWN.iter().enumerate() {
                rect x=(12.0) y=(33.0 + 15.0 * number as f64) width="10" height="10" fill=(color) {}
                text x=(28.0) y=(42.0 + 15.0 * number as f64) fill="#1b1f24" { (name) }
            }
            @for tick in [0.0, 0.25, 0.5, 0.75, 1.0] {
                line x1=(LEFT + across(tick)) x2=(LEFT + across(tick)) y1=(TOP - 4.0) y2=(height - 20.0)
                    stroke="#e3e6ea" {}
                text x=(LEFT + across(tick)) y=(height - 6.0) text-anchor="middle" fill="#57606a" {
                    (100.0 * tick)
                }
            }
            @for (number, (bars, (_, name))) in values.iter().zip(METHODS).enumerate() {
                text x=(LEFT - 8.0) y=(group(number) + 25.0) text-anchor="end" fill="#1b1f24" { (name) }
                @for (place, (found, (_, _, color))) in bars.iter().zip(DRAWN).enumerate() {
                    rect x=(LEFT) y=(bar(number, place)) width=(format!("{:.1}", across(found.mean)))
                        height=(BAR) fill=(color) {}
                    text x=(format!("{:.1}", LEFT + across(found.mean) + 4.0)) y=(bar(number, place) + 11.0)
                        fill="#57606a" { (format!("{:.1}", 100.0 * found.mean)) }
                }
            }
        }
    };
    Ok(drawing.into_string())
}
