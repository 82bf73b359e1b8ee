//! Inference in integer arithmetic: the numbers of the oracle, whatever the kernel; no overflow; what is refused.

use fenchel_core::{
    Activation, Arithmetic, Attack, Block, Confidence, Connection, Error, Header, Input, IntegerModel,
    IntegerView, Model, ModelFields, Names, Objective, Operator, PANEL, PARAMETER_ALIGNMENT, Packed,
    Perturbation, RawValue, Scaling, Task, Training, TrainingData, pack, packed_len,
};
use fenchel_oracle::integer::{Edge, Network};
use fenchel_oracle::random_network::{Random, RandomNetwork};
use fenchel_oracle::tolerance;

/// A network in integer arithmetic: its file, and as the oracle takes it.
struct Case {
    file: Vec<u8>,
    start: usize,
    oracle: Network,
    real: RandomNetwork,
}

impl Case {
    /// `network` with its weights rounded to bytes, of inputs that become whole numbers by `scaling`.
    fn new(mut network: RandomNetwork, offsets: &[f32], factors: &[f32]) -> Self {
        network.blocks[0].activation = Activation::Linear;
        let sizes: Vec<usize> = network.blocks.iter().map(Block::size).collect();
        let mut edges = Vec::new();
        let mut stored = Vec::new();
        for (&Connection { from, to }, weights) in network.connections.iter().zip(&mut network.weights) {
            let (rows, columns) = (sizes[to], sizes[from]);
            let mut scales = Vec::new();
            let mut whole = Vec::new();
            for row in weights.chunks_mut(columns) {
                let scale = row.iter().fold(0.0f32, |most, w| most.max(w.abs())) / 127.0;
                let of = |w: &f32| if scale == 0.0 { 0.0 } else { (w / scale).round() };
                let values: Vec<f32> = row.iter().map(of).collect();
                row.iter_mut().zip(&values).for_each(|(w, q)| *w = scale * q);
                scales.push(scale);
                whole.push(values);
            }
            let mut panels = vec![0.0; packed_len(rows, columns)];
            pack(rows, columns, &whole.concat(), &mut panels);
            let bytes: Vec<i8> = panels.iter().map(|&w| w as i8).collect();
            let weights = whole.iter().map(|row| row.iter().map(|&w| w as i32).collect()).collect();
            edges.push(Edge { from, to, weights, scales: scales.clone() });
            scales.resize(rows.next_multiple_of(PANEL), 0.0);
            stored.push((rows, columns, scales, bytes));
        }
        let weights: Vec<Operator> = stored
            .iter()
            .map(|(rows, columns, scales, bytes)| {
                Packed::from_bytes(*rows, *columns, scales, bytes).expect("fits").into()
            })
            .collect();
        let mut biases = vec![Vec::new()];
        let mut rest = network.biases.as_slice();
        for &n in &sizes[1..] {
            let (block, others) = rest.split_at(n);
            biases.push(block.to_vec());
            rest = others;
        }
        let run = sizes[0] / factors.len();
        let scaling = (0..sizes[0]).map(|j| (offsets[j / run], factors[j / run])).collect();
        let activations = network.blocks.iter().map(|block| block.activation).collect();
        let file =
            file(&network, &weights, Scaling::new(offsets, factors).expect("finite"), Arithmetic::Integer);
        let mut case = Self {
            file: Vec::new(),
            start: 0,
            oracle: Network { sizes, activations, edges, biases, scaling },
            real: network,
        };
        case.place(&file);
        case
    }

    fn place(&mut self, bytes: &[u8]) {
        self.file = vec![0; bytes.len() + PARAMETER_ALIGNMENT];
        self.start = self.file.as_ptr().align_offset(PARAMETER_ALIGNMENT);
        self.file[self.start..self.start + bytes.len()].copy_from_slice(bytes);
        self.file.truncate(self.start + bytes.len());
    }

    fn bytes(&self) -> &[u8] {
        &self.file[self.start..]
    }

    /// Holds core to the oracle on one sample; returns the outputs.
    fn check<T: RawValue + Into<f64>>(&self, raw: &[T]) -> Vec<f64> {
        let model = IntegerModel::load(self.bytes()).expect("loads");
        let (mut activities, mut sums) = (vec![0x55; model.values()], vec![0x55; 2 * model.widest()]);
        let mut view = IntegerView::new(&model, &mut activities, &mut sums).expect("as long");
        let outputs = model.infer(raw, &mut view).expect("infers");
        let exact: Vec<f64> = raw.iter().map(|&value| value.into()).collect();
        let (expected, bits) = self.oracle.infer(&exact);
        let values: Vec<i64> = outputs.values.iter().map(|&value| value.into()).collect();
        assert_eq!((values, outputs.fraction_bits), (expected.clone(), bits));
        let mut floats = vec![0.0; expected.len()];
        outputs.in_f32(&mut floats);
        let reals: Vec<f64> = expected.iter().map(|&value| value as f64 * 2f64.powi(-bits)).collect();
        assert_eq!(
            floats.iter().map(|&z| f64::from(z)).collect::<Vec<_>>(),
            reals,
            "outputs are exact in f32"
        );
        assert_eq!(outputs.label(), fenchel_core::label(&floats));
        reals
    }
}

