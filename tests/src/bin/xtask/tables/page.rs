//! Writes docs/results/tables.md.

use fenchel::experiments::provenance::Provenance;
use serde_json::Value;

use super::SEEDS;
use super::classify::{Measured, OBJECTIVES, Row, mean};
use super::limits::Verdict;

/// Returns the page.
pub fn markdown(rows: &[Row], limits: &[Verdict], packages: &Value, provenance: &Provenance) -> String {
    let packages: Vec<String> = packages.as_object().map_or_else(Vec::new, |packages| {
        packages.iter().map(|(name, version)| format!("{name} {}", text(version))).collect()
    });
    let mut page = format!(
        "# Small tables, beside scikit-learn\n\n\
         Public sets of tables and time series that the defaults were not made for, with tens to thousands of\n\
         samples in the order in which they come. Fenchel gets nothing but the file: `fenchel train --data SET.npz\n\
         --objective …`, so the default recipe for tables with 64-32 hidden units. scikit-learn gets\n\
         `StandardScaler` and `MLPClassifier((64, 32), max_iter=500)` on the same division into training and test\n\
         samples. Means over seeds 0 to {}; tables.json has every seed.\n\n\
         {} The packages: {}. The sets are downloaded by `tests/tables/fetch.py` and are not in the repository.\n\n",
        SEEDS - 1,
        provenance.line(),
        packages.join(", "),
    );
    page += &accuracy(rows);
    page += &balanced(rows);
    page += &seconds(rows);
    page += "## Limits\n\n";
    for limit in limits {
        page += &format!("- {}: {}\n", if limit.is_met { "met" } else { "**missed**" }, limit.text);
    }
    page
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), String::from)
}

fn percent(values: &[f64]) -> String {
    format!("{:.1}", 100.0 * mean(values))
}

fn accuracy(rows: &[Row]) -> String {
    let mut table = String::from(
        "## Test accuracy, %\n\nThe differences are to scikit-learn, in points and in test samples.\n\n\
         | set | values | classes | trained on | tested on | MLPClassifier |",
    );
    table += &OBJECTIVES.map(|objective| format!(" {objective} | points | samples |")).concat();
    table += &format!("\n|---|{}\n", "---:|".repeat(5 + 3 * OBJECTIVES.len()));
    for row in rows {
        let set = &row.set;
        table += &format!(
            "| {} | {} | {} | {} | {} | {} |",
            row.name,
            set["features"],
            set["classes"],
            set["train"],
            set["test"],
            percent(&row.baseline.accuracy)
        );
        for (index, measured) in row.ours.iter().enumerate() {
            let gain = row.gain(index);
            let (points, samples) = (100.0 * gain, gain * row.test());
            table += &format!(" {} | {points:+.1} | {samples:+.1} |", percent(&measured.accuracy));
        }
        table += "\n";
    }
    let over = |values: &dyn Fn(&Row) -> f64| mean(&rows.iter().map(values).collect::<Vec<_>>());
    table += &format!("| mean | | | | | {:.1} |", 100.0 * over(&|row| mean(&row.baseline.accuracy)));
    for index in 0..OBJECTIVES.len() {
        let (ours, gain) = (over(&|row| mean(&row.ours[index].accuracy)), over(&|row| row.gain(index)));
        table += &format!(" {:.1} | {:+.2} | |", 100.0 * ours, 100.0 * gain);
    }
    table + "\n\n"
}

/// Returns a table of one number for each method and set.
fn by_method(rows: &[Row], number: &dyn Fn(&Measured) -> String) -> String {
    let mut table = String::from("| set | MLPClassifier |");
    table += &OBJECTIVES.map(|objective| format!(" {objective} |")).concat();
    table += &format!("\n|---|{}\n", "---:|".repeat(1 + OBJECTIVES.len()));
    for row in rows {
        table += &format!("| {} |", row.name);
        for measured in std::iter::once(&row.baseline).chain(&row.ours) {
            table += &format!(" {} |", number(measured));
        }
        table += "\n";
    }
    table + "\n"
}

fn balanced(rows: &[Row]) -> String {
    format!(
        "## Balanced test accuracy, %\n\nThe mean over classes of the share of a class's samples that is right.\n\n{}",
        by_method(rows, &|measured| percent(&measured.balanced))
    )
}

fn seconds(rows: &[Row]) -> String {
    let longest = |values: &[f64]| values.iter().copied().fold(0.0, f64::max);
    format!(
        "## Seconds of a training\n\nThe longest of the seeds, by the clock / of the processor. Fenchel's is the whole \
         command, which reads the file,\ntrains, fits once more to training and validation rows and writes the run; \
         scikit-learn's is the fit alone.\nOn a shared machine the clock counts the waiting for other programs too.\n\n{}",
        by_method(rows, &|measured| {
            format!("{:.2} / {:.2}", longest(&measured.seconds), longest(&measured.processor))
        })
    )
}
