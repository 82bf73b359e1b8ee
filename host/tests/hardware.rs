//! Simulated chips: without flaws nothing changes, and each flaw alone has the moments that its formula
//! says.

use fenchel::analysis::robustness::Samples;
use fenchel::hardware::{Chip, Devices, MonteCarlo, NudgedSamples, Pair, Profile, nudge, trials};
use fenchel::{Architecture, Parameters};
use fenchel_core::{Nudge, Potential, Random, Schedule, Settings, Weights};
use rand_core::SeedableRng;

/// Makes a network of these sizes; its first matrix has many weights over which moments can be taken.
fn network(sizes: &[usize]) -> Parameters {
    let architecture = Architecture::new(sizes, &[], Potential::FenchelYoung, &[], &[]).expect("a shape");
    Parameters::new(&architecture, &mut Random::seed_from_u64(7))
}

fn draw<'p>(parameters: &'p Parameters, profile: &'p Profile) -> Chip<'p> {
    profile.check().expect("a profile that can be");
    Chip::draw(parameters, profile, &mut Random::seed_from_u64(1))
}

/// Returns the first matrix as it was and as the chip has it, in f64, and the largest |w|.
fn before_and_after(parameters: &Parameters, chip: &Chip) -> (Vec<[f64; 2]>, f64) {
    let before = parameters.weights[0].column_major();
    let after = chip.arrays[0].forward.column_major();
    let pairs: Vec<_> = before.iter().zip(after).map(|(a, b)| [f64::from(*a), f64::from(*b)]).collect();
    let largest = pairs.iter().fold(0.0f64, |largest, pair| largest.max(pair[0].abs()));
    (pairs, largest)
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    sum / count
}

/// Tolerated relative error of a second moment over 60,000 values: five standard errors, 5·√(2/60,000),
/// with a margin for what isn't Gaussian.
const MOMENT: f64 = 0.04;

fn close(got: f64, expected: f64, tolerance: f64) {
    assert!((got - expected).abs() <= tolerance * expected.abs().max(1e-12), "{got}, expected {expected}");
}

const LARGE: [usize; 3] = [300, 200, 10];

#[test]
fn no_flaws_change_no_bits() {
    let parameters = network(&LARGE);
    let profile = Profile::ideal();
    let chip = draw(&parameters, &profile);
    for (weights, array) in parameters.weights.iter().zip(&chip.arrays) {
        assert_eq!(weights.column_major(), array.forward.column_major());
        assert!(array.feedback.is_none());
    }
    assert_eq!(chip.biases, parameters.biases);
    let input: Vec<f32> = (0..900).map(|i| (i % 17) as f32 / 17.0).collect();
    let network = parameters.network();
    let mut activities = vec![0.0; 3 * network.units()];
    let own = network.infer(&input, &mut activities).expect("it fits");
    assert_eq!(chip.infer(&input, &mut Random::seed_from_u64(0)).expect("it fits"), own);
}

#[test]
fn levels_round_to_half_a_step() {
    let parameters = network(&LARGE);
    let profile = Profile { levels: Some(8), ..Profile::ideal() };
    let (pairs, largest) = before_and_after(&parameters, &draw(&parameters, &profile));
    let step = largest / 7.0;
    assert!(pairs.iter().all(|[before, after]| (after - before).abs() <= 0.5001 * step));
    // Uniform weights: uniform errors.
    close(mean(pairs.iter().map(|[before, after]| (after - before).powi(2))), step * step / 12.0, MOMENT);
    assert_eq!(Profile::bits(4), profile);
}

#[test]
fn programming_noise_is_that_of_two_devices() {
    let parameters = network(&LARGE);
    let profile = Profile { programming_noise: 0.1, ..Profile::ideal() };
    let (pairs, largest) = before_and_after(&parameters, &draw(&parameters, &profile));
    let second = |pairs: &[[f64; 2]]| mean(pairs.iter().map(|[before, after]| (after - before).powi(2)));
    close(second(&pairs), 2.0 * (0.1 * largest).powi(2), MOMENT);
    let first = mean(pairs.iter().map(|[before, after]| after - before));
    assert!(first.abs() < 5.0 * 0.1 * largest * (2.0 / 60_000f64).sqrt(), "{first}");

    let profile = Profile::weight_noise(0.1);
    let (pairs, _) = before_and_after(&parameters, &draw(&parameters, &profile));
    close(second(&pairs), (0.1 * largest).powi(2), MOMENT);

    // In proportion to each conductance: from 0 S on, to the weight; a tenth never turns a sign.
    let profile = Profile { low_conductance: 0.0, programming_noise_relative: 0.1, ..Profile::ideal() };
    let (pairs, _) = before_and_after(&parameters, &draw(&parameters, &profile));
    close(mean(pairs.iter().map(|[before, after]| (after / before - 1.0).powi(2))), 0.01, MOMENT);
}

