//! Files whose values don't fit together are refused, when they are loaded or before they are written.

use fenchel_core::{
    Activation, Block, Bounds, Confidence, Error, Input, Model, Names, Packed, Perturbation, Quantity,
    Rejection, Scaling, Task, Threshold, Weights,
};
use fenchel_oracle::random_network::{Random, RandomNetwork};

use crate::parts::{Memory, Parts};
use crate::{refused, sample};

/// What `load` says to the sample file with `change` made to it before it was written.
fn refused_after(change: impl FnOnce(&mut Parts)) -> Error {
    let mut parts = sample();
    change(&mut parts);
    refused(&parts.write())
}

#[test]
fn names_must_be_as_many_as_they_name() {
    let is_refused = |task| matches!(refused_after(|parts| parts.header.task = task), Error::Field { .. });
    for names in ["", "zero\none", "zero\none\ntwo\n"] {
        assert!(is_refused(Task::Classification {
            classes: Names(names),
            confidence: Confidence::default()
        }));
        assert!(is_refused(Task::Regression { targets: Names(names), scaling: Scaling::IDENTITY }));
        let error = refused_after(|parts| parts.header.input.names = Some(Names(names)));
        assert!(matches!(error, Error::Field { .. }), "{names:?}: {error:?}");
    }
}

#[test]
fn a_reconstruction_has_as_many_outputs_as_inputs() {
    let is_refused = |sizes: &[u32]| {
        let activations = vec![Activation::Linear; sizes.len()];
        let network = RandomNetwork::new(&mut Random::new(5), sizes, &activations, &[], 1.0);
        let mut parts = Parts::of(&network);
        parts.header.task = Task::Reconstruction { threshold: None };
        Model::load(Memory::new(&parts.write(), 0).bytes()).is_err()
    };
    assert!(!is_refused(&[3, 2, 3]));
    assert!(is_refused(&[3, 2, 4]));
}

#[test]
fn every_parameter_must_be_finite() {
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let check = |error: Error| assert!(matches!(error, Error::Field { .. }), "{error:?}");
        for index in 0..sample().biases.len() {
            check(refused_after(|parts| parts.biases[index] = value));
            check(refused_after(|parts| parts.gammas[index] = value));
        }
        for c in 0..sample().weights.len() {
            check(refused_after(|parts| {
                let (rows, columns) = parts.weights[c].shape();
                let panels = vec![value; fenchel_core::packed_len(rows, columns)];
                parts.weights[c] = Packed::new(rows, columns, panels.leak()).expect("fits").into();
            }));
        }
        for bounds in [[value, 1.0], [0.0, value]] {
            let [low, high] = bounds.map(|bound| [bound; 1].to_vec().leak() as &[f32]);
            check(refused_after(|parts| parts.header.input.bounds = Some(Bounds { low, high })));
        }
        assert!(matches!(Scaling::new(&[value], &[1.0]), Err(Error::NotFinite { .. })));
        assert!(matches!(Scaling::new(&[1.0], &[value]), Err(Error::NotFinite { .. })));
    }
}

#[test]
fn gamma_must_be_above_zero() {
    for got in [0.0, -1.0] {
        for unit in 0..sample().gammas.len() {
            assert_eq!(refused_after(|parts| parts.gammas[unit] = got), Error::Gamma { unit, got });
        }
    }
}

#[test]
fn arrays_must_be_as_long_as_the_shapes_need() {
    for longer in [
        (|parts| parts.biases.extend([0.0; 4])) as fn(&mut Parts),
        |parts| parts.gammas.extend([1.0; 4]),
        |parts| drop(parts.biases.drain(..8)),
        |parts| drop(parts.gammas.drain(..8)),
    ] {
        let error = refused_after(longer);
        assert!(matches!(error, Error::Field { .. } | Error::Gamma { .. }), "{error:?}");
    }
}

#[test]
fn a_value_out_of_range_is_refused() {
    fn none(parts: &mut Parts, confidence: Confidence) {
        parts.header.task = Task::Classification { classes: Names("a\nb\nc"), confidence };
    }
    let changes: &[fn(&mut Parts)] = &[
        |parts| parts.header.training.alpha = f32::NAN,
        |parts| parts.header.training.beta = f32::INFINITY,
        |parts| parts.header.training.perturbation = Perturbation::Gaussian { std: -1.0 },
        |parts| {
            parts.header.training.perturbation = Perturbation::Dropout { probability: 1.5, magnitude: 0.0 };
        },
        |parts| none(parts, Confidence { rejection: None, temperature: Some(0.0) }),
        |parts| none(parts, Confidence { rejection: None, temperature: Some(-1.0) }),
        |parts| {
            let rejection = Some(Rejection { margin: -0.5, coverage: 0.5, accuracy: 0.5 });
            none(parts, Confidence { rejection, temperature: None });
        },
        |parts| {
            let rejection = Some(Rejection { margin: 0.5, coverage: 1.5, accuracy: 0.5 });
            none(parts, Confidence { rejection, temperature: None });
        },
        |parts| {
            let rejection = Some(Rejection { margin: 0.5, coverage: 0.5, accuracy: f32::NAN });
            none(parts, Confidence { rejection, temperature: None });
        },
        |parts| {
            let threshold = Some(Threshold { score: f32::NAN, quantile: 0.5 });
            parts.header.task = Task::Reconstruction { threshold };
        },
        |parts| {
            let threshold = Some(Threshold { score: 1.0, quantile: 2.0 });
            parts.header.task = Task::Reconstruction { threshold };
        },
        |parts| parts.header.input.bounds = Some(Bounds { low: &[1.0], high: &[0.5] }),
        |parts| parts.blocks[1].activation = Activation::Clip { low: f32::NAN, high: 0.0 },
        |parts| parts.blocks[1].height = 2,
        |parts| parts.blocks[1].height = 0,
        |parts| (parts.blocks[1].height, parts.blocks[1].width) = (u32::MAX, u32::MAX),
    ];
    for (number, change) in changes.iter().enumerate() {
        let error = refused_after(change);
        assert!(matches!(error, Error::Field { .. }), "change {number}: {error:?}");
    }
}

#[test]
fn a_header_that_makes_no_network_is_refused() {
    let clip = Activation::Clip { low: 1.0, high: 0.0 };
    assert_eq!(refused_after(|parts| parts.blocks[1].activation = clip), Error::Activation { block: 1 });
    assert_eq!(refused_after(|parts| parts.connections[3].from = 7), Error::Order { from: 7, to: 3 });
}

#[test]
fn the_writer_refuses_what_a_file_has_no_place_for() {
    let refused = |change: fn(&mut Parts)| {
        let mut parts = sample();
        change(&mut parts);
        parts.fields().file_len().expect_err("refused")
    };
    assert_eq!(
        refused(|parts| parts.blocks[1] = Block::new(9000, Activation::Relu)),
        Error::TooLarge { what: Quantity::BlockUnits, limit: 1 << 13, got: 9000 }
    );
    assert_eq!(
        refused(|parts| parts.blocks = vec![Block::new(1, Activation::Relu); 17]),
        Error::TooLarge { what: Quantity::Blocks, limit: 16, got: 17 }
    );
    assert_eq!(
        refused(|parts| parts.blocks.clear()),
        Error::TooSmall { what: Quantity::Blocks, expected: 2, got: 0 }
    );
    assert_eq!(
        refused(|parts| parts.header.input =
            Input { scaling: Scaling::new(&[0.0; 2], &[1.0; 2]).expect("fits"), ..parts.header.input }),
        Error::Size { what: Quantity::ScalingValues, expected: 3, got: 2 }
    );
}
