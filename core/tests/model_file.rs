//! The model file: what goes in comes out, and whatever else comes is refused with the reason.

mod file;

use fenchel_core::{
    Activation, Attack, Block, Bounds, Confidence, Error, FORMAT_VERSION, Input, Model, Names, Objective,
    PARAMETER_ALIGNMENT, Packed, Perturbation, Quantity, Rejection, Scaling, Task, Threshold, Weights,
};
use fenchel_oracle::random_network::{Random, RandomNetwork};
use file::{Memory, Parts, bits, with_checksum};

/// Bytes of mark, version, arithmetic, zeros and length.
const PRELUDE: usize = 12;

fn network() -> RandomNetwork {
    let clip = Activation::Clip { low: 0.0, high: 1.0 };
    let activations = [Activation::Linear, Activation::Relu, clip, Activation::Linear];
    RandomNetwork::new(&mut Random::new(5), &[3, 9, 2, 3], &activations, &[(1, 3)], 1.0)
}

fn parts() -> Parts {
    Parts::of(&network())
}

fn refused(bytes: &[u8]) -> Error {
    Model::load(Memory::new(bytes, 0).bytes()).expect_err("refused")
}

/// What `load` says to the sample file with `change` made to it before it was written.
fn refused_after(change: impl FnOnce(&mut Parts)) -> Error {
    let mut parts = parts();
    change(&mut parts);
    refused(&parts.write())
}

#[test]
fn what_goes_in_comes_out() {
    let (source, parts) = (network(), parts());
    let memory = Memory::new(&parts.write(), 0);
    let model = Model::load(memory.bytes()).expect("loads");
    assert_eq!(*model.header(), parts.header);
    assert_eq!(model.class_names().collect::<Vec<_>>(), ["zero", "one", "two"]);
    let network = model.network();
    assert_eq!(network.blocks(), source.blocks);
    assert_eq!(network.connections(), source.connections);
    assert_eq!(network.weights().len(), source.weights.len());
    for (weights, expected) in network.weights().iter().zip(&source.weights) {
        let (rows, _) = weights.shape();
        let row_major: Vec<f32> = (0..rows).flat_map(|i| weights.row(i)).collect();
        assert_eq!(row_major, *expected);
    }
    let of_blocks = |f: &dyn Fn(usize) -> Vec<f32>| (1..=network.output()).flat_map(f).collect::<Vec<f32>>();
    assert_eq!(of_blocks(&|k| network.bias(k).to_vec()), source.biases);
    assert_eq!(of_blocks(&|k| network.gamma(k).to_vec()), source.gammas);

    let weights = source.packed();
    let input = [0.1, 0.9, 0.5];
    let (mut here, mut there) = (vec![0.0; network.units()], vec![0.0; network.units()]);
    let answer = network.infer(&input, &mut here).expect("fits");
    let expected = source.network(&weights);
    let expected = expected.infer(&input, &mut there).expect("fits");
    assert_eq!(bits(answer), bits(expected));
}

#[test]
fn any_model_is_written_to_the_bytes_that_it_was_loaded_from() {
    let mut random = Random::new(17);
    let mut tasks = [0; 3];
    for _ in 0..300 {
        let parts = Parts::any(&mut random);
        let bytes = parts.write();
        assert_eq!(bytes.len(), parts.fields().file_len().expect("fits"));
        let memory = Memory::new(&bytes, 0);
        let model = Model::load(memory.bytes()).expect("loads");
        assert_eq!(*model.header(), parts.header);
        assert_eq!(model.network().blocks(), parts.blocks);
        assert_eq!(file::write(&model.fields()), bytes);
        tasks[match model.task() {
            Task::Classification { .. } => 0,
            Task::Regression { .. } => 1,
            Task::Reconstruction { .. } => 2,
        }] += 1;
    }
    assert!(tasks.iter().all(|&count| count > 20), "{tasks:?}");
}

#[test]
fn arrays_are_used_in_place_and_aligned() {
    let memory = Memory::new(&parts().write(), 0);
    let model = Model::load(memory.bytes()).expect("loads");
    let first = memory.bytes().as_ptr().addr();
    let network = model.network();
    let scaling = model.scaling();
    for array in [network.bias(1), network.gamma(1), scaling.offsets(), scaling.factors()] {
        let place = array.as_ptr().addr() - first;
        assert_eq!(place % PARAMETER_ALIGNMENT, 0);
        assert!(place + 4 * array.len() <= memory.bytes().len() - 4);
    }
}

