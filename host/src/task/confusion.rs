//! Which classes are taken for which, and the measures that follow from it.

use fenchel_core::label;
use serde::Serialize;

/// Samples by their class and the class that was answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Confusion {
    /// A row a true class, a column an answered one.
    counts: Vec<Vec<usize>>,
}

impl Confusion {
    /// Of the `outputs`, (samples, classes), for samples with these labels.
    pub fn new(outputs: &[f32], labels: &[usize], classes: usize) -> Self {
        let mut counts = vec![vec![0; classes]; classes];
        for (row, &truth) in outputs.chunks_exact(classes.max(1)).zip(labels) {
            counts[truth][label(row)] += 1;
        }
        Self { counts }
    }

    /// A row a true class, a column an answered one: numbers of samples.
    pub fn counts(&self) -> &[Vec<usize>] {
        &self.counts
    }

    /// Share of right labels among the samples of `class`; none if it has none.
    pub fn recall(&self, class: usize) -> Option<f64> {
        let all: usize = self.counts[class].iter().sum();
        (all > 0).then(|| self.counts[class][class] as f64 / all as f64)
    }

    /// Mean of the recalls of the classes that have samples.
    pub fn balanced_accuracy(&self) -> f64 {
        mean((0..self.counts.len()).filter_map(|class| self.recall(class)))
    }

    /// Mean over classes of F1 = 2·right/(samples + answers), classes with neither left out.
    pub fn macro_f1(&self) -> f64 {
        let f1 = |class: usize| {
            let samples: usize = self.counts[class].iter().sum();
            let answers: usize = self.counts.iter().map(|row| row[class]).sum();
            (samples + answers > 0)
                .then(|| 2.0 * self.counts[class][class] as f64 / (samples + answers) as f64)
        };
        mean((0..self.counts.len()).filter_map(f1))
    }
}

/// Mean, or 0 of nothing.
fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (count, sum) = values.fold((0usize, 0.0), |(count, sum), value| (count + 1, sum + value));
    sum / count.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_of_three_classes() {
        // Class 0: 3 of 4 right, one taken for class 1; class 1: 1 of 1; class 2 has no samples.
        let outputs = [[1.0, 0.0, 0.0], [1.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 1.0, 0.0]];
        let confusion = Confusion::new(&outputs.concat(), &[0, 0, 0, 0, 1], 3);
        assert_eq!(confusion.counts()[0], [3, 1, 0]);
        assert_eq!(confusion.recall(2), None);
        assert!((confusion.balanced_accuracy() - 0.875).abs() < 1e-12);
        let f1 = (6.0 / 7.0 + 2.0 / 3.0) / 2.0;
        assert!((confusion.macro_f1() - f1).abs() < 1e-12);
    }
}
