//! Counts which classes are answered for which, and computes the measures that follow from it.

use fenchel_core::label;
use serde::Serialize;

/// The numbers of samples by their class and the class that was answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Confusion {
    /// One row for each true class, and one column for each answered class.
    counts: Vec<Vec<usize>>,
}

impl Confusion {
    /// Counts the answers of `outputs`, shape (samples, classes), for samples with these labels.
    pub fn new(outputs: &[f32], labels: &[usize], classes: usize) -> Self {
        let mut counts = vec![vec![0; classes]; classes];
        for (row, &truth) in outputs.chunks_exact(classes.max(1)).zip(labels) {
            counts[truth][label(row)] += 1;
        }
        Self { counts }
    }

    /// Returns the numbers of samples, with one row for each true class, and one column for each answered
    /// class.
    pub fn counts(&self) -> &[Vec<usize>] {
        &self.counts
    }

    /// Returns the number of samples of `class`.
    pub fn samples(&self, class: usize) -> usize {
        self.counts[class].iter().sum()
    }

    /// Returns the number of samples for which `class` was answered.
    fn answers(&self, class: usize) -> usize {
        self.counts.iter().map(|row| row[class]).sum()
    }

    /// Returns whether one class has more than twice the samples of another.
    pub fn is_unequal(&self) -> bool {
        crate::data::are_unequal((0..self.counts.len()).map(|class| self.samples(class)))
    }

    /// Returns the share of right answers among all samples; 0 without samples.
    pub fn accuracy(&self) -> f64 {
        let classes = 0..self.counts.len();
        let right: usize = classes.clone().map(|class| self.counts[class][class]).sum();
        right as f64 / classes.map(|class| self.samples(class)).sum::<usize>().max(1) as f64
    }

    /// Returns the share of right labels among the samples of `class`; `None` if it has none.
    pub fn recall(&self, class: usize) -> Option<f64> {
        self.share(class, self.samples(class))
    }

    /// Returns the share of right answers among the samples for which `class` was answered; `None` if it never was.
    pub fn precision(&self, class: usize) -> Option<f64> {
        self.share(class, self.answers(class))
    }

    /// Returns F1 of `class`, 2·right/(samples + answers): the harmonic mean of recall and precision. `None` if the class has
    /// neither samples nor answers.
    pub fn f1(&self, class: usize) -> Option<f64> {
        self.share(class, self.samples(class) + self.answers(class)).map(|share| 2.0 * share)
    }

    /// Returns the right answers of `class` as a share of `all`.
    fn share(&self, class: usize, all: usize) -> Option<f64> {
        (all > 0).then(|| self.counts[class][class] as f64 / all as f64)
    }

    /// Returns the mean of the recalls of the classes that have samples.
    pub fn balanced_accuracy(&self) -> f64 {
        mean((0..self.counts.len()).filter_map(|class| self.recall(class)))
    }

    /// Returns the mean over classes of [`f1`](Self::f1), where there is one.
    pub fn macro_f1(&self) -> f64 {
        mean((0..self.counts.len()).filter_map(|class| self.f1(class)))
    }

    /// Returns the wrong answers as (samples, label, answer), the most frequent first.
    pub fn mistaken(&self) -> Vec<(usize, usize, usize)> {
        let cells = self.counts.iter().enumerate().flat_map(|(truth, row)| {
            row.iter().enumerate().map(move |(answer, &count)| (count, truth, answer))
        });
        let mut wrong: Vec<_> =
            cells.filter(|&(count, truth, answer)| count > 0 && truth != answer).collect();
        wrong.sort_by_key(|&(count, truth, answer)| (std::cmp::Reverse(count), truth, answer));
        wrong
    }
}

/// Returns the mean, or 0 without values.
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
        assert_eq!(confusion.accuracy(), 0.8);
        assert_eq!((confusion.recall(0), confusion.recall(2)), (Some(0.75), None));
        assert_eq!((confusion.precision(1), confusion.precision(2)), (Some(0.5), None));
        assert_eq!((confusion.f1(0), confusion.f1(2)), (Some(6.0 / 7.0), None));
        assert_eq!(confusion.mistaken(), [(1, 0, 1)]);
        assert!((confusion.balanced_accuracy() - 0.875).abs() < 1e-12);
        let f1 = (6.0 / 7.0 + 2.0 / 3.0) / 2.0;
        assert!((confusion.macro_f1() - f1).abs() < 1e-12);
    }
}
