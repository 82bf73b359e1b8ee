//! From outputs to a label.

/// The label of an answer: its largest value's index, the first of equals; 0 if there is none.
#[must_use]
pub fn label(outputs: &[f32]) -> usize {
    let mut best = (0, f32::NEG_INFINITY);
    for (i, &output) in outputs.iter().enumerate() {
        if output > best.1 {
            best = (i, output);
        }
    }
    best.0
}
