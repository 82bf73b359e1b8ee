//! Shows the answers of a run's best model on the test split: metrics by class, the confusion matrix and mistakes.

use maud::{Markup, html};

use super::Measured;
use super::sample::{legend, sample};

/// Most mistakes that are shown of each run.
const SHOWN: usize = 24;
/// Most classes of a table or matrix, and most confusions that are listed.
const MOST: usize = 40;

/// Shows metrics by class, the confusion matrix and the mistakes.
pub fn answers(run: &Measured) -> Markup {
    let mistakes = run.mistakes.len();
    html! {
        h2 { "Answers of " (run.name) }
        (by_class(run))
        (confusion(run))
        h3 { "Mislabelled: " (mistakes) " of " (run.data.test.len()) " samples" }
        @if mistakes > 0 {
            p.dim {
                "The " (mistakes.min(SHOWN)) " with the widest gap between the answer's output and the label's."
            }
            (legend(run.data))
            div.samples {
                @for mistake in run.mistakes.iter().take(SHOWN) {
                    figure {
                        (sample(run.data, mistake.index))
                        figcaption {
                            "label " (run.class(mistake.truth)) ", answer " (run.class(mistake.answer))
                            br; (format!("gap {:.3}, sample {}", mistake.gap, mistake.index))
                        }
                    }
                }
            }
        }
    }
}

/// Shows recall, precision and F1 of each class or, if there are many classes, of those with the lowest F1.
fn by_class(run: &Measured) -> Markup {
    let classes = run.confusion.counts().len();
    let mut order: Vec<usize> = (0..classes).collect();
    if classes > MOST {
        let f1 = |&class: &usize| run.confusion.f1(class).unwrap_or(f64::INFINITY);
        order.sort_by(|a, b| f1(a).total_cmp(&f1(b)));
        order.truncate(MOST);
    }
    let percent = |share: Option<f64>| share.map_or("–".into(), |share| format!("{:.1} %", 100.0 * share));
    html! {
        h3 {
            "Classes on the test split"
            @if classes > MOST { ": the " (MOST) " of " (classes) " with the lowest F1" }
        }
        div.scroll { table {
            tr { th { "class" } th { "samples" } th { "recall" } th { "precision" } th { "F1" } }
            @for class in order {
                tr {
                    td { (run.class(class)) }
                    td { (run.confusion.samples(class)) }
                    td { (percent(run.confusion.recall(class))) }
                    td { (percent(run.confusion.precision(class))) }
                    td { (percent(run.confusion.f1(class))) }
                }
            }
        } }
    }
}

/// Shows the confusion matrix or, if there are too many classes to read one, the most frequent confusions.
fn confusion(run: &Measured) -> Markup {
    let matrix = run.confusion.counts();
    if matrix.len() > MOST {
        let wrong = run.confusion.mistaken();
        return html! {
            h3 { "The " (wrong.len().min(MOST)) " most frequent of " (wrong.len()) " confusions on the test split" }
            div.scroll { table {
                tr { th { "label" } th { "answer" } th { "samples" } }
                @for &(count, truth, answer) in wrong.iter().take(MOST) {
                    tr { td { (run.class(truth)) } td { (run.class(answer)) } td { (count) } }
                }
            } }
        };
    }
    html! {
        h3 { "Confusion on the test split: rows are the labels, columns the answers" }
        div.scroll { table.matrix {
            tr { th {} @for class in 0..matrix.len() { th { (run.class(class)) } } }
            @for (truth, row) in matrix.iter().enumerate() {
                tr {
                    th { (run.class(truth)) }
                    @for (answer, &count) in row.iter().enumerate() {
                        td.right[truth == answer].none[count == 0] { (count) }
                    }
                }
            }
        } }
    }
}
