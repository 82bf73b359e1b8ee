//! Learns from one sample: the contrast of two minima is the gradient that training descends. The graph
//! is made once; a network over the weights lives for one relaxation, so that they can change in place.

use fenchel_core::{
    Activation, Attack, Block, Connection, Error, Gradient, Graph, Network, Objective, Packed, Problem,
    Schedule, State, StateView, pack, packed_len,
};

const INPUTS: usize = 2;
const HIDDEN: usize = 3;
/// (fan-out, fan-in) of each connection.
const SHAPES: [(usize, usize); 2] = [(HIDDEN, INPUTS), (1, HIDDEN)];
const LEARNING_RATE: f32 = 0.2;

/// Gradient descent: each part of the gradient goes into the parameters at once, and isn't kept.
struct Descent<'a> {
    panels: &'a mut [Vec<f32>; 2],
    biases: &'a mut [Vec<f32>; 2],
}

impl Gradient for Descent<'_> {
    fn weights(&mut self, index: usize, u: &[f32], z: &[f32]) {
        let (fan_out, fan_in) = SHAPES[index];
        let mut step = vec![0.0; fan_out * fan_in];
        for (u, z) in u.chunks(fan_out).zip(z.chunks(fan_in)) {
            for (i, u) in u.iter().enumerate() {
                for (j, z) in z.iter().enumerate() {
                    step[i * fan_in + j] -= LEARNING_RATE * u * z;
                }
            }
        }
        let mut packed = vec![0.0; packed_len(fan_out, fan_in)];
        pack(fan_out, fan_in, &step, &mut packed);
        self.panels[index].iter_mut().zip(&packed).for_each(|(w, step)| *w += step);
    }

    fn bias(&mut self, k: usize, u: &[f32]) {
        let biases = &mut self.biases[k - 1];
        for u in u.chunks(biases.len()) {
            biases.iter_mut().zip(u).for_each(|(bias, u)| *bias -= LEARNING_RATE * u);
        }
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
    let connections = [Connection { from: 0, to: 1 }, Connection { from: 1, to: 2 }];
    let graph = Graph::new(&blocks, &connections)?;
    let first: [&[f32]; 2] = [&[0.9, -0.4, 0.3, 0.8, -0.5, 0.6], &[0.7, -0.6, 0.5]];
    let mut panels = SHAPES.map(|(fan_out, fan_in)| vec![0.0; packed_len(fan_out, fan_in)]);
    for ((panels, (fan_out, fan_in)), weights) in panels.iter_mut().zip(SHAPES).zip(first) {
        pack(fan_out, fan_in, weights, panels);
    }
    let mut biases = [vec![0.1, 0.0, -0.1], vec![0.2]];
    let (input, target) = ([0.5, 1.0], [1.0]);
    let contrast = Objective::Rovr.contrast(Attack::None, 1.0, 0.25).expect("two problems");
    let problem = Problem::new(&input, &contrast.nudges, &target);
    let factors = [1.0 / contrast.divisor, -1.0 / contrast.divisor];

    // Two rows: the sample with the first nudge, and with the second.
    let mut memory = [0.0; StateView::len(HIDDEN + 1, 2)];
    let mut state = StateView::new(HIDDEN + 1, 2, &mut memory)?;
    let mut losses = Vec::new();
    for _ in 0..20 {
        let weights = [Packed::new(HIDDEN, INPUTS, &panels[0])?, Packed::new(1, HIDDEN, &panels[1])?];
        let all_biases = biases.concat();
        let network = Network::new(graph, &weights, &all_biases, &[1.0; HIDDEN + 1])?;
        let output = network.infer(&input, State::<4>::new().scratch(&graph)?)?[0];
        losses.push(0.5 * (output - target[0]).powi(2));
        network.relax_for(&problem, &mut state, Schedule::ForwardBackward, 2)?;
        let mut descent = Descent { panels: &mut panels, biases: &mut biases };
        graph.contrastive_gradient(&problem, &mut state, &factors, &mut descent)?;
    }
    println!("loss {:.4} → {:.2e}", losses[0], losses[19]);
    assert!(losses[19] < 0.01 * losses[0], "{losses:?}");
    Ok(())
}
