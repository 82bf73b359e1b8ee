//! Learns from one sample: the contrast of two minima is the gradient that training descends.

use fenchel_core::{
    Activation, Attack, Block, Connection, Error, Gradient, Network, Objective, Packed, Problem, Schedule,
    State, StateView, pack, packed_len,
};

const INPUTS: usize = 2;
const HIDDEN: usize = 3;

/// The gradient of every parameter, weights row by row.
#[derive(Default)]
struct Sums {
    weights: [Vec<f32>; 2],
    biases: [Vec<f32>; 2],
}

impl Gradient for Sums {
    fn weights(&mut self, index: usize, u: &[f32], z: &[f32]) {
        self.weights[index] = u.iter().flat_map(|u| z.iter().map(move |z| u * z)).collect();
    }

    fn bias(&mut self, k: usize, u: &[f32]) {
        self.biases[k - 1] = u.to_vec();
    }
}

/// Runs the example.
///
/// # Errors
/// None: the parts fit together.
pub fn main() -> Result<(), Error> {
    let blocks = [
        Block::new(INPUTS as u32, Activation::Linear),
        Block::new(HIDDEN as u32, Activation::Relu),
        Block::new(1, Activation::Linear),
    ];
    let mut weights = [vec![0.9, -0.4, 0.3, 0.8, -0.5, 0.6], vec![0.7, -0.6, 0.5]];
    let mut biases = vec![0.1, 0.0, -0.1, 0.2];
    let (input, target) = ([0.5, 1.0], [1.0]);
    let contrast = Objective::Rovr.contrast(Attack::None, 1.0, 0.25).expect("two problems");
    let problem = Problem::new(&input, &contrast.nudges, &target);
    let factors = [1.0 / contrast.divisor, -1.0 / contrast.divisor];

    let mut losses = Vec::new();
    for _ in 0..20 {
        let (mut first, mut second) = ([0.0; packed_len(HIDDEN, INPUTS)], [0.0; packed_len(1, HIDDEN)]);
        pack(HIDDEN, INPUTS, &weights[0], &mut first);
        pack(1, HIDDEN, &weights[1], &mut second);
        let connections = [
            Connection { from: 0, to: 1, weights: Packed::new(HIDDEN, INPUTS, &first)? },
            Connection { from: 1, to: 2, weights: Packed::new(1, HIDDEN, &second)? },
        ];
        let network = Network::new(&blocks, &connections, &biases, &[1.0; HIDDEN + 1])?;
        let output = network.infer(&input, State::<4>::new().scratch(&network)?)?[0];
        losses.push(0.5 * (output - target[0]).powi(2));

        // Two rows: the sample with the first nudge, and with the second.
        let mut memory = [0.0; StateView::len(HIDDEN + 1, 2)];
        let mut state = StateView::new(HIDDEN + 1, 2, &mut memory)?;
        network.relax_for(&problem, &mut state, Schedule::ForwardBackward, 2)?;
        let mut sums = Sums::default();
        network.contrastive_gradient(&problem, &mut state, &factors, &mut sums)?;
        let step = |values: &mut [f32], gradient: &[f32]| {
            values.iter_mut().zip(gradient).for_each(|(value, gradient)| *value -= 0.2 * gradient);
        };
        weights.iter_mut().zip(&sums.weights).for_each(|(values, gradient)| step(values, gradient));
        step(&mut biases, &sums.biases.concat());
    }
    println!("loss {:.4} → {:.2e}", losses[0], losses[19]);
    assert!(losses[19] < 0.01 * losses[0], "{losses:?}");
    Ok(())
}
