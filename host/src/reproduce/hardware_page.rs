//! The page of the hardware table.

use std::fmt::Write;

use super::hardware::{CONDITIONS, Extent, METHODS, Row, TRAINED_FOR};
use super::plan::Plan;
use super::provenance::Provenance;
use super::statistics::{mean, paired_gain};

/// The rows as Markdown.
pub fn markdown(rows: &[Row], plan: Plan, extent: Extent, provenance: &Provenance) -> String {
    let Plan { seeds, epochs, samples } = plan;
    let Extent { chips, images, nudged_images } = extent;
    let mut text = format!(
        "# What analog hardware leaves\n\n\
         784-256-256-10, {samples} samples, {epochs} epochs, Adam at 2e-4, the epoch with the best validation\n\
         accuracy; seeds 0..{seeds}, {chips} simulated chips each, the same for every network, and one where no two\n\
         differ. The first {images} test images *without feedback*; the first {nudged_images} of them *nudged*: relaxed\n\
         with feedback under AROVR_αβ's first problem (α = 0.49, β = 1/4), which pulls the output towards the\n\
         likeliest wrong label. Not the whole test set: differences count here, on the same images.\n\n\
         [hardware.md](../hardware.md) defines every flaw and the presets `reram`, `pcm`, `floating-gate`. *Noise*:\n\
         w + N(0, (share·max|W|)²), W and Wᵀ each their own; *bits*: of each weight; *stuck*: half of these devices at the\n\
         lowest conductance, half at the highest. *Hardware draws*: trained with a fresh `{TRAINED_FOR}` chip for each\n\
         mini-batch. *Clip*: weights within ±2/√fan-in.\n\n\
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
                |row| 100.0 * row.free.spread.good,
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
        let _ = write!(text, "\n## {data}: who wins\n\n{WHO_WINS}\n");
        for (hardware, _) in CONDITIONS {
            winners(&mut text, &here, hardware);
        }
    }
    text
}

type Value = fn(&Row) -> f64;

/// What the last table of a data set compares.
const WHO_WINS: &str = "\
The best mean without feedback of the lifted methods and of the baselines, clipped or not, and how far the
first is ahead, in points, with a 95 % confidence interval (Student's t over the seeds; the two were picked
by the same figures, which flatters both).

| hardware | best lifted | % | best baseline | % | lifted ahead by |
|---|---|---|---|---|---|";

/// Methods down, hardware across, the best of each column in bold unless it is 0.
fn table(text: &mut String, rows: &[&Row], value: Value, high_is_good: bool) {
    let headings: Vec<_> = CONDITIONS.iter().map(|condition| condition.0).collect();
    let _ = writeln!(text, "| trained by | clip | {} |", headings.join(" | "));
    let _ = writeln!(text, "|{}", "---|".repeat(headings.len() + 2));
    let shown = |row: &Row| format!("{:.1}", value(row));
    let best = |hardware: &str| {
        let better = |a: &&&Row, b: &&&Row| value(a).total_cmp(&value(b));
        let column = rows.iter().filter(|row| row.hardware == hardware && !value(row).is_nan());
        let best = if high_is_good { column.max_by(better) } else { column.min_by(better) };
        best.map(|row| shown(row)).unwrap_or_default()
    };
    let best: Vec<_> = headings.iter().map(|hardware| best(hardware)).collect();
    for clip in [false, true] {
        for method in &METHODS {
            let name = method.name;
            let cells = headings.iter().zip(&best).map(|(hardware, best)| {
                let row =
                    rows.iter().find(|row| (row.method, row.clip, row.hardware) == (name, clip, *hardware));
                let shown = row.map_or_else(|| "–".into(), |row| shown(row));
                if shown == *best && best != "0.0" { format!("**{shown}**") } else { shown }
            });
            let cells = cells.collect::<Vec<_>>().join(" | ");
            let _ = writeln!(text, "| {name} | {} | {cells} |", if clip { "yes" } else { "no" });
        }
    }
}

/// The line of one kind of hardware in the table of [`WHO_WINS`].
fn winners(text: &mut String, rows: &[&Row], hardware: &str) {
    let baseline = |row: &&&Row| METHODS.iter().any(|method| method.name == row.method && method.is_baseline);
    let best = |of_baselines: bool| {
        let column = rows.iter().filter(|row| row.hardware == hardware && baseline(row) == of_baselines);
        column.max_by(|a, b| mean(&a.free.means).total_cmp(&mean(&b.free.means)))
    };
    let Some((lifted, rival)) = best(false).zip(best(true)) else { return };
    let name = |row: &Row| format!("{}{}", row.method, if row.clip { " + clip" } else { "" });
    let percent = |row: &Row| 100.0 * row.free.spread.mean;
    let gain = paired_gain(&lifted.free.means, &rival.free.means);
    let [ahead, low, high] = [gain.mean, gain.low, gain.high].map(|points| 100.0 * points);
    let _ = writeln!(
        text,
        "| {hardware} | {} | {:.2} | {} | {:.2} | {ahead:+.2} [{low:+.2}, {high:+.2}] |",
        name(lifted),
        percent(lifted),
        name(rival),
        percent(rival)
    );
}
