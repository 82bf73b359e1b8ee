//! Decides which samples train, validate and test, by a hash of each sample's own content, so that a
//! growing file never moves one of its samples to another part.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::{Fold, Values};

/// Indices of the samples of the three parts: train, validation and test.
pub type Parts = [Vec<usize>; 3];

const TRAIN: usize = 0;
const VALIDATION: usize = 1;
const TEST: usize = 2;
/// Number of samples from which on a class is represented in every part.
const FEW: usize = 8;

/// 16 bytes of a SHA-256 as two numbers, each uniform over its range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    first: u64,
    second: u64,
}

impl Key {
    /// Returns the key of a text, such as a group's name.
    pub fn of(bytes: &[u8]) -> Self {
        let digest = Sha256::digest(bytes);
        let number = |at: usize| digest[at..at + 8].iter().fold(0, |n, &byte| n << 8 | u64::from(byte));
        Self { first: number(0), second: number(8) }
    }
}

/// Returns a key for each sample of `features` values; equal samples have equal keys. The label doesn't
/// count.
pub fn keys(values: &Values, features: usize) -> Vec<Key> {
    match values {
        Values::Bytes(bytes) => bytes.chunks_exact(features).map(Key::of).collect(),
        Values::Floats(floats) => {
            let mut bytes = Vec::with_capacity(4 * features);
            let key = |sample: &[f32]| {
                bytes.clear();
                sample.iter().for_each(|&value| bytes.extend(bits(value).to_le_bytes()));
                Key::of(&bytes)
            };
            floats.chunks_exact(features).map(key).collect()
        }
    }
}

/// Returns a value's bits, with one pattern for both zeros and one for all missing values.
fn bits(value: f32) -> u32 {
    let plain = if value == 0.0 { 0.0 } else { value };
    if plain.is_nan() { f32::NAN.to_bits() } else { plain.to_bits() }
}

/// The shares of the samples that train, validate and test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shares {
    /// A fifth tests, a tenth validates, and the rest trains.
    Whole,
    /// One fold tests, and an eighth of the rest validates.
    Fold(Fold),
    /// The test samples are given apart from these, of which a sixth validates.
    Training,
}

impl Shares {
    fn part(self, key: Key) -> usize {
        const ALL: f64 = 18_446_744_073_709_551_616.0;
        let (first, second) = (key.first as f64 / ALL, key.second as f64 / ALL);
        match self {
            Self::Whole if first < 0.2 => TEST,
            Self::Whole if first < 0.3 => VALIDATION,
            Self::Whole => TRAIN,
            Self::Fold(fold) if (first * f64::from(fold.of)) as u32 == fold.index => TEST,
            Self::Fold(_) if second < 0.125 => VALIDATION,
            Self::Fold(_) => TRAIN,
            Self::Training if second < 1.0 / 6.0 => VALIDATION,
            Self::Training => TRAIN,
        }
    }
}

/// Divides samples with `keys` and `labels`; samples with the same key stay together. Each part is in the
/// order of its keys, so the order in the file doesn't matter.
///
/// If a class would have no training sample, the samples of its largest key train after all. If a class of
/// 8 samples or more would have none that tests or validates, those of the smallest of its keys that train
/// are used, until the file has others: so a test sample may become a training sample as a file grows, but
/// never the reverse. If nothing at all would validate or test, the samples of the smallest key that
/// training can spare are used.
pub fn by_content(keys: &[Key], labels: &[usize], shares: Shares) -> Parts {
    let mut units: BTreeMap<Key, Vec<usize>> = BTreeMap::new();
    keys.iter().enumerate().for_each(|(index, &key)| units.entry(key).or_default().push(index));
    let mut parts: BTreeMap<Key, usize> = units.keys().map(|&key| (key, shares.part(key))).collect();
    let classes = labels.iter().max().map_or(0, |&most| most + 1);
    let mut training = vec![0usize; classes];
    for (_, indices) in units.iter().filter(|(key, _)| parts[key] == TRAIN) {
        indices.iter().for_each(|&index| training[labels[index]] += 1);
    }
    for (key, indices) in units.iter().rev() {
        if parts[key] != TRAIN && indices.iter().any(|&index| training[labels[index]] == 0) {
            parts.insert(*key, TRAIN);
            indices.iter().for_each(|&index| training[labels[index]] += 1);
        }
    }
    let needed: &[usize] = if shares == Shares::Training { &[VALIDATION] } else { &[TEST, VALIDATION] };
    for &part in needed {
        let (mut all, mut has) = (vec![0usize; classes], vec![false; classes]);
        for (key, indices) in &units {
            indices.iter().for_each(|&index| all[labels[index]] += 1);
            indices.iter().for_each(|&index| has[labels[index]] |= parts[key] == part);
        }
        for class in (0..classes).filter(|&class| all[class] >= FEW && !has[class]) {
            let mut own = vec![0usize; classes];
            let spare = units.iter().find(|(key, indices)| {
                own.fill(0);
                indices.iter().for_each(|&index| own[labels[index]] += 1);
                let spared = own.iter().zip(&training).all(|(own, all)| *own == 0 || own < all);
                parts[key] == TRAIN && own[class] > 0 && spared
            });
            if let Some((key, indices)) = spare {
                parts.insert(*key, part);
                indices.iter().for_each(|&index| training[labels[index]] -= 1);
            }
        }
        if parts.values().any(|&other| other == part) {
            continue;
        }
        let mut own = vec![0usize; classes];
        let spare = units.iter().find(|(key, indices)| {
            own.fill(0);
            indices.iter().for_each(|&index| own[labels[index]] += 1);
            parts[key] == TRAIN && own.iter().zip(&training).all(|(own, all)| *own == 0 || own < all)
        });
        if let Some((key, indices)) = spare {
            parts.insert(*key, part);
            indices.iter().for_each(|&index| training[labels[index]] -= 1);
            continue;
        }
        // Training can spare none: the other part, if it has several.
        let mut held = units.keys().filter(|key| parts[key] != TRAIN);
        if let (Some(&key), Some(_)) = (held.next_back(), held.next_back()) {
            parts.insert(key, part);
        }
    }
    let mut divided = Parts::default();
    for (key, mut indices) in units {
        indices.sort_by_key(|&index| labels[index]);
        divided[parts[&key]].extend(indices);
    }
    divided
}

