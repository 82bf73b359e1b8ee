//! Model files for tests: parts that a test can change, and memory at any alignment.

use fenchel_core::{
    Activation, Attack, Block, Bounds, Confidence, Connection, Error, Header, Input, ModelFields, Names,
    Objective, Operator, Originals, PANEL, PARAMETER_ALIGNMENT, Packed, Perturbation, RawValues, Rejection,
    Scaling, Task, Threshold, Training, TrainingData, checksum, packed_len,
};
use fenchel_oracle::random_network::{Random, RandomNetwork};

/// [`ModelFields`] whose lists are owned; what they borrow is leaked.
pub struct Parts {
    pub header: Header<'static>,
    pub blocks: Vec<Block>,
    pub connections: Vec<Connection>,
    pub weights: Vec<Operator<'static>>,
    pub biases: Vec<f32>,
    pub gammas: Vec<f32>,
    pub originals: Option<Originals<'static>>,
}

impl Parts {
    /// `network`, its weights f32, as a classifier.
    pub fn of(network: &RandomNetwork) -> Self {
        let outputs = network.blocks.last().expect("blocks").size();
        let names = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
        let names: Vec<_> = (0..outputs).map(|i| names[i % names.len()]).collect();
        let header = Header {
            training: Training {
                objective: Objective::ArovrAb,
                attack: Attack::Targeted,
                alpha: 0.49,
                beta: 0.25,
                perturbation: Perturbation::Gaussian { std: 0.0625 },
                seed: 3 << 40,
                epoch: 17,
            },
            data: TrainingData { name: "digits", samples: 1097, sha256: Some(&[7; 32]) },
            task: Task::Classification {
                classes: Names(names.join("\n").leak()),
                confidence: Confidence::default(),
            },
            input: Input {
                names: None,
                scaling: Scaling::new(&[0.0], &[0.0625]).expect("finite"),
                bounds: None,
            },
        };
        let network: &'static RandomNetwork = Box::leak(Box::new(network.clone()));
        let mut blocks = network.blocks.clone();
        // The file has none for the input.
        blocks[0].activation = Activation::Linear;
        Self {
            header,
            blocks,
            connections: network.connections.clone(),
            weights: network.operators(),
            biases: network.biases.clone(),
            gammas: network.gammas.clone(),
            originals: None,
        }
    }

    /// A model of any network, task, scaling and form of weights.
    pub fn any(random: &mut Random) -> Self {
        let network = if random.below(4) == 0 {
            let n = 1 + random.below(6) as u32;
            RandomNetwork::new(random, &[n, 3, n], &[Activation::Linear; 3], &[], 1.0)
        } else {
            RandomNetwork::any(random, 1.0, true)
        };
        let mut parts = Self::of(&network);
        parts.header.training.seed = random.below(1 << 30) as u64 * random.below(1 << 30) as u64;
        parts.header.training.objective = *one_of(
            random,
            &[Objective::Backprop, Objective::Arovr, Objective::ArovrAb, Objective::Rovr, Objective::RovrAb],
        );
        parts.header.training.attack = *one_of(random, &[Attack::Targeted, Attack::Untargeted, Attack::None]);
        parts.header.training.perturbation = *one_of(
            random,
            &[
                Perturbation::None,
                Perturbation::Gaussian { std: 0.5 },
                Perturbation::Dropout { probability: 0.25, magnitude: 2.0 },
            ],
        );
        if random.below(2) == 0 {
            parts.header.data = TrainingData { name: "", samples: 0, sha256: None };
        }
        let (inputs, outputs) = (parts.blocks[0].size(), parts.blocks.last().expect("blocks").size());
        for k in 0..parts.blocks.len() {
            if random.below(2) == 0 {
                parts.blocks[k].height = parts.blocks[k].units;
            }
        }
        let channels = parts.blocks[0].channels();
        let names = |n: usize| Names((0..n).map(|i| format!("ä{i}")).collect::<Vec<_>>().join("\n").leak());
        if random.below(2) == 0 {
            parts.header.input.names = Some(names(channels));
        }
        let factors = *one_of(random, &[1, channels, inputs]);
        parts.header.input.scaling = scaling(random, factors);
        if random.below(2) == 0 {
            let low = leaked(random, factors, -1.0, 0.0);
            parts.header.input.bounds = Some(Bounds { low, high: leaked(random, factors, 0.0, 1.0) });
        }
        let some = |random: &mut Random| random.below(2) == 0;
        parts.header.task = match random.below(3) {
            0 => Task::Classification {
                classes: names(outputs),
                confidence: Confidence {
                    rejection: some(random).then_some(Rejection {
                        margin: 0.5,
                        coverage: 0.75,
                        accuracy: 0.875,
                    }),
                    temperature: some(random).then_some(0.25),
                },
            },
            _ if inputs == outputs => Task::Reconstruction {
                threshold: some(random).then_some(Threshold { score: 0.125, quantile: 0.99 }),
            },
            _ => Task::Regression { targets: names(outputs), scaling: scaling(random, outputs) },
        };
        if let (Task::Classification { .. }, 0) = (parts.header.task, random.below(2)) {
            parts.originals = Some(originals(random, inputs, outputs));
        }
        for weights in &mut parts.weights {
            let form = random.below(3);
            *weights = in_form(random, weights, form);
        }
        parts
    }

