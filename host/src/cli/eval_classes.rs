//! Prints what `fenchel eval` measures of classes, as JSON and as tables.

use anyhow::Result;
use fenchel_core::{Model, Task};
use serde_json::{Value, json};

use super::table::table;
use crate::task::Confusion;

/// Most classes of a matrix that is printed, and most confusions that are listed instead of a larger one.
const MOST: usize = 20;

/// Returns accuracy, balanced accuracy, macro F1 and the matrix as a JSON object.
pub fn report(confusion: &Confusion) -> Value {
    let samples: usize = (0..confusion.counts().len()).map(|class| confusion.samples(class)).sum();
    json!({
        "accuracy": confusion.accuracy(),
        "balanced_accuracy": confusion.balanced_accuracy(),
        "macro_f1": confusion.macro_f1(),
        "samples": samples,
        "confusion": confusion,
    })
}

/// Returns a JSON object for each class.
pub fn classes(model: &Model, confusion: &Confusion) -> Value {
    let class = |(class, name): (usize, String)| {
        json!({
            "name": name,
            "samples": confusion.samples(class),
            "accuracy": confusion.recall(class),
            "precision": confusion.precision(class),
            "f1": confusion.f1(class),
        })
    };
    names(model, confusion).into_iter().enumerate().map(class).collect()
}

/// Prints a table of the classes, then the matrix or, if there are many classes, the most frequent confusions.
pub fn print(model: &Model, confusion: &Confusion) -> Result<()> {
    let names = names(model, confusion);
    let percent = |share: Option<f64>| share.map_or("–".into(), |share| format!("{:.2} %", 100.0 * share));
    let mut rows = vec![["class", "samples", "recall", "precision", "F1"].map(String::from).to_vec()];
    rows.extend(names.iter().enumerate().map(|(class, name)| {
        let shares = [confusion.recall(class), confusion.precision(class), confusion.f1(class)].map(percent);
        [vec![name.clone(), confusion.samples(class).to_string()], shares.to_vec()].concat()
    }));
    table(&rows)?;
    if names.len() > MOST {
        let wrong = confusion.mistaken();
        let row = |&(count, truth, answer): &(usize, usize, usize)| {
            vec![names[truth].clone(), names[answer].clone(), count.to_string()]
        };
        let mut rows = vec![["label", "answer", "samples"].map(String::from).to_vec()];
        rows.extend(wrong.iter().take(MOST).map(row));
        super::print(format_args!("\nthe most frequent of {} confusions:", wrong.len()))?;
        return table(&rows);
    }
    super::print("\nconfusion: rows are the labels, columns the answers")?;
    let mut rows = vec![[vec![String::new()], names.clone()].concat()];
    rows.extend(
        names
            .into_iter()
            .zip(confusion.counts())
            .map(|(name, counts)| [vec![name], counts.iter().map(usize::to_string).collect()].concat()),
    );
    table(&rows)
}

/// Returns the classes' names; a class without a name gets its number.
fn names(model: &Model, confusion: &Confusion) -> Vec<String> {
    let named: Vec<String> = match model.task() {
        Task::Classification { classes, .. } => classes.iter().map(String::from).collect(),
        Task::Regression { .. } | Task::Reconstruction { .. } => Vec::new(),
    };
    let name = |class: usize| named.get(class).cloned().unwrap_or_else(|| class.to_string());
    (0..confusion.counts().len()).map(name).collect()
}