#[test]
fn every_change_of_a_byte_is_refused() {
    let bytes = parts().write();
    let mut memory = Memory::new(&bytes, 0);
    for place in 0..bytes.len() {
        for change in 1..=255 {
            memory.bytes_mut()[place] ^= change;
            let error = Model::load(memory.bytes()).expect_err("refused");
            memory.bytes_mut()[place] ^= change;
            let fits = match place {
                0..4 => error == Error::NotAModel,
                4 => error == Error::Version { expected: FORMAT_VERSION, got: FORMAT_VERSION ^ change },
                8..PRELUDE => matches!(error, Error::Truncated { .. }),
                _ => error == Error::Checksum,
            };
            assert!(fits, "byte {place} ^ {change}: {error:?}");
        }
    }
    assert!(Model::load(memory.bytes()).is_ok());
}

#[test]
fn what_loads_after_a_forged_change_is_what_the_writer_would_have_written() {
    let mut random = Random::new(23);
    let mut loaded = 0;
    for _ in 0..8 {
        let mut bytes = Parts::any(&mut random).write();
        for bit in 0..8 * (bytes.len() - 4) {
            bytes[bit / 8] ^= 1 << (bit % 8);
            let forged = with_checksum(&bytes);
            bytes[bit / 8] ^= 1 << (bit % 8);
            let memory = Memory::new(&forged, 0);
            if let Ok(model) = Model::load(memory.bytes()) {
                assert_eq!(file::write(&model.fields()), forged, "bit {bit}");
                loaded += 1;
            }
        }
    }
    assert!(loaded > 500, "{loaded}: weights at least may be others");
}

#[test]
fn a_file_cut_short_is_refused_at_every_length() {
    let bytes = parts().write();
    for got in 0..bytes.len() {
        let error = match got {
            0..4 => Error::NotAModel,
            4..PRELUDE => Error::Truncated { expected: PRELUDE, got },
            _ => Error::Truncated { expected: bytes.len(), got },
        };
        assert_eq!(refused(&bytes[..got]), error, "{got} bytes");
    }
}

#[test]
fn bytes_after_the_file_are_refused() {
    let mut bytes = parts().write();
    let expected = bytes.len();
    for extra in [0, 1, 255] {
        bytes.push(extra);
        let got = bytes.len();
        assert_eq!(refused(&bytes), Error::Truncated { expected, got });
    }
    // Even if the file says that they are its own.
    let got = bytes.len();
    bytes[8..PRELUDE].copy_from_slice(&(got as u32).to_le_bytes());
    assert_eq!(refused(&with_checksum(&bytes)), Error::Field { end: expected - 4 });
}

#[test]
fn another_version_is_refused_before_anything_else() {
    for got in [0, 2, FORMAT_VERSION + 1, 100] {
        let mut bytes = parts().write();
        bytes[4] = got;
        let expected = Error::Version { expected: FORMAT_VERSION, got };
        assert_eq!(refused(&with_checksum(&bytes)), expected);
        // Another file may be anything after its version.
        assert_eq!(refused(&bytes[..5]), expected);
    }
    let text = Error::Version { expected: 3, got: 2 }.to_string();
    assert_eq!(
        text,
        "model file: expected format version 3, got 2: train it again, or import the original again"
    );
}

#[test]
fn bytes_without_a_meaning_must_be_zero() {
    for place in 5..8 {
        let mut bytes = parts().write();
        bytes[place] = 1;
        assert_eq!(refused(&with_checksum(&bytes)), Error::Field { end: 8 });
    }
    // The gap after 14 biases.
    let bytes = parts().write();
    let memory = Memory::new(&bytes, 0);
    let model = Model::load(memory.bytes()).expect("loads");
    let network = model.network();
    let biases = network.bias(1).as_ptr().addr() - memory.bytes().as_ptr().addr();
    let end = biases + 4 * network.units();
    assert_ne!(end % PARAMETER_ALIGNMENT, 0);
    for place in end..end.next_multiple_of(PARAMETER_ALIGNMENT) {
        let mut bytes = bytes.clone();
        bytes[place] = 1;
        let error = Error::Field { end: end.next_multiple_of(PARAMETER_ALIGNMENT) };
        assert_eq!(refused(&with_checksum(&bytes)), error);
    }
}