    pub fn fields(&self) -> ModelFields<'_> {
        let Self { header, blocks, connections, weights, biases, gammas, originals } = self;
        let (header, originals) = (*header, *originals);
        ModelFields { header, blocks, connections, weights, biases, gammas, originals }
    }

    pub fn write(&self) -> Vec<u8> {
        write(&self.fields())
    }
}

pub fn write(fields: &ModelFields) -> Vec<u8> {
    let mut bytes = Vec::new();
    let put = |piece: &[u8]| {
        bytes.extend_from_slice(piece);
        Ok::<(), Error>(())
    };
    fields.write(put).expect("writes");
    bytes
}

fn leaked(random: &mut Random, n: usize, low: f32, high: f32) -> &'static [f32] {
    random.values(n, low, high).leak()
}

/// Some samples of bytes or floats, with classes.
pub fn originals(random: &mut Random, inputs: usize, outputs: usize) -> Originals<'static> {
    let count = 1 + random.below(9);
    let mut bytes = |n: usize, most: usize| -> &'static [u8] {
        (0..n).map(|_| random.below(most) as u8).collect::<Vec<_>>().leak()
    };
    let (labels, values) = (bytes(count, outputs), bytes(count * inputs, 256));
    let values = if random.below(2) == 0 {
        RawValues::Bytes(values)
    } else {
        RawValues::Floats(leaked(random, count * inputs, -9.0, 9.0))
    };
    Originals::new(values, labels).expect("as many")
}

fn scaling(random: &mut Random, n: usize) -> Scaling<'static> {
    let offsets = leaked(random, n, -9.0, 9.0);
    Scaling::new(offsets, leaked(random, n, 0.1, 2.0)).expect("as many")
}

/// Random weights of the same shape, as f16 (`form` 1) or int8 (2); 0 for these.
pub fn in_form(random: &mut Random, weights: &Operator<'static>, form: usize) -> Operator<'static> {
    let (rows, columns) = fenchel_core::Weights::shape(weights);
    // Value 8·columns·q + 8·j + r is in row 8q + r; what isn't a row is 0.
    let places = 0..packed_len(rows, columns);
    let is_row = |place: usize| place / (PANEL * columns) * PANEL + place % PANEL < rows;
    let packed = match form {
        0 => return *weights,
        1 => {
            // From −1 to 1.
            let mut half = || (random.below(0x3c00) | random.below(2) << 15) as u16;
            let halves: Vec<_> = places.map(|place| if is_row(place) { half() } else { 0 }).collect();
            Packed::from_halves(rows, columns, halves.leak())
        }
        _ => {
            let mut scales = random.values(rows, 0.0, 0.01);
            scales.resize(rows.next_multiple_of(PANEL), 0.0);
            let mut byte = || random.below(256) as u8 as i8;
            let values: Vec<_> = places.map(|place| if is_row(place) { byte() } else { 0 }).collect();
            Packed::from_bytes(rows, columns, scales.leak(), values.leak())
        }
    };
    packed.expect("fits").into()
}

/// The same with its last four bytes made its CRC-32.
pub fn with_checksum(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let (body, sum) = bytes.split_last_chunk_mut::<4>().expect("a checksum");
    let mut digest = checksum();
    digest.update(body);
    *sum = digest.finalize().to_le_bytes();
    bytes
}

pub fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

/// A buffer whose first byte lies at a multiple of [`PARAMETER_ALIGNMENT`], plus `shift`.
pub struct Memory {
    buffer: Vec<u8>,
    start: usize,
    len: usize,
}

impl Memory {
    pub fn new(bytes: &[u8], shift: usize) -> Self {
        let mut buffer = vec![0; bytes.len() + 2 * PARAMETER_ALIGNMENT];
        let start = buffer.as_ptr().align_offset(PARAMETER_ALIGNMENT) + shift;
        buffer[start..start + bytes.len()].copy_from_slice(bytes);
        Self { buffer, start, len: bytes.len() }
    }

    pub fn bytes(&self) -> &[u8] {
        &self.buffer[self.start..self.start + self.len]
    }

    pub fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.buffer[self.start..self.start + self.len]
    }
}

fn one_of<'a, T>(random: &mut Random, list: &'a [T]) -> &'a T {
    &list[random.below(list.len())]
}
