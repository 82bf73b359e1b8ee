//! The baseline: back-propagation with noise on the pre-activations, against finite differences.

use fenchel::model::backprop::Backprop;
use fenchel_oracle::flat_gradient::{FlatGradient, relative_error};
use fenchel_oracle::random_network::{Random, RandomNetwork, doubles};
use fenchel_oracle::tolerance;

/// The gradient is compared with central differences of ½‖z_L − y‖² in f64; noise on the pre-activations of
/// one sample is a shift of the biases.
#[test]
fn the_gradient_with_noise_is_that_of_the_loss() {
    const STEP: f64 = 1e-6;
    let draws = [RandomNetwork::any, RandomNetwork::with_simplex];
    for (seed, draw) in (0..10).flat_map(|seed| draws.map(|draw| (seed, draw))) {
        let mut random = Random::new(seed);
        let network = draw(&mut random, 0.6, true);
        let mut graph = network.graph();
        let input = random.values(graph.sizes[0], 0.0, 1.0);
        let target = random.values(graph.sizes[graph.output()], 0.0, 1.0);
        let noise = random.values(network.biases.len(), -0.3, 0.3);

        let weights = network.packed();
        let core = network.network(&weights);
        let mut backprop = Backprop::default();
        backprop.run(&core, &input, &target, &noise).expect("fits");
        let mut gradient = FlatGradient::zeros(&network);
        backprop.gradient(&core, &input, &mut gradient);
        let mut force = vec![0.0; input.len()];
        backprop.input_force(&core, &mut force);

        let mut place = 0;
        for k in 1..=graph.output() {
            for bias in &mut graph.biases[k] {
                *bias += f64::from(noise[place]);
                place += 1;
            }
        }
        let loss = |graph: &fenchel_oracle::graph::Graph, x: &[f64]| -> f64 {
            let z = graph.forward(x);
            let answer = z[graph.output()].iter().zip(&target);
            answer.map(|(z, &y)| 0.5 * (z - f64::from(y)).powi(2)).sum()
        };
        let x = doubles(&input);
        let differences: Vec<f64> = (0..gradient.values.len())
            .map(|place| {
                let mut shifted = |shift: f64| {
                    *graph.parameter_mut(place) += shift;
                    let loss = loss(&graph, &x);
                    *graph.parameter_mut(place) -= shift;
                    loss
                };
                (shifted(STEP) - shifted(-STEP)) / (2.0 * STEP)
            })
            .collect();
        let error = relative_error(&gradient.values, &differences);
        assert!(error < tolerance::GRADIENT, "network {seed}: {error}");
        let to_input: Vec<f64> = (0..x.len())
            .map(|j| {
                let shifted = |shift: f64| {
                    let mut x = x.clone();
                    x[j] += shift;
                    loss(&graph, &x)
                };
                (shifted(STEP) - shifted(-STEP)) / (2.0 * STEP)
            })
            .collect();
        let error = relative_error(&doubles(&force), &to_input);
        assert!(error < tolerance::GRADIENT, "network {seed}, input: {error}");
    }
}
