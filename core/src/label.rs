//! From outputs to a label.

/// Returns the label of an answer: the index of its largest value, the first of equals; 0 if it is empty.
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
