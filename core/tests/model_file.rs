//! The model file: what goes in comes out, and whatever else comes is refused with the reason.

use fenchel_core::{
    Activation, Block, Edge, Error, FORMAT_VERSION, Model, ModelFields, Objective, PARAMETER_ALIGNMENT,
    Perturbation, Precision, Quantity, Scaling, Training, Weights, checksum,
};
use fenchel_oracle::random_network::{Random, RandomNetwork};

const TRAINING: Training = Training {
    objective: Objective::ArovrAb,
    attack: fenchel_core::Attack::Targeted,
    alpha: 0.49,
    beta: 0.25,
    perturbation: Perturbation::Gaussian { std: 0.0625 },
    seed: 3,
    epoch: 17,
    data: "digits",
};
const SCALING: Scaling = Scaling { offset: 0.0, factor: 0.0625 };

fn network() -> RandomNetwork {
    let clip = Activation::Clip { low: 0.0, high: 1.0 };
    let activations = [Activation::Linear, Activation::Relu, clip, Activation::Linear];
    RandomNetwork::new(&mut Random::new(5), &[3, 9, 2, 3], &activations, &[(1, 3)], 1.0)
}

/// Packed weights, then biases, then γ.
fn values(network: &RandomNetwork) -> Vec<f32> {
    let mut values = network.panels.concat();
    values.extend(&network.biases);
    values.extend(&network.gammas);
    values
}

fn to_bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// The fields of a file, its lists owned so that a test can change them.
struct Fields {
    training: Training<'static>,
    scaling: Scaling,
    class_names: &'static str,
    blocks: Vec<Block>,
    connections: Vec<Edge>,
}

/// The bytes of the file with these parameters, after `change`.
fn file_of(network: &RandomNetwork, parameters: &[u8], change: impl FnOnce(&mut Fields)) -> Vec<u8> {
    let edge = |&(from, to): &(usize, usize)| Edge { from: from as u8, to: to as u8 };
    let mut fields = Fields {
        training: TRAINING,
        scaling: SCALING,
        class_names: "zero\none\ntwo",
        blocks: network.blocks.clone(),
        connections: network.ends.iter().map(edge).collect(),
    };
    change(&mut fields);
    let fields = ModelFields {
        training: fields.training,
        scaling: fields.scaling,
        class_names: fields.class_names,
        blocks: &fields.blocks,
        connections: &fields.connections,
        precision: Precision::F32,
        parameters,
    };
    let expected = fields.file_len().expect("fits");
    let mut short = vec![0; expected - 1];
    let error = Error::TooSmall { what: Quantity::FileBytes, expected, got: expected - 1 };
    assert_eq!(fields.write(&mut short), Err(error));
    let mut bytes = vec![0xff; expected + 3];
    assert_eq!(fields.write(&mut bytes).expect("fits").len(), expected);
    bytes.truncate(expected);
    bytes
}

fn file() -> Vec<u8> {
    let network = network();
    file_of(&network, &to_bytes(&values(&network)), |_| ())
}

/// A buffer whose first byte lies at a multiple of [`PARAMETER_ALIGNMENT`], plus `shift`.
struct Memory {
    buffer: Vec<u8>,
    start: usize,
    len: usize,
}

impl Memory {
    fn new(bytes: &[u8], shift: usize) -> Self {
        let mut buffer = vec![0; bytes.len() + 2 * PARAMETER_ALIGNMENT];
        let start = buffer.as_ptr().align_offset(PARAMETER_ALIGNMENT) + shift;
        buffer[start..start + bytes.len()].copy_from_slice(bytes);
        Self { buffer, start, len: bytes.len() }
    }

    fn bytes(&self) -> &[u8] {
        &self.buffer[self.start..self.start + self.len]
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.buffer[self.start..self.start + self.len]
    }
}

fn refused(bytes: &[u8]) -> Error {
    Model::load(Memory::new(bytes, 0).bytes()).expect_err("refused")
}

/// What `load` says to a file of the sample network with `change` made to it, checksum right.
fn refused_after(change: impl FnOnce(&mut Fields)) -> Error {
    let network = network();
    refused(&file_of(&network, &to_bytes(&values(&network)), change))
}

