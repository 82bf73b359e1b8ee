//! Says whether the classes of a data set are unequal.

use super::Dataset;

impl Dataset {
    /// Returns whether one class has more than twice the training samples of another: then the accuracy says little
    /// about the rare classes.
    pub fn has_unequal_classes(&self) -> bool {
        let mut counts = vec![0usize; self.classes()];
        for &label in &self.train.labels {
            if let Some(count) = counts.get_mut(label) {
                *count += 1;
            }
        }
        are_unequal(counts.into_iter())
    }
}

/// Returns whether one of the counts, one a class, is more than twice another.
pub fn are_unequal(counts: impl Iterator<Item = usize> + Clone) -> bool {
    counts.clone().max().zip(counts.min()).is_some_and(|(most, least)| most > 2 * least)
}

#[cfg(test)]
mod tests {
    #[test]
    fn digits_are_equal_and_one_rare_class_is_not() {
        let mut digits = crate::data::load("digits").expect("digits");
        assert!(!digits.has_unequal_classes());
        digits.train.labels.iter_mut().filter(|label| **label == 9).take(80).for_each(|label| *label = 8);
        assert!(digits.has_unequal_classes());
    }
}
