//! Samples in memory, and their division into train, validation and test.

use anyhow::Result;
use fenchel_core::{Random, Scaling};
use rand_core::{Rng, SeedableRng};

/// Raw values, sample after sample. Bytes stay bytes, which takes a quarter of the memory.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Pixels, 0 to 255.
    Bytes(Vec<u8>),
    /// Finite real numbers.
    Floats(Vec<f32>),
}

impl Default for Values {
    fn default() -> Self {
        Self::Floats(Vec::new())
    }
}

impl Values {
    /// Returns the number of values of all samples together.
    pub fn len(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            Self::Floats(floats) => floats.len(),
        }
    }

    /// Returns whether there is no value.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Samples with labels.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Split {
    /// Raw values of shape (samples, features).
    pub values: Values,
    /// Class of each sample, from 0; all 0 if there are none.
    pub labels: Vec<usize>,
    /// Real-valued targets of shape (samples, targets); empty for classification.
    pub targets: Vec<f32>,
}

impl Split {
    /// Builds a split of classified samples.
    pub fn classes(values: Values, labels: Vec<usize>) -> Self {
        Self { values, labels, targets: Vec::new() }
    }

    /// Returns the number of samples.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Returns whether there is no sample.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Appends the scaled input of sample `index` to `inputs`.
    pub fn append_input(&self, index: usize, features: usize, scaling: Scaling, inputs: &mut Vec<f32>) {
        let range = index * features..(index + 1) * features;
        let start = inputs.len();
        inputs.resize(start + features, 0.0);
        let input = &mut inputs[start..];
        match &self.values {
            Values::Bytes(bytes) => scaling.apply(&bytes[range], input),
            Values::Floats(floats) => scaling.apply(&floats[range], input),
        }
        .expect("factors for these features");
    }

    /// Returns the raw values of sample `index`.
    pub fn raw(&self, index: usize, features: usize) -> Vec<f32> {
        let range = index * features..(index + 1) * features;
        match &self.values {
            Values::Bytes(bytes) => bytes[range].iter().map(|&byte| f32::from(byte)).collect(),
            Values::Floats(floats) => floats[range].to_vec(),
        }
    }

    /// Joins the samples of `splits`, which must all be of the same kind.
    pub fn concat(splits: &[&Self]) -> Self {
        let mut all = Self::default();
        for split in splits {
            match (&mut all.values, &split.values) {
                (Values::Bytes(own), Values::Bytes(bytes)) => own.extend(bytes),
                (Values::Floats(own), Values::Floats(floats)) => own.extend(floats),
                (own, values) => own.clone_from(values),
            }
            all.labels.extend(&split.labels);
            all.targets.extend(&split.targets);
        }
        all
    }

    /// Returns the samples at `indices`, in that order.
    pub fn select(&self, features: usize, indices: &[usize]) -> Self {
        let targets = self.targets.len() / self.len().max(1);
        fn gather<T: Copy>(values: &[T], features: usize, indices: &[usize]) -> Vec<T> {
            indices.iter().flat_map(|&i| &values[i * features..(i + 1) * features]).copied().collect()
        }
        let values = match &self.values {
            Values::Bytes(bytes) => Values::Bytes(gather(bytes, features, indices)),
            Values::Floats(floats) => Values::Floats(gather(floats, features, indices)),
        };
        Self {
            values,
            labels: gather(&self.labels, 1, indices),
            targets: gather(&self.targets, targets, indices),
        }
    }

    /// Returns a random subset of `count` samples.
    ///
    /// # Errors
    /// Returns [`crate::BadInput`] if there are fewer.
    pub fn subset(&self, features: usize, count: usize, random: &mut impl Rng) -> Result<Self> {
        crate::error::require!(
            (1..=self.len()).contains(&count),
            "`samples`",
            format!("1 to {}", self.len()),
            count
        );
        let mut order = permutation(self.len(), random);
        order.truncate(count);
        Ok(self.select(features, &order))
    }
}

/// Returns the numbers 0..n in random order.
pub fn permutation(n: usize, random: &mut impl Rng) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    shuffle(&mut order, random);
    order
}

/// Shuffles `order`.
pub fn shuffle(order: &mut [usize], random: &mut impl Rng) {
    for i in (1..order.len()).rev() {
        order.swap(i, below(i + 1, random));
    }
}

/// Draws a number in 0..n, each with the same probability to within n/2⁶⁴.
pub fn below(n: usize, random: &mut impl Rng) -> usize {
    ((u128::from(random.next_u64()) * n as u128) >> 64) as usize
}

/// Divides samples that come with a test set into those that train and the last sixth, which validates.
pub fn hold_out(all: Split, features: usize) -> (Split, Split) {
    let indices: Vec<usize> = (0..all.len()).collect();
    let (first, last) = indices.split_at(all.len() - all.len() / 6);
    (all.select(features, first), all.select(features, last))
}

/// Divides one list of samples into train, validation and test of the given sizes (the rest trains), by an
/// order that depends on the number of samples alone, never on a run's seed.
pub fn divide(all: &Split, features: usize, validation: usize, test: usize) -> (Split, Split, Split) {
    let order = permutation(all.len(), &mut Random::seed_from_u64(all.len() as u64));
    let (test, rest) = order.split_at(test.min(order.len()));
    let (validation, train) = rest.split_at(validation.min(rest.len()));
    (all.select(features, train), all.select(features, validation), all.select(features, test))
}
