//! The model file: what goes in comes out, and whatever else comes is refused with the reason.

mod damaged;
mod nor;
mod originals;
mod parts;
mod refused;
mod seeds;
mod slots;

use fenchel_core::{
    Activation, Attack, Error, LearnMemory, LearnSettings, Learner, Model, ModelFields, Objective,
    PARAMETER_ALIGNMENT, Precision, Task, Weights,
};
use fenchel_oracle::random_network::{Random, RandomNetwork};
use parts::{Memory, Parts, bits, with_checksum};

/// Returns a network with two hidden blocks and a connection beside the chain.
fn network() -> RandomNetwork {
    let clip = Activation::Clip { low: 0.0, high: 1.0 };
    let activations = [Activation::Linear, Activation::Relu, clip, Activation::Linear];
    RandomNetwork::new(&mut Random::new(5), &[3, 9, 2, 3], &activations, &[(1, 3)], 1.0)
}

fn sample() -> Parts {
    Parts::of(&network())
}

/// Returns the error that loading `bytes` ends with.
fn refused(bytes: &[u8]) -> Error {
    Model::load(Memory::new(bytes, 0).bytes()).expect_err("refused")
}

#[test]
fn what_goes_in_comes_out() {
    let (source, parts) = (network(), sample());
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
        assert_eq!(parts::write(&model.fields()), bytes);
        assert_eq!(model.originals(), parts.originals);
        tasks[match model.task() {
            Task::Classification { .. } => 0,
            Task::Regression { .. } => 1,
            Task::Reconstruction { .. } => 2,
        }] += 1;
    }
    assert!(tasks.iter().all(|&count| count > 20), "{tasks:?}");
}

#[test]
fn weights_in_ram_are_written_with_the_padding_of_a_file() {
    let mut random = Random::new(29);
    let mut written = 0;
    for _ in 0..1000 {
        let bytes = Parts::any(&mut random).write();
        let memory = Memory::new(&bytes, 0);
        let model = Model::load(memory.bytes()).expect("loads");
        if model.precision() != Some(Precision::F32) {
            continue;
        }
        let settings = LearnSettings::default();
        let sizes = settings.sizes(&model.network()).expect("an objective with problems");
        let (mut parameters, mut state) = (vec![0.0; sizes.parameters], vec![0.0; sizes.state]);
        let room =
            LearnMemory { parameters: &mut parameters, state: &mut state, step: &mut [], copy: &mut [] };
        let learner = Learner::new(model.network(), settings, room).expect("fits");
        let again = learner.with_network(|network| {
            let weights = network.weights();
            parts::write(&ModelFields { weights, ..model.fields() })
        });
        assert_eq!(again.expect("few connections"), bytes);
        written += 1;
    }
    assert!(written > 10, "{written}");
}

#[test]
fn arrays_are_used_in_place_and_aligned() {
    let memory = Memory::new(&sample().write(), 0);
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
                assert_eq!(parts::write(&model.fields()), forged, "bit {bit}");
                loaded += 1;
            }
        }
    }
    assert!(loaded > 500, "{loaded}: weights at least may be others");
}

#[test]
fn a_misaligned_file_is_refused() {
    let bytes = sample().write();
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
fn the_training_that_is_shown_for_back_propagation_is_a_contrast() {
    let mut parts = sample();
    parts.header.training.objective = Objective::Backprop;
    parts.header.training.attack = Attack::None;
    let memory = Memory::new(&parts.write(), 0);
    assert!(Model::load(memory.bytes()).expect("loads").training().contrast().is_some());
}