fn file(network: &RandomNetwork, weights: &[Operator], scaling: Scaling, arithmetic: Arithmetic) -> Vec<u8> {
    let outputs = network.blocks.last().expect("blocks").size();
    let classes = vec!["c"; outputs].join("\n");
    let training = Training {
        objective: Objective::ArovrAb,
        attack: Attack::Targeted,
        alpha: 0.49,
        beta: 0.25,
        perturbation: Perturbation::None,
        seed: 1,
        epoch: 1,
    };
    let header = Header {
        training,
        data: TrainingData { name: "", samples: 0, sha256: None },
        task: Task::Classification { classes: Names(&classes), confidence: Confidence::default() },
        input: Input { names: None, scaling, bounds: None },
    };
    let fields = ModelFields {
        header,
        blocks: &network.blocks,
        connections: &network.connections,
        weights,
        biases: &network.biases,
        gammas: &network.gammas,
        originals: None,
    };
    let mut bytes = Vec::new();
    let put = |piece: &[u8]| {
        bytes.extend_from_slice(piece);
        Ok::<(), Error>(())
    };
    fields.write_for(arithmetic, put).expect("writes");
    assert_eq!(bytes.len(), fields.file_len().expect("fits"));
    bytes
}

/// Any network with inputs of thousands, whose weights make the pre-activations of order 1.
fn any(random: &mut Random) -> RandomNetwork {
    let mut network = RandomNetwork::any(random, 1.5, false);
    for (c, weights) in network.connections.iter().zip(&mut network.weights) {
        if c.from == 0 {
            weights.iter_mut().for_each(|w| *w /= 4096.0);
        }
    }
    if random.below(4) == 0 {
        let block = 1 + random.below(network.blocks.len() - 1);
        network.blocks[block].activation = Activation::Clip { low: 0.25, high: 0.5 };
    }
    network
}

#[test]
fn outputs_are_those_of_exact_fractions() {
    let mut random = Random::new(19);
    let mut worst = 0f64;
    for _ in 0..2000 {
        let network = any(&mut random);
        let inputs = network.blocks[0].size();
        let factors: Vec<f32> = (0..inputs).map(|_| random.uniform(-2000.0, 5000.0)).collect();
        let offsets = random.values(inputs, -3.0, 3.0);
        let case = Case::new(network, &offsets, &factors);
        let raw: Vec<f32> = (0..inputs).map(|j| offsets[j] + random.uniform(-1.5, 1.5)).collect();
        let outputs = case.check(&raw);
        let exact = case.oracle.input(&raw.iter().map(|&value| value.into()).collect::<Vec<_>>());
        let exact: Vec<f64> = exact.iter().map(|&q| q as f64).collect();
        let z = case.real.graph().forward(&exact);
        let expected = z.last().expect("an output");
        let size = expected.iter().fold(1f64, |most, z| most.max(z.abs()));
        for (z, expected) in outputs.iter().zip(expected) {
            worst = worst.max((z - expected).abs() / size);
        }
    }
    println!("worst error {worst:.1e}");
    assert!(worst < tolerance::INTEGER_OUTPUT, "{worst}");
}

#[test]
fn bytes_and_counts_stay_what_they_are() {
    let mut random = Random::new(20);
    for _ in 0..200 {
        let network = any(&mut random);
        let inputs = network.blocks[0].size();
        for offset in [0.0, -128.0, 3.5] {
            let case = Case::new(network.clone(), &[offset], &[1.0]);
            case.check(&(0..inputs).map(|_| random.below(256) as u8).collect::<Vec<_>>());
            case.check(&(0..inputs).map(|_| random.below(256) as u8 as i8).collect::<Vec<_>>());
            // Beyond the largest number they saturate.
            case.check(&(0..inputs).map(|_| random.below(65_536) as u16 as i16).collect::<Vec<_>>());
            let largest = case.oracle.largest(0) as i16;
            assert_eq!(case.oracle.input(&vec![30_000.0; inputs])[0], i64::from(largest));
        }
        // Factors and values of any size, and of none.
        let extremes = [0.0, -0.0, 1e-40, 1e-30, -1e30, f32::MAX, 3.0, 0.1];
        let extreme = |random: &mut Random, n| (0..n).map(|_| extremes[random.below(8)]).collect::<Vec<_>>();
        let case = Case::new(network, &extreme(&mut random, inputs), &extreme(&mut random, inputs));
        case.check(&extreme(&mut random, inputs));
    }
}

