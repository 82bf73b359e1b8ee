//! Writes the page of the hardware table.

use std::fmt::Write;

use super::hardware::{CONDITIONS, Extent, Figure, METHODS, Row, TRAINED_FOR};
use super::plan::Plan;
use super::provenance::Provenance;
use crate::analysis::statistics::paired_gain;

/// Returns the rows as Markdown.
pub fn markdown(rows: &[Row], plan: Plan, extent: Extent, provenance: &Provenance) -> String {
    let Plan { seeds, epochs, samples } = plan;
    let Extent { chips, images, nudged_images } = extent;
    let mut text = format!(
        "# Accuracy on simulated analog hardware\n\n\
         Networks of 784-256-256-10 units were trained on {samples} samples for {epochs} epochs by Adam at 2e-4; the epoch\n\
         with the best validation accuracy counts. There are seeds 0..{seeds}, each with {chips} simulated chips, the same for\n\
         every network, or one chip if the hardware has nothing random. The first {images} test images are evaluated *without\n\
         feedback*. The first {nudged_images} of them are also *nudged*: relaxed with feedback under AROVR_αβ's first problem\n\
         (α = 0.49, β = 1/4), which pulls the output towards the most likely wrong label. Differences on the same images\n\
         matter here, so the rest of the test set is left out.\n\n\
         [hardware.md](../hardware.md) defines every flaw and the presets `reram`, `pcm`, `floating-gate`. *Noise* is\n\
         w + N(0, (share·max|W|)²), drawn separately for W and Wᵀ; *bits* are those of each weight; *stuck* puts half of these\n\
         devices at the lowest conductance and half at the highest. *Hardware draws* means training with a new `{TRAINED_FOR}`\n\
         chip for each mini-batch, and *clip* means weights within ±2/√fan-in.\n\n\
         {}\n",
        provenance.line()
    );
    let mut data: Vec<&str> = Vec::new();
    for row in rows {
        if !data.contains(&row.data.as_str()) {
            data.push(&row.data);
        }
    }
    for data in data {
        let here: Vec<&Row> = rows.iter().filter(|row| row.data == data).collect();
        let tables: [(&str, Value, bool); 6] = [
            ("accuracy without feedback, %, mean", |row| 100.0 * row.free.spread.mean, true),
            (
                "accuracy without feedback, %, 5th percentile of the chips",
                |row| 100.0 * row.free.spread.fifth_percentile,
                true,
            ),
            (
                "yield, %: chips at most a point below the program that BP made from the same seed",
                |row| 100.0 * row.free.spread.chip_yield,
                true,
            ),
            ("accuracy nudged, with feedback, %, mean", |row| 100.0 * row.nudged.spread.mean, true),
            (
                "accuracy nudged, with feedback, %, 5th percentile of the chips",
                |row| 100.0 * row.nudged.spread.fifth_percentile,
                true,
            ),
            ("error of the nudged activities, %", |row| 100.0 * row.nudged_error, false),
        ];
        for (title, value, high_is_good) in tables {
            let _ = write!(text, "\n## {data}: {title}\n\n");
            table(&mut text, &here, value, high_is_good);
        }
        let unsettled = here.iter().map(|row| row.settled).fold(1.0, f64::min);
        let _ = write!(
            text,
            "\nAt least {:.1} % of the nudged samples settled, whatever the method and hardware.\n",
            100.0 * unsettled
        );
        let _ = write!(text, "\n## {data}: gain over BP, points\n\n{GAIN}\n\n");
        gains(&mut text, &here);
        who_wins(&mut text, data, &here);
    }
    text
}

type Value = fn(&Row) -> f64;