/// Divides `count` samples by their order: the last fifth tests, the tenth before it validates. The last
/// `gap` samples before each of the two borders are left out.
pub fn by_time(count: usize, gap: usize) -> Parts {
    let (train, validation) = (count - count / 5 - count / 10, count / 10);
    let end = train + validation;
    let before = |from: usize, to: usize| (from..to.saturating_sub(gap).max(from)).collect();
    [before(0, train), before(train, end), (end..count).collect()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(count: usize, seed: f32) -> (Vec<Key>, Vec<usize>) {
        let values: Vec<f32> = (0..2 * count).map(|n| (n as f32 * 0.37 + seed).sin()).collect();
        (keys(&Values::Floats(values), 2), (0..count).map(|n| n % 3).collect())
    }

    fn side(parts: &Parts, index: usize) -> usize {
        parts.iter().position(|part| part.contains(&index)).expect("somewhere")
    }

    #[test]
    fn samples_keep_their_part_as_a_file_grows_and_in_any_order() {
        let (keys, labels) = samples(500, 0.0);
        let whole = by_content(&keys, &labels, Shares::Whole);
        for count in [100, 200, 499] {
            let fewer = by_content(&keys[..count], &labels[..count], Shares::Whole);
            assert!((0..count).all(|index| side(&fewer, index) == side(&whole, index)), "{count}");
        }
        let (mut turned, mut turned_labels) = (keys.clone(), labels.clone());
        turned.reverse();
        turned_labels.reverse();
        let other = by_content(&turned, &turned_labels, Shares::Whole);
        let back: Vec<Vec<usize>> = other.iter().map(|part| part.iter().map(|i| 499 - i).collect()).collect();
        assert_eq!(back, whole);
        // Five standard deviations of the binomial: √(500·0.2·0.8) = 9, √(500·0.1·0.9) = 7.
        assert!((55..=145).contains(&whole[TEST].len()) && (15..=85).contains(&whole[VALIDATION].len()));
    }

    #[test]
    fn every_class_trains_and_every_part_has_samples() {
        for count in [3, 5, 10, 20] {
            for seed in 0..50 {
                let (keys, _) = samples(count, seed as f32);
                let labels: Vec<usize> = (0..count).map(|n| usize::from(n == 0)).collect();
                for shares in [Shares::Whole, Shares::Training, Shares::Fold(Fold { index: 1, of: 5 })] {
                    let parts = by_content(&keys, &labels, shares);
                    assert_eq!(side(&parts, 0), TRAIN, "the only one of its class");
                    let filled = parts.iter().filter(|part| !part.is_empty()).count();
                    let most = if shares == Shares::Training { 2 } else { 3 };
                    let most = most.min(count - 1);
                    // A fold may take all samples of a small file but one of each class.
                    let least = if matches!(shares, Shares::Fold(_)) { 2 } else { most };
                    assert!((least..=most).contains(&filled), "{count} {seed} {shares:?}: {filled}");
                    assert_eq!(parts.iter().map(Vec::len).sum::<usize>(), count);
                }
            }
        }
    }

    #[test]
    fn folds_test_each_sample_once_and_equal_samples_stay_together() {
        let (mut keys, labels) = samples(200, 3.0);
        keys[7] = keys[150];
        let mut tested = vec![0; 200];
        for index in 0..5 {
            let parts = by_content(&keys, &labels, Shares::Fold(Fold { index, of: 5 }));
            parts[TEST].iter().for_each(|&index| tested[index] += 1);
            assert_eq!(side(&parts, 7), side(&parts, 150));
        }
        assert_eq!(tested, [1; 200]);
        assert_eq!(by_time(10, 0), [(0..7).collect::<Vec<_>>(), vec![7], vec![8, 9]]);
        assert_eq!(by_time(40, 2), [(0..26).collect::<Vec<_>>(), vec![28, 29], (32..40).collect()]);
    }
}