/// The largest weights that there are, on the largest inputs: sums as near to the end of 32 bits as they get.
#[test]
fn no_sum_overflows() {
    let mut random = Random::new(21);
    for inputs in [1, 1032, 1033, 1040, 8192] {
        let sizes = [inputs, 9, inputs.min(300), 3];
        let mut network = RandomNetwork::new(&mut random, &sizes, &[Activation::Linear; 4], &[], 1.0);
        for weights in &mut network.weights {
            weights.iter_mut().for_each(|w| *w = if *w > 0.0 { 1.0 } else { -1.0 });
        }
        network.weights[0].iter_mut().take(inputs as usize).for_each(|w| *w = 1.0);
        let case = Case::new(network, &[0.0], &[1.0]);
        let most = case.oracle.largest(0);
        assert_eq!(most, ((1i64 << 31) - 1).div_euclid(127 * i64::from(inputs)).min(1 << 14));
        case.check(&vec![f32::MAX; inputs as usize]);
        case.check(&vec![i16::MIN; inputs as usize]);
        case.check(&(0..inputs).map(|_| [-3e9f32, 3e9][random.below(2)]).collect::<Vec<_>>());
    }
}

#[test]
fn weights_of_extreme_sizes_lose_nothing() {
    let mut random = Random::new(22);
    for scale in [1e-30, 1e-12, 1e9, 1e30] {
        for bias in [0.0, 1e-20, 1e20] {
            let activations = [Activation::Linear, Activation::Relu, Activation::Linear];
            let mut network = RandomNetwork::new(&mut random, &[5, 9, 3], &activations, &[(0, 2)], 1.0);
            network.weights[0].iter_mut().for_each(|w| *w *= scale);
            network.weights[2].fill(0.0);
            network.biases.iter_mut().for_each(|b| *b *= bias);
            Case::new(network, &[0.0], &[1.0]).check(&[1u8, 0, 255, 7, 9]);
        }
    }
    // Nothing but zeros.
    let mut network = RandomNetwork::new(&mut random, &[5, 9, 9, 3], &[Activation::Relu; 4], &[], 1.0);
    network.weights.iter_mut().for_each(|weights| weights.fill(0.0));
    network.biases.fill(0.0);
    assert_eq!(Case::new(network, &[0.0], &[1.0]).check(&[1u8, 0, 255, 7, 9]), [0.0; 3]);
}

#[test]
fn what_has_no_integer_arithmetic_is_refused() {
    let mut random = Random::new(23);
    let network = any(&mut random);
    let (operators, scaling) = (network.operators(), Scaling::IDENTITY);
    // Weights in f32.
    let mut case = Case::new(network.clone(), &[0.0], &[1.0]);
    let integer = case.bytes().to_vec();
    case.place(&file(&network, &operators, scaling, Arithmetic::Integer));
    assert!(matches!(IntegerModel::load(case.bytes()), Err(Error::Field { .. })));
    // Each loader takes its own arithmetic.
    case.place(&file(&network, &operators, scaling, Arithmetic::F32));
    let (expected, got) = (Arithmetic::Integer, Arithmetic::F32);
    assert_eq!(IntegerModel::load(case.bytes()).map(|_| ()), Err(Error::Arithmetic { expected, got }));
    case.place(&integer);
    let (expected, got) = (got, expected);
    assert_eq!(Model::load(case.bytes()).map(|_| ()), Err(Error::Arithmetic { expected, got }));
    for bit in (0..8 * integer.len()).step_by(7) {
        let mut damaged = integer.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        case.place(&damaged);
        assert!(IntegerModel::load(case.bytes()).is_err(), "bit {bit}");
    }
    // A simplex.
    let mut network = RandomNetwork::any(&mut random, 1.0, false);
    network.set_simplex(1);
    let case = Case::new(network, &[0.0], &[1.0]);
    assert_eq!(IntegerModel::load(case.bytes()).map(|_| ()), Err(Error::Activation { block: 1 }));
}

#[test]
fn inputs_that_do_not_fit_are_refused() {
    let mut random = Random::new(24);
    let case = Case::new(any(&mut random), &[0.5], &[1000.0]);
    let model = IntegerModel::load(case.bytes()).expect("loads");
    let inputs = model.graph().input_units();
    let (mut activities, mut sums) = (vec![0; model.values()], vec![0; 2 * model.widest()]);
    assert!(IntegerView::new(&model, &mut activities[1..], &mut sums).is_err());
    assert!(IntegerView::new(&model, &mut activities, &mut sums[1..]).is_err());
    let mut view = IntegerView::new(&model, &mut activities, &mut sums).expect("as long");
    let short = vec![0u8; inputs - 1];
    assert!(matches!(model.infer(&short, &mut view), Err(Error::Size { .. })));
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut raw = vec![0.0; inputs];
        raw[1] = value;
        assert!(matches!(model.infer(&raw, &mut view), Err(Error::NotFinite { index: 1, .. })), "{value}");
    }
}
