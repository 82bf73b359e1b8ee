//! Between raw values and inputs, and between outputs and what they mean.

use fenchel_core::{Confidence, Error, Quantity, Rejection, Scaling, margin, reconstruction_error, softmax};
use fenchel_oracle::random_network::Random;

/// One pair, one a channel of 3 values, one a feature: each value has the bits of the two operations.
#[test]
fn scaling_is_a_difference_and_a_product_of_each_value() {
    let mut random = Random::new(1);
    for factors in [1, 2, 6] {
        let (offsets, scales) = (random.values(factors, -9.0, 9.0), random.values(factors, 0.01, 3.0));
        let scaling = Scaling::new(&offsets, &scales).expect("as many");
        let raw: Vec<i16> = (0..6).map(|_| random.below(1 << 16) as u16 as i16).collect();
        let bytes: Vec<u8> = (0..6).map(|_| random.below(256) as u8).collect();
        let signed: Vec<i8> = bytes.iter().map(|&byte| byte as i8).collect();
        let floats = random.values(6, -100.0, 100.0);
        let check = |raw: Vec<f32>, apply: &dyn Fn(&mut [f32]) -> Result<(), Error>| {
            let mut input = [f32::NAN; 6];
            apply(&mut input).expect("fits");
            for (i, (x, raw)) in input.into_iter().zip(raw).enumerate() {
                let pair = i * factors / 6;
                assert_eq!(x.to_bits(), ((raw - offsets[pair]) * scales[pair]).to_bits());
            }
        };
        check(raw.iter().map(|&v| v.into()).collect(), &|input| scaling.apply(&raw, input));
        check(bytes.iter().map(|&v| v.into()).collect(), &|input| scaling.apply(&bytes, input));
        check(signed.iter().map(|&v| v.into()).collect(), &|input| scaling.apply(&signed, input));
        check(floats.clone(), &|input| scaling.apply(&floats, input));

        let mut there_and_back = floats.clone();
        scaling.apply(&floats, &mut there_and_back).expect("fits");
        scaling.restore(&mut there_and_back).expect("fits");
        for (back, value) in there_and_back.iter().zip(&floats) {
            // Three roundings of values below 110.
            assert!((back - value).abs() <= 3.0 * 110.0 * f32::EPSILON, "{back} for {value}");
        }
    }
}

#[test]
fn a_constant_column_is_0_and_comes_back() {
    let scaling = Scaling::new(&[5.0, 1.0], &[0.0, 2.0]).expect("finite");
    let mut values = [0.0; 2];
    scaling.apply(&[7.0f32, 2.0], &mut values).expect("fits");
    assert_eq!(values, [0.0, 2.0]);
    scaling.restore(&mut values).expect("fits");
    assert_eq!(values, [5.0, 2.0]);
}

#[test]
fn another_length_is_refused_and_nothing_written() {
    let scaling = Scaling::new(&[0.0; 2], &[1.0; 2]).expect("finite");
    for (raw, inputs) in [(4, 6), (6, 4), (5, 5), (0, 2)] {
        let (raw, mut input) = (vec![1u8; raw], vec![7.0; inputs]);
        let error = scaling.apply(&raw, &mut input).expect_err("refused");
        assert!(
            matches!(error, Error::Size { what: Quantity::InputValues, expected, got } if expected != got)
        );
        assert!(input.iter().all(|&x| x == 7.0));
    }
    assert!(matches!(Scaling::new(&[], &[]), Err(Error::TooSmall { .. })));
    assert!(matches!(Scaling::new(&[1.0], &[]), Err(Error::Size { .. })));
}

/// Against f64; micromath's exponential is right to 1.3 parts in a thousand, and so is a quotient of its
/// values to twice that.
#[test]
fn softmax_is_the_softmax_to_three_parts_in_a_thousand() {
    let mut random = Random::new(3);
    for _ in 0..1000 {
        let n = 1 + random.below(12);
        let outputs = random.values(n, -2.0, 2.0);
        let temperature = random.uniform(0.02, 3.0);
        let mut probabilities = outputs.clone();
        softmax(&mut probabilities, temperature);
        let largest = outputs.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let exact: Vec<f64> =
            outputs.iter().map(|&z| (f64::from(z - largest) / f64::from(temperature)).exp()).collect();
        let sum: f64 = exact.iter().sum();
        for (p, exact) in probabilities.iter().zip(&exact) {
            let exact = exact / sum;
            assert!((f64::from(*p) - exact).abs() <= 3e-3 * exact + 1e-30, "{p} for {exact}");
        }
        let sum: f32 = probabilities.iter().sum();
        assert!((sum - 1.0).abs() <= 2.0 * n as f32 * f32::EPSILON, "{sum}");
    }
}

/// The bits that every machine must give: f32 operations in one order, no library's exponential.
#[test]
fn softmax_has_its_bits() {
    let mut outputs = [0.1, 0.9, -0.3, 0.25, 0.0];
    softmax(&mut outputs, 0.2);
    assert_eq!(outputs.map(f32::to_bits), [0x3c8c_36b4, 0x3f6f_187e, 0x3b17_c1ba, 0x3d14_60b2, 0x3c29_fffe]);
}

#[test]
fn an_answer_is_given_from_its_margin_on() {
    assert_eq!(margin(&[0.25, 1.0, 0.5]), 0.5);
    assert_eq!(margin(&[1.0, 1.0]), 0.0);
    assert_eq!(margin(&[1.0]), f32::INFINITY);
    let rejection = Some(Rejection { margin: 0.5, coverage: 1.0, accuracy: 1.0 });
    let confidence = Confidence { rejection, temperature: None };
    assert!(confidence.accepts(&[0.25, 1.0, 0.5]));
    assert!(!confidence.accepts(&[0.25, 1.0, 0.75]));
    assert!(!confidence.accepts(&[f32::NAN; 3]));
    assert!(Confidence::default().accepts(&[0.0, 0.0]));
}

#[test]
fn the_anomaly_score_is_the_mean_square() {
    assert_eq!(reconstruction_error(&[1.0, 2.0], &[1.5, 0.0]), (0.25 + 4.0) / 2.0);
    assert_eq!(reconstruction_error(&[], &[]), 0.0);
}