#[test]
fn no_conductance_falls_below_zero() {
    // Weights of 0, but for one that sets the range: each is the difference of two half-Gaussians.
    let mut parameters = network(&LARGE);
    let values = parameters.weights[0].column_major_mut();
    values.fill(0.0);
    values[0] = 1.0;
    let profile = Profile { low_conductance: 0.0, programming_noise: 0.2, ..Profile::ideal() };
    let (pairs, _) = before_and_after(&parameters, &draw(&parameters, &profile));
    let second = mean(pairs[1..].iter().map(|[_, after]| after * after));
    // E max(X, 0)² = σ²/2 and E max(X, 0) = σ/√(2π).
    close(second, 0.04 * (1.0 - 1.0 / std::f64::consts::PI), MOMENT);
}

#[test]
fn drift_is_a_power_of_time() {
    let parameters = network(&LARGE);
    let elapsed = 1000f64.ln();
    let drifted = Profile {
        low_conductance: 0.0,
        drift_exponent: 0.05,
        drift_start: 20.0,
        drift_time: 20_000.0,
        ..Profile::ideal()
    };
    let (pairs, _) = before_and_after(&parameters, &draw(&parameters, &drifted));
    let factor = (-0.05 * elapsed).exp();
    pairs.iter().for_each(|[before, after]| close(*after, factor * before, 1e-5));
    let spread = Profile { drift_exponent_spread: 0.02, ..drifted.clone() };
    let (pairs, _) = before_and_after(&parameters, &draw(&parameters, &spread));
    let ratio = |power: i32| mean(pairs.iter().map(|[before, after]| (after / before).powi(power)));
    // Log-normal: E = e^(−νL + σ²L²/2), E² = e^(−2νL + 2σ²L²).
    let variance = (0.02 * elapsed).powi(2);
    close(ratio(1), factor * (0.5 * variance).exp(), 0.005);
    close(ratio(2), factor * factor * (2.0 * variance).exp(), 0.01);
    let compensated = Profile { drift_compensation: true, ..drifted };
    let (pairs, _) = before_and_after(&parameters, &draw(&parameters, &compensated));
    pairs.iter().for_each(|[before, after]| close(*after, *before, 1e-5));
}

#[test]
fn stuck_devices_are_as_many_as_they_should_be() {
    let mut parameters = network(&LARGE);
    let values = parameters.weights[0].column_major_mut();
    values.fill(0.5);
    values[0] = 1.0;
    let (low, high) = (0.03, 0.05);
    let profile = Profile { stuck_low: low, stuck_high: high, ..Profile::ideal() };
    let (pairs, _) = before_and_after(&parameters, &draw(&parameters, &profile));
    let plus = low * 0.0 + high * 1.0 + (1.0 - low - high) * 0.5;
    close(mean(pairs.iter().map(|pair| pair[1])), plus - high, 0.01);
    let count = |value: f64| mean(pairs.iter().map(|pair| f64::from(u8::from(pair[1] == value))));
    // 0.5 − 1, from a healthy G⁺ and G⁻ stuck high: a few in a hundred, five standard errors.
    close(count(-0.5), (1.0 - low - high) * high, 0.1);
    close(count(0.0), low * (1.0 - high) + high * high, 0.15);
}

#[test]
fn wires_add_their_resistance() {
    let parameters = network(&LARGE);
    let profile = Profile { low_conductance: 0.0, wire_resistance: 2.0, ..Profile::ideal() };
    let (pairs, largest) = before_and_after(&parameters, &draw(&parameters, &profile));
    for (i, j) in [(0, 0), (0, 299), (199, 0), (199, 299), (100, 150)] {
        let [before, after] = pairs[j * 200 + i];
        let conductance = before.abs() / largest * 200e-6;
        let resistance = 1.0 / conductance + 2.0 * (i + 1 + 300 - j) as f64;
        close(after.abs(), largest / (200e-6 * resistance), 1e-4);
    }
}