fn refused_with_values(change: impl FnOnce(&mut Vec<f32>)) -> Error {
    let network = network();
    let mut values = values(&network);
    change(&mut values);
    refused(&file_of(&network, &to_bytes(&values), |_| ()))
}

#[test]
fn what_goes_in_comes_out() {
    let source = network();
    let memory = Memory::new(&file(), 0);
    let model = Model::load(memory.bytes()).expect("loads");
    assert_eq!(*model.training(), TRAINING);
    assert_eq!(model.scaling(), SCALING);
    assert_eq!(model.class_names().collect::<Vec<_>>(), ["zero", "one", "two"]);
    let network = model.network();
    assert_eq!(network.blocks(), source.blocks);
    for (connection, (ends, weights)) in
        network.connections().iter().zip(source.ends.iter().zip(&source.weights))
    {
        assert_eq!((connection.from, connection.to), *ends);
        let (rows, _) = connection.weights.shape();
        let row_major: Vec<f32> = (0..rows).flat_map(|i| connection.weights.row(i)).collect();
        assert_eq!(row_major, *weights);
    }
    let of_blocks = |f: &dyn Fn(usize) -> Vec<f32>| (1..=network.output()).flat_map(f).collect::<Vec<f32>>();
    assert_eq!(of_blocks(&|k| network.bias(k).to_vec()), source.biases);
    assert_eq!(of_blocks(&|k| network.gamma(k).to_vec()), source.gammas);

    let connections = source.packed();
    let input = [0.1, 0.9, 0.5];
    let (mut here, mut there) = (vec![0.0; network.units()], vec![0.0; network.units()]);
    let answer = network.infer(&input, &mut here).expect("fits");
    let expected = source.network(&connections);
    let expected = expected.infer(&input, &mut there).expect("fits");
    assert_eq!(
        answer.iter().map(|z| z.to_bits()).collect::<Vec<_>>(),
        expected.iter().map(|z| z.to_bits()).collect::<Vec<_>>()
    );
}

#[test]
fn weights_are_used_in_place_and_aligned() {
    let bytes = file();
    let memory = Memory::new(&bytes, 0);
    let model = Model::load(memory.bytes()).expect("loads");
    let network = model.network();
    let bias = network.bias(1).as_ptr().addr();
    let first = memory.bytes().as_ptr().addr();
    let panels: usize = self::network().panels.iter().map(Vec::len).sum();
    let parameters = bias - 4 * panels - first;
    assert_eq!(parameters % PARAMETER_ALIGNMENT, 0);
    assert_eq!(parameters, bytes.len() - 4 - 4 * values(&self::network()).len());
}

#[test]
fn every_change_of_a_byte_is_refused() {
    let bytes = file();
    let parameters = bytes.len() - 4 - 4 * values(&network()).len();
    let mut memory = Memory::new(&bytes, 0);
    for place in 0..bytes.len() {
        for change in 1..=255 {
            memory.bytes_mut()[place] ^= change;
            let error = Model::load(memory.bytes()).expect_err("refused");
            memory.bytes_mut()[place] ^= change;
            let fits = match (place, error) {
                (0..4, error) => error == Error::NotAModel,
                (4, Error::Size { what: Quantity::FormatVersion, expected, got }) => {
                    expected == usize::from(FORMAT_VERSION) && got != expected
                }
                (4.., Error::Checksum) => true,
                // A header that no longer parses; parameters always do.
                (4.., Error::Truncated { got }) => place < parameters && got == bytes.len(),
                _ => false,
            };
            assert!(fits, "byte {place} ^ {change}: {error:?}");
        }
    }
    assert!(Model::load(memory.bytes()).is_ok());
}

#[test]
fn a_file_cut_short_is_refused_at_every_length() {
    let bytes = file();
    for got in 0..bytes.len() {
        let expected = if got < 4 { Error::NotAModel } else { Error::Truncated { got } };
        assert_eq!(refused(&bytes[..got]), expected, "{got} bytes");
    }
}

