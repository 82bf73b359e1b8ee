//! The order in which an epoch takes its samples.

use fenchel_core::Random;

use super::ClassWeights;
use crate::data::permutation;

/// Draws the indices of an epoch's samples, as many as there are. With balanced weights each class occurs
/// equally often, within one: samples of rare classes are taken several times, each as often as any other
/// of its class.
pub fn epoch_order(labels: &[usize], weights: ClassWeights, random: &mut Random) -> Vec<usize> {
    match weights {
        ClassWeights::None => permutation(labels.len(), random),
        ClassWeights::Balanced => balanced(labels, random),
    }
}

fn balanced(labels: &[usize], random: &mut Random) -> Vec<usize> {
    let mut classes = vec![Vec::new(); labels.iter().max().map_or(0, |most| most + 1)];
    labels.iter().enumerate().for_each(|(index, &label)| classes[label].push(index));
    classes.retain(|members| !members.is_empty());
    let mut drawn = Vec::with_capacity(labels.len());
    let first = permutation(classes.len(), random);
    for (place, &class) in first.iter().enumerate() {
        let members = &classes[class];
        let share = (place + 1) * labels.len() / classes.len() - place * labels.len() / classes.len();
        let mut left = share;
        while left > 0 {
            let taken = left.min(members.len());
            drawn.extend(permutation(members.len(), random).into_iter().take(taken).map(|i| members[i]));
            left -= taken;
        }
    }
    permutation(drawn.len(), random).into_iter().map(|i| drawn[i]).collect()
}

#[cfg(test)]
mod tests {
    use rand_core::SeedableRng;

    use super::*;

    #[test]
    fn a_balanced_epoch_has_each_class_equally_often() {
        let labels: Vec<usize> = (0..90).map(|i| usize::from(i >= 80) + usize::from(i >= 85)).collect();
        let order = epoch_order(&labels, ClassWeights::Balanced, &mut Random::seed_from_u64(1));
        for class in 0..3 {
            assert_eq!(order.iter().filter(|&&i| labels[i] == class).count(), 30);
        }
        // Each of the five samples of a rare class six times.
        assert!((80..90).all(|i| order.iter().filter(|&&other| other == i).count() == 6));
    }
}
