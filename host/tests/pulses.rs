//! How pulses change the devices of a chip that learns.

use fenchel::hardware::{LearningChip, Profile};
use fenchel::{Architecture, DenseGradient, Parameters};
use fenchel_core::rand_core::SeedableRng;
use fenchel_core::{Activation, Gradient, Potential, Random, Scope};

/// Raises each of 30 × 30 weights from −1/√30 to 1/√30 by a tenth of the largest. Returns the conductances
/// before and after as shares of the range, pair after pair, and the mean change of a weight as a share of
/// the intended.
fn pulsed(profile: &Profile) -> (Vec<[f64; 2]>, Vec<[f64; 2]>, f64) {
    let architecture =
        Architecture::new(&[30, 30], &[], Potential::FenchelYoung, &[], &[]).expect("an architecture");
    let mut random = Random::seed_from_u64(1);
    let parameters = Parameters::new(&architecture, &mut random);
    let largest = parameters.weights[0].column_major().iter().fold(0.0f32, |most, w| most.max(w.abs()));
    let mut chip = LearningChip::draw(&parameters, profile, &mut random);
    let mut gradient = DenseGradient::zeros(&parameters);
    gradient.weights(0, &[1.0; 30], &[0.1 * largest; 30]);
    let heights = |chip: &LearningChip| -> Vec<[f64; 2]> {
        let pair = &chip.devices()[0].forward;
        let height = |g: f32| (f64::from(g) - profile.low_conductance) / profile.range();
        pair.plus.iter().zip(&pair.minus).map(|(plus, minus)| [height(*plus), height(*minus)]).collect()
    };
    let weights = |chip: &LearningChip| -> f64 {
        chip.chip().arrays[0].forward.column_major().iter().map(|w| f64::from(*w)).sum()
    };
    let (before, sum) = (heights(&chip), weights(&chip));
    chip.change(&gradient, 1.0, Scope::All, &mut random);
    let after = heights(&chip);
    let changed = weights(&chip) - sum;
    // The chip computes with what its devices say.
    let of_devices = |heights: &[[f64; 2]]| heights.iter().map(|[plus, minus]| plus - minus).sum::<f64>();
    let difference = f64::from(largest) * (of_devices(&after) - of_devices(&before));
    assert!((changed - difference).abs() < 1e-3 * changed.abs() + 1e-4, "{changed} {difference}");
    (before, after, changed / (900.0 * 0.1 * f64::from(largest)))
}

/// Tolerance of the mean of 900 changes, each of which varies by at most its own size.
const TOLERANCE: f64 = 0.1;

#[test]
fn pulses_go_as_far_as_devices_let_them() {
    let ideal = Profile::ideal();
    let (before, after, mean) = pulsed(&ideal);
    // A positive weight's G⁻ is at G_low and can't be lowered: its change is halved.
    assert!((0.65..0.85).contains(&mean), "{mean}");
    for (before, after) in before.iter().zip(&after) {
        assert!(after[0] >= before[0] && after[1] <= before[1], "{before:?} {after:?}");
        assert!(after.iter().all(|height| (-1e-6..1.0 + 1e-6).contains(height)), "{after:?}");
    }
    for unbiased in [
        Profile { pulses: Some(7), ..ideal.clone() },
        Profile { write_noise: 0.5, step_spread: 0.5, ..ideal.clone() },
        Profile { levels: Some(1001), ..ideal.clone() },
    ] {
        let (_, _, other) = pulsed(&unbiased);
        assert!((other - mean).abs() < TOLERANCE, "{other} {mean}");
    }
    let (_, _, saturating) = pulsed(&Profile { step_saturation: 1.0, ..ideal.clone() });
    assert!(saturating < 0.8 * mean, "{saturating} {mean}");
    let (before, after, _) = pulsed(&Profile { step_asymmetry: 1.0, ..ideal.clone() });
    assert!(before.iter().zip(&after).all(|(a, b)| b[0] >= a[0] && b[1] == a[1]), "nothing is lowered");
    let (before, after, mean) = pulsed(&Profile { stuck_low: 0.5, stuck_high: 0.5, ..ideal });
    assert_eq!((before, mean), (after, 0.0));
}

#[test]
fn frozen_blocks_stay() {
    let relu = [Activation::Relu];
    let architecture =
        Architecture::new(&[4, 5, 3], &relu, Potential::FenchelYoung, &[], &[]).expect("it fits");
    let mut random = Random::seed_from_u64(2);
    let parameters = Parameters::new(&architecture, &mut random);
    let profile = Profile { separate_feedback: true, ..Profile::ideal() };
    let mut chip = LearningChip::draw(&parameters, &profile, &mut random);
    let mut gradient = DenseGradient::zeros(&parameters);
    gradient.weights(0, &[1.0; 5], &[0.1; 4]);
    gradient.weights(1, &[1.0; 3], &[0.1; 5]);
    gradient.bias(1, &[1.0; 5]);
    gradient.bias(2, &[1.0; 3]);
    let (devices, biases) = (chip.devices(), chip.biases());
    chip.change(&gradient, 0.1, Scope::Biases, &mut random);
    assert_eq!(chip.devices(), devices);
    assert!(chip.biases().iter().zip(&biases).all(|(after, before)| (after - before - 0.1).abs() < 1e-6));
    chip.change(&gradient, 0.1, Scope::LastBlock, &mut random);
    let changed: Vec<_> = chip.devices().iter().zip(&devices).map(|(a, b)| a.forward != b.forward).collect();
    assert_eq!(changed, [false, true]);
    assert_ne!(chip.devices()[1].feedback, devices[1].feedback, "both arrays of the block");
    assert_eq!(chip.biases()[..5], biases[..5].iter().map(|b| b + 0.1).collect::<Vec<_>>());
}