#[test]
fn a_units_gain_is_that_of_its_row_and_bias() {
    let parameters = network(&[40, 2000, 10]);
    let profile = Profile { gain_error: 0.1, ..Profile::ideal() };
    let chip = draw(&parameters, &profile);
    let gains: Vec<f64> =
        chip.biases.iter().zip(&parameters.biases).map(|(b, a)| f64::from(b / a)).take(2000).collect();
    let (pairs, _) = before_and_after(&parameters, &chip);
    for (index, [before, after]) in pairs.iter().enumerate() {
        close(*after, gains[index % 2000] * before, 1e-5);
    }
    close(mean(gains.iter().map(|gain| (gain - 1.0).powi(2))), 0.01, 5.0 * (2.0 / 2000f64).sqrt());
    // What is fed back has another amplifier, the unit's own that it is fed to.
    let feedback = chip.arrays[1].feedback.as_ref().expect("its own gains");
    let own = parameters.weights[1].column_major();
    for (column, own) in feedback.column_major().chunks(10).zip(own.chunks(10)) {
        let gain = f64::from(column[0] / own[0]);
        column.iter().zip(own).for_each(|(b, a)| close(f64::from(b / a), gain, 1e-5));
    }
}

#[test]
fn an_offset_is_g() {
    let parameters = network(&[5, 2000, 3]);
    let profile = Profile { offset: 0.3, ..Profile::ideal() };
    let chip = draw(&parameters, &profile);
    let second = mean(chip.offsets.iter().map(|g| f64::from(*g).powi(2)));
    close(second, 0.09, 5.0 * (2.0 / 2003f64).sqrt());
    let input = [0.5f32; 10];
    let network = parameters.network();
    let mut activities = vec![0.0; 2 * network.units()];
    // γ = 1: z = f(a − g).
    let shift = |k: usize| chip.offsets[network.range(k, 1)].iter().map(|g| -g).collect::<Vec<_>>().repeat(2);
    let disturbance: Vec<f32> = (1..=2).flat_map(shift).collect();
    let expected = network.infer_disturbed(&input, &disturbance, &mut activities).expect("it fits");
    assert_eq!(chip.infer(&input, &mut Random::seed_from_u64(0)).expect("it fits"), expected);
}

#[test]
fn read_noise_sums_over_the_inputs() {
    let parameters = network(&[30, 100]);
    let profile = Profile { read_noise: 0.05, ..Profile::ideal() };
    let chip = draw(&parameters, &profile);
    let largest = parameters.weights[0].column_major().iter().fold(0.0f32, |l, w| l.max(w.abs()));
    let samples = 500;
    let input = vec![0.5f32; 30 * samples];
    let noisy = chip.infer(&input, &mut Random::seed_from_u64(3)).expect("it fits");
    let network = parameters.network();
    let mut activities = vec![0.0; 100 * samples];
    let clean = network.infer(&input, &mut activities).expect("it fits");
    let second = mean(noisy.iter().zip(clean).map(|(a, b)| f64::from(a - b).powi(2)));
    // Two devices each, of 30 inputs of 0.5.
    close(second, 2.0 * (0.05 * f64::from(largest)).powi(2) * 30.0 * 0.25, MOMENT);
    let other = chip.infer(&input, &mut Random::seed_from_u64(4)).expect("it fits");
    assert_ne!(noisy, other);
}

#[test]
fn dead_units_are_silent_and_hear_nothing() {
    let parameters = network(&[20, 50, 10]);
    let profile = Profile { dead_units: 0.2, offset: 0.1, ..Profile::ideal() };
    let chip = draw(&parameters, &profile);
    let weights = &chip.arrays[0].forward;
    let dead: Vec<_> =
        (0..50).filter(|&i| (0..20).all(|j| weights.column_major()[j * 50 + i] == 0.0)).collect();
    assert_eq!(dead.len(), 10);
    let feedback = chip.arrays[1].feedback.as_ref().expect("its own");
    for unit in dead {
        assert_eq!((chip.biases[unit], chip.offsets[unit]), (0.0, 0.0));
        assert!(feedback.fan_out(unit).all(|(_, w)| w == 0.0));
    }
}

#[test]
fn conductances_are_those_of_the_chip_of_the_same_draws() {
    let parameters = network(&[30, 20, 10]);
    for name in ["ideal", "reram", "pcm", "floating-gate"] {
        let profile = Profile { gain_error: 0.0, ..Profile::load(name).expect("a preset") };
        let chip = draw(&parameters, &profile);
        let devices = Devices::draw(&parameters, &profile, &mut Random::seed_from_u64(1));
        for (array, Devices { ohms, forward, feedback }) in chip.arrays.iter().zip(&devices) {
            let close = |matrix: &fenchel::Matrix, pair: &Pair| {
                let (rows, columns) = matrix.shape();
                assert_eq!((pair.shape, pair.plus.len()), ((rows, columns), rows * columns));
                for (place, w) in matrix.column_major().iter().enumerate() {
                    let at = place % rows * columns + place / rows;
                    let (plus, minus) = (f64::from(pair.plus[at]), f64::from(pair.minus[at]));
                    // Each conductance is an f32 near 200 µS.
                    let difference = (ohms * (plus - minus) - f64::from(*w)).abs();
                    assert!(plus >= 0.0 && minus >= 0.0 && difference < 1e-6, "{name}: {difference}");
                }
            };
            close(&array.forward, forward);
            assert_eq!(array.feedback.is_some(), feedback.is_some());
            if let (Some(matrix), Some(pair)) = (&array.feedback, feedback) {
                close(matrix, &pair.transposed());
            }
        }
    }
}

