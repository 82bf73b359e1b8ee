//! Frequencies of the perturbation g.

use fenchel_core::{Perturbation, Random};
use rand_core::SeedableRng;

const DRAWS: usize = 100_000;

fn draw(perturbation: Perturbation, seed: u64) -> Vec<f32> {
    let mut g = vec![f32::NAN; DRAWS];
    perturbation.fill(&mut Random::seed_from_u64(seed), &mut g);
    g
}

#[test]
fn dropout_silences_with_its_probability() {
    for (seed, probability) in [0.0_f32, 0.01, 0.1, 0.5, 0.9, 1.0].into_iter().enumerate() {
        let g = draw(Perturbation::Dropout { probability, magnitude: 3.0 }, seed as u64);
        assert!(g.iter().all(|&g| g == 0.0 || g == 3.0));
        let dropped = g.iter().filter(|&&g| g != 0.0).count() as f64;
        let expected = f64::from(probability) * DRAWS as f64;
        // Five standard deviations of a binomial distribution: none at 0 and 1.
        let deviation = 5.0 * (expected * (1.0 - f64::from(probability))).sqrt();
        assert!((dropped - expected).abs() <= deviation, "{probability}: {dropped} of {DRAWS}");
    }
}

/// A unit that is dropped says nothing of the next one: the pairs are as frequent as by chance.
#[test]
fn dropout_is_independent_from_unit_to_unit() {
    let probability = 0.3;
    let g = draw(Perturbation::Dropout { probability: probability as f32, magnitude: 1.0 }, 7);
    let pairs = g.windows(2).filter(|pair| pair[0] > 0.0 && pair[1] > 0.0).count() as f64;
    let expected = probability * probability * DRAWS as f64;
    assert!((pairs - expected).abs() < 5.0 * 1.5 * expected.sqrt(), "{pairs}, {expected} expected");
}

#[test]
fn a_gaussian_has_its_deviation_and_none_is_zero() {
    let std = 1.0 / 16.0;
    let g = draw(Perturbation::Gaussian { std }, 8);
    let mean = g.iter().map(|&g| f64::from(g)).sum::<f64>() / DRAWS as f64;
    let variance = g.iter().map(|&g| f64::from(g).powi(2)).sum::<f64>() / DRAWS as f64;
    let (std, n) = (f64::from(std), DRAWS as f64);
    assert!(mean.abs() < 5.0 * std / n.sqrt(), "{mean}");
    assert!((variance / (std * std) - 1.0).abs() < 5.0 * (2.0 / n).sqrt(), "{variance}");
    assert!(draw(Perturbation::None, 9).iter().all(|&g| g == 0.0));
}