#[test]
fn a_misaligned_file_is_refused() {
    let bytes = parts().write();
    for shift in 0..PARAMETER_ALIGNMENT {
        let memory = Memory::new(&bytes, shift);
        match shift % 4 {
            0 => assert!(Model::load(memory.bytes()).is_ok()),
            got => {
                assert_eq!(Model::load(memory.bytes()).unwrap_err(), Error::Misaligned { expected: 4, got })
            }
        }
    }
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
        for index in 0..parts().biases.len() {
            check(refused_after(|parts| parts.biases[index] = value));
            check(refused_after(|parts| parts.gammas[index] = value));
        }
        for c in 0..parts().weights.len() {
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
        for unit in 0..parts().gammas.len() {
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
        let mut parts = parts();
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

#[test]
fn the_training_that_is_shown_for_back_propagation_is_a_contrast() {
    let mut parts = parts();
    parts.header.training.objective = Objective::Backprop;
    parts.header.training.attack = Attack::None;
    let memory = Memory::new(&parts.write(), 0);
    assert!(Model::load(memory.bytes()).expect("loads").training().contrast().is_some());
}

/// Run with `cargo test -p fenchel-core --test model_file -- --ignored` when the format changes.
#[test]
#[ignore = "writes the seeds of the fuzz target `model`"]
fn write_the_seeds() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fuzz/corpus/model");
    let seed = |name: &str, bytes: &[u8]| std::fs::write(folder.join(name), bytes).expect(name);
    let of = |sizes: &[u32], activation: Activation| {
        let mut activations = vec![activation; sizes.len()];
        *activations.last_mut().expect("an output") = Activation::Linear;
        Parts::of(&RandomNetwork::new(&mut Random::new(1), sizes, &activations, &[(0, 2)], 1.0))
    };
    let small = || of(&[2, 5, 3], Activation::Relu);
    seed("valid-f32", &small().write());
    for (name, form) in [("valid-f16", 1), ("valid-int8", 2)] {
        let mut parts = small();
        let mut random = Random::new(2);
        for weights in &mut parts.weights {
            *weights = file::in_form(&mut random, weights, form);
        }
        seed(name, &parts.write());
    }
    seed("valid-clip", &of(&[2, 5, 3], Activation::Clip { low: 0.0, high: 1.0 }).write());
    let mut parts = of(&[4, 3, 4], Activation::Relu);
    parts.header.task = Task::Reconstruction { threshold: Some(Threshold { score: 0.5, quantile: 0.99 }) };
    (parts.blocks[0].height, parts.blocks[0].width) = (1, 2);
    parts.header.input = Input {
        names: Some(Names("ax\nay")),
        scaling: Scaling::new(&[1.0, 2.0], &[0.5, 0.25]).expect("finite"),
        bounds: Some(Bounds { low: &[-1.0; 2], high: &[1.0; 2] }),
    };
    seed("valid-reconstruction", &parts.write());
    let mut parts = small();
    let scaling = Scaling::new(&[1.0, 2.0, 3.0], &[0.5; 3]).expect("finite");
    parts.header.task = Task::Regression { targets: Names("a\nb\nc"), scaling };
    seed("valid-regression", &parts.write());
    let mut parts = small();
    parts.header.task = Task::Classification {
        classes: Names("zero\none\ntwo"),
        confidence: Confidence {
            rejection: Some(Rejection { margin: 0.25, coverage: 0.875, accuracy: 0.99 }),
            temperature: Some(0.125),
        },
    };
    seed("valid-confidence", &parts.write());

    let bytes = small().write();
    let changed = |place: usize, value: u8| {
        let mut bytes = bytes.clone();
        bytes[place] = value;
        bytes
    };
    seed("refused-empty", &[]);
    seed("refused-changed", &changed(100, 77));
    seed("refused-version", &with_checksum(&changed(4, 2)));
    seed("refused-truncated", &bytes[..bytes.len() - 9]);
    seed("refused-long", &[bytes.as_slice(), &[0]].concat());
    let mut parts = small();
    parts.biases[2] = f32::NAN;
    seed("refused-not-finite", &parts.write());
    const BLOCKS: usize = 104;
    assert_eq!(
        bytes[BLOCKS..BLOCKS + 8],
        [2, 0, 0, 0, 5, 0, 0, 0],
        "the count of blocks and the first's units"
    );
    seed("refused-blocks", &with_checksum(&changed(BLOCKS, 200)));
    seed("refused-units", &with_checksum(&changed(BLOCKS + 6, 200)));
}