/// Text above the table of [`gains`].
const GAIN: &str = "\
The gain is that of the mean without feedback over BP with the same clip, paired by seed, with a 95 % confidence
interval (Student's t over the seeds).";

/// Text above the table of [`who_wins`].
const WHO_WINS: &str = "\
The table has the best mean without feedback of the lifted methods and of the baselines, clipped or not, and how far
the first is ahead, in points, paired by seed, with a 95 % confidence interval. (Both were chosen by the same figures,
which flatters both.)

| hardware | best lifted | % | best baseline | % | lifted ahead by |
|---|---|---|---|---|---|";

/// Writes a table with one row for each method and one column for each kind of hardware, the best of each
/// column in bold unless it is 0.
fn table(text: &mut String, rows: &[&Row], value: Value, high_is_good: bool) {
    heading(text);
    let shown = |row: &Row| format!("{:.1}", value(row));
    let best = |hardware: &str| {
        let better = |a: &&&Row, b: &&&Row| value(a).total_cmp(&value(b));
        let column = rows.iter().filter(|row| row.hardware == hardware && !value(row).is_nan());
        let best = if high_is_good { column.max_by(better) } else { column.min_by(better) };
        best.map(|row| shown(row)).unwrap_or_default()
    };
    for clip in [false, true] {
        for method in &METHODS {
            let cells = CONDITIONS.iter().map(|(hardware, _)| {
                let shown = shown(find(rows, method.name, clip, hardware)?);
                let is_best = shown == best(hardware) && shown != "0.0";
                Some(if is_best { format!("**{shown}**") } else { shown })
            });
            line(text, method.name, clip, cells);
        }
    }
}

fn heading(text: &mut String) {
    let headings: Vec<_> = CONDITIONS.iter().map(|condition| condition.0).collect();
    let _ = writeln!(text, "| trained by | clip | {} |", headings.join(" | "));
    let _ = writeln!(text, "|{}", "---|".repeat(headings.len() + 2));
}

fn line(text: &mut String, method: &str, clip: bool, cells: impl Iterator<Item = Option<String>>) {
    let cells: Vec<_> = cells.map(|cell| cell.unwrap_or_else(|| "–".into())).collect();
    let _ = writeln!(text, "| {method} | {} | {} |", if clip { "yes" } else { "no" }, cells.join(" | "));
}

fn find<'r>(rows: &[&'r Row], method: &str, clip: bool, hardware: &str) -> Option<&'r Row> {
    rows.iter().copied().find(|row| (row.method, row.clip, row.hardware) == (method, clip, hardware))
}

/// Writes a table with one row for each method and one column for each kind of hardware, where each cell is
/// the gain over BP with the same clip.
fn gains(text: &mut String, rows: &[&Row]) {
    heading(text);
    for clip in [false, true] {
        for method in METHODS.iter().skip(1) {
            let cells = CONDITIONS.iter().map(|(hardware, _)| {
                let row = find(rows, method.name, clip, hardware)?;
                let Figure { paired_gain, paired_low, paired_high, .. } = row.free;
                let [gain, low, high] = [paired_gain, paired_low, paired_high].map(|share| 100.0 * share);
                Some(format!("{gain:+.1} [{low:+.1}, {high:+.1}]"))
            });
            line(text, method.name, clip, cells);
        }
    }
}

/// Writes the best lifted method beside the best baseline on each kind of hardware, and in words where
/// either is ahead.
fn who_wins(text: &mut String, data: &str, rows: &[&Row]) {
    let is_baseline =
        |row: &&&Row| METHODS.iter().any(|method| method.name == row.method && method.is_baseline);
    let name = |row: &Row| format!("{}{}", row.method, if row.clip { " + clip" } else { "" });
    let percent = |row: &Row| 100.0 * row.free.spread.mean;
    let mut table = String::new();
    // Where a baseline is ahead, where a lifted method is, and where neither.
    let mut ahead: [Vec<String>; 3] = Default::default();
    for (hardware, _) in CONDITIONS {
        let best = |of_baselines: bool| {
            let column =
                rows.iter().filter(|row| row.hardware == hardware && is_baseline(row) == of_baselines);
            column.max_by(|a, b| a.free.spread.mean.total_cmp(&b.free.spread.mean))
        };
        let Some((lifted, rival)) = best(false).zip(best(true)) else { continue };
        let gain = paired_gain(&lifted.free.means, &rival.free.means);
        let [points, low, high] = [gain.mean, gain.low, gain.high].map(|share| 100.0 * share);
        let _ = writeln!(
            table,
            "| {hardware} | {} | {:.2} | {} | {:.2} | {points:+.2} [{low:+.2}, {high:+.2}] |",
            name(lifted),
            percent(lifted),
            name(rival),
            percent(rival)
        );
        let (side, clear) = match gain.mean {
            mean if mean < 0.0 => (0, gain.high < 0.0),
            mean if mean > 0.0 => (1, gain.low > 0.0),
            _ => (2, false),
        };
        ahead[side].push(format!("{hardware}{}", if clear { " (clearly)" } else { "" }));
    }
    let list = |side: usize| if ahead[side].is_empty() { "none".into() } else { ahead[side].join(", ") };
    let _ = write!(
        text,
        "\n## {data}: who wins\n\n\
         **A baseline is ahead on: {}.** A lifted method is ahead on: {}. Level: {}.\n\
         *Clearly*: the interval excludes 0.\n\n{WHO_WINS}\n{table}",
        list(0),
        list(1),
        list(2)
    );
}