#[test]
fn bytes_after_the_file_are_refused() {
    let mut bytes = file();
    let expected = bytes.len();
    for extra in [0, 1, 255] {
        bytes.push(extra);
        let got = bytes.len();
        assert_eq!(refused(&bytes), Error::Size { what: Quantity::FileBytes, expected, got });
    }
}

#[test]
fn another_version_is_refused_before_anything_else() {
    for version in [0, FORMAT_VERSION + 1, 100] {
        let mut bytes = file();
        bytes[4] = version as u8;
        let body = bytes.len() - 4;
        let mut crc = checksum();
        crc.update(&bytes[..body]);
        bytes[body..].copy_from_slice(&crc.finalize().to_le_bytes());
        let expected = Error::Size {
            what: Quantity::FormatVersion,
            expected: FORMAT_VERSION.into(),
            got: version.into(),
        };
        assert_eq!(refused(&bytes), expected);
        // A future file may be anything after its version.
        assert_eq!(refused(&bytes[..5]), expected);
    }
}

#[test]
fn a_misaligned_file_is_refused() {
    let bytes = file();
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
fn class_names_must_be_as_many_as_outputs() {
    for (names, got) in [("", 1), ("zero\none", 2), ("zero\none\ntwo\n", 4)] {
        let error = refused_after(|file| file.class_names = names);
        assert_eq!(error, Error::Size { what: Quantity::Classes, expected: 3, got });
    }
}

#[test]
fn every_parameter_must_be_finite() {
    let network = network();
    let n = values(&network).len();
    for index in 0..n {
        for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let error = refused_with_values(|values| values[index] = value);
            assert_eq!(error, Error::NotFinite { what: Quantity::ParameterBytes, index });
        }
    }
}

#[test]
fn gamma_must_be_above_zero() {
    let network = network();
    let first = values(&network).len() - network.gammas.len();
    for got in [0.0, -1.0] {
        for unit in 0..network.gammas.len() {
            let error = refused_with_values(|values| values[first + unit] = got);
            assert_eq!(error, Error::Gamma { unit, got });
        }
    }
}

#[test]
fn parameters_must_be_as_many_as_the_shapes_need() {
    let network = network();
    let values = values(&network);
    let needed = 4 * values.len();
    let error = refused_with_values(|values| values.push(0.0));
    assert_eq!(error, Error::Size { what: Quantity::ParameterBytes, expected: needed, got: needed + 4 });
    for left in 0..values.len() {
        let error = refused_with_values(|values| values.truncate(left));
        let Error::TooSmall { what: Quantity::ParameterBytes, expected, got } = error else {
            panic!("{left} values: {error:?}");
        };
        assert!(got == 4 * left && got < expected && expected <= needed, "{left} values: {error:?}");
    }
    let mut bytes = to_bytes(&values);
    bytes.push(0);
    let error = refused(&file_of(&network, &bytes, |_| ()));
    assert_eq!(error, Error::Size { what: Quantity::ParameterBytes, expected: needed, got: needed + 1 });
}

#[test]
fn a_header_that_makes_no_network_is_refused() {
    let relu = |units| Block::new(units, Activation::Relu);
    assert_eq!(
        refused_after(|file| file.blocks[1] = relu(u32::MAX)),
        Error::TooLarge { what: Quantity::BlockUnits, limit: 1 << 13, got: u32::MAX as usize }
    );
    assert_eq!(refused_after(|file| file.scaling.factor = f32::NAN), Error::Header { field: "scaling" });
    assert_eq!(refused_after(|file| file.scaling.offset = f32::INFINITY), Error::Header { field: "scaling" });
    assert_eq!(refused_after(|file| file.training.beta = f32::NAN), Error::Header { field: "training" });
    assert_eq!(refused_after(|file| file.training.alpha = f32::NAN), Error::Header { field: "training" });
    assert_eq!(
        refused_after(|file| file.blocks[1].activation = Activation::Clip { low: 1.0, high: 0.0 }),
        Error::Activation { block: 1 }
    );
    assert_eq!(refused_after(|file| file.connections[3].from = 7), Error::Order { from: 7, to: 3 });
    assert_eq!(refused_after(|file| file.connections.swap(0, 1)), Error::Order { from: 0, to: 1 });
}