/// W z from the forward arrays and Wᵀ u from the feedback ones: the state is the fixed point of both.
#[test]
fn relaxation_feeds_back_through_its_own_arrays() {
    let parameters = network(&[6, 8, 7, 3]);
    let profile = Profile { programming_noise: 0.1, separate_feedback: true, ..Profile::ideal() };
    let chip = draw(&parameters, &profile);
    let arrays = |k: usize| {
        let array = &chip.arrays[k];
        (&array.forward, array.feedback.as_ref().unwrap_or(&array.forward))
    };
    assert!(chip.arrays[0].feedback.is_none(), "nothing is fed back to the input");
    let apart = arrays(1).0.column_major().iter().zip(arrays(1).1.column_major());
    assert!(apart.filter(|(a, b)| a != b).count() > 50);
    let input: Vec<f32> = (0..6).map(|i| 0.3 * i as f32).collect();
    let nudge = Nudge { s: 0.2, weight_target: 0.0, weight_attack: 1.5 };
    let attack = [0.0, 1.0, 0.0];
    let settings = Settings { schedule: Schedule::ForwardBackward, sweeps: 200, tolerance: 1e-6 };
    let relaxed =
        chip.relax(&input, &attack, nudge, &settings, &mut Random::seed_from_u64(0)).expect("it fits");
    let network = parameters.network();
    let z: Vec<&[f32]> = (1..=3).map(|k| &relaxed.activities[network.range(k, 1)]).collect();
    let product = |weights: &fenchel::Matrix, vector: &[f32], bias: &[f32]| -> Vec<f32> {
        let mut sums = bias.to_vec();
        weights.apply(vector, &mut sums);
        sums
    };
    let relu = |a: f32| a.max(0.0);
    let a: Vec<Vec<f32>> = (0..3)
        .map(|k| product(arrays(k).0, if k == 0 { &input } else { z[k - 1] }, network.bias(k + 1)))
        .collect();
    // u_k = γ(z − f(a)), γ = 1; the output is linear.
    let u = [
        z[0].iter().zip(&a[0]).map(|(z, a)| z - relu(*a)).collect::<Vec<_>>(),
        z[1].iter().zip(&a[1]).map(|(z, a)| z - relu(*a)).collect(),
        z[2].iter().zip(&a[2]).map(|(z, a)| z - a).collect(),
    ];
    let mut moved = 0.0f32;
    for k in 0..2 {
        let mut e = vec![0.0; z[k].len()];
        arrays(k + 1).1.apply_transposed(&u[k + 1], &mut e);
        for ((z, a), e) in z[k].iter().zip(&a[k]).zip(&e) {
            assert!((z - relu(a + e)).abs() < 1e-5, "block {}: {z} {}", k + 1, relu(a + e));
            moved = moved.max((z - relu(*a)).abs());
        }
    }
    assert!(moved > 0.01, "the feedback moves something: {moved}");
}

#[test]
fn trials_of_no_flaws_err_in_nothing() {
    let parameters = network(&[4, 30, 3]);
    let input: Vec<f32> = (0..400).map(|i| ((i * i) as f32 * 0.37).fract()).collect();
    let samples = Samples { input, labels: (0..100).map(|i| i % 3).collect() };
    let nudged = NudgedSamples::new(&parameters, samples.clone(), nudge(0.49, 0.25)).expect("it fits");
    let monte_carlo = MonteCarlo { chips: 4, seed: 5 };
    let all = |profile: &Profile| {
        trials(&parameters, profile, &samples, Some(&nudged), monte_carlo).expect("it fits")
    };
    let ideal = all(&Profile::ideal());
    assert_eq!(ideal.len(), 1, "all chips are alike");
    assert_eq!((ideal[0].error, ideal[0].settled), (Some(0.0), Some(1.0)));
    let noisy = all(&Profile::weight_noise(0.2));
    assert_eq!(noisy.len(), 4);
    assert!(noisy.iter().all(|trial| trial.error > Some(0.01)) && noisy[0] != noisy[1]);
}
