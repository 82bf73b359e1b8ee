//! Classification: one output for each class, one-hot targets; the largest output names the class.

use fenchel_core::{Random, label};

use super::{Confusion, Kind, Score};
use crate::data::{Dataset, Split, below};

/// Telling classes apart.
#[derive(Clone, Debug)]
pub struct Classification {
    classes: usize,
}

impl Classification {
    /// Builds the task for the classes of `data`.
    pub(super) fn new(data: &Dataset) -> Self {
        Self { classes: data.classes() }
    }

    /// Appends one-hot rows of the classes that `choose` names for each row's own class.
    fn one_hot(&self, target: &[f32], attack: &mut Vec<f32>, mut choose: impl FnMut(usize, usize) -> usize) {
        attack.resize(target.len(), 0.0);
        for (row, y) in target.chunks_exact(self.classes).enumerate() {
            attack[row * self.classes + choose(row, label(y))] = 1.0;
        }
    }
}

impl Kind for Classification {
    fn outputs(&self) -> usize {
        self.classes
    }

    fn append_target(&self, split: &Split, index: usize, _: &[f32], target: &mut Vec<f32>) {
        let start = target.len();
        target.resize(start + self.classes, 0.0);
        target[start + split.labels[index]] = 1.0;
    }

    /// Draws a random wrong label for each row.
    fn draw_attack(&self, target: &[f32], random: &mut Random, attack: &mut Vec<f32>) {
        let classes = self.classes;
        self.one_hot(target, attack, |_, label| (label + 1 + below(classes - 1, random)) % classes);
    }

    /// Chooses the wrong label with the largest output for each row.
    fn worst_attack(&self, target: &[f32], outputs: &[f32], attack: &mut Vec<f32>) {
        let classes = self.classes;
        self.one_hot(target, attack, |row, label| runner_up(&outputs[row * classes..][..classes], label));
    }

    fn score(&self, outputs: &[f32], split: &Split, _: &Dataset) -> Score {
        let (score, loss) = score(outputs, &split.labels);
        let confusion = Confusion::new(outputs, &split.labels, self.classes);
        Score { score, loss, balanced_accuracy: Some(confusion.balanced_accuracy()) }
    }
}

/// Returns the class other than `label` with the largest of one sample's outputs.
pub fn runner_up(outputs: &[f32], label: usize) -> usize {
    let wrong = (0..outputs.len()).filter(|&class| class != label);
    wrong.max_by(|&a, &b| outputs[a].total_cmp(&outputs[b])).unwrap_or(label)
}

/// Returns the share of the samples whose label the largest output names, and the mean loss ½‖z_L − y‖².
pub fn score(outputs: &[f32], labels: &[usize]) -> (f64, f64) {
    let classes = outputs.len() / labels.len().max(1);
    let (mut correct, mut loss) = (0usize, 0.0);
    for (row, &truth) in outputs.chunks_exact(classes.max(1)).zip(labels) {
        correct += usize::from(label(row) == truth);
        for (class, &z) in row.iter().enumerate() {
            let y = if class == truth { 1.0 } else { 0.0 };
            loss += 0.5 * (f64::from(z) - y).powi(2);
        }
    }
    let count = labels.len().max(1) as f64;
    (correct as f64 / count, loss / count)
}
