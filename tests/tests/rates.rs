//! What the contrastive gradient converges to, and how fast; and that it is a gradient.

use fenchel_core::{Attack, Block, Contrast, Objective, Schedule, Settings, StateView};
use fenchel_tests::oracle::{Graph, Row};
use fenchel_tests::random_network::{
    FlatGradient, Random, RandomNetwork, RandomProblem, doubles, oracle_gradient, relative_error,
};
use fenchel_tests::tolerance;

const OBJECTIVES: [Objective; 4] = [Objective::Rovr, Objective::Arovr, Objective::RovrAb, Objective::ArovrAb];
const ALPHA: f32 = 0.49;
const SAMPLES: usize = 3;
const SEEDS: u64 = 10;

struct Case {
    network: RandomNetwork,
    problem: RandomProblem,
    graph: Graph,
}

impl Case {
    fn new(seed: u64, objective: Objective, beta: f32, g: f32) -> (Self, Contrast) {
        let mut random = Random::new(seed);
        let mut network = RandomNetwork::any(&mut random, 0.5, true);
        // As in the paper; β is small beside it.
        let outputs = network.blocks.last().map_or(0, Block::size);
        let hidden = network.gammas.len() - outputs;
        network.gammas[hidden..].fill(1.0);
        let mut problem = RandomProblem::new(&mut random, &network, SAMPLES, 2, g);
        let contrast = objective.contrast(Attack::Targeted, ALPHA, beta).expect("a contrast");
        problem.nudges = contrast.nudges.to_vec();
        let graph = network.graph();
        (Self { network, problem, graph }, contrast)
    }

    /// The mean gradient of `core`.
    fn gradient(&self, contrast: &Contrast) -> Vec<f64> {
        let connections = self.network.packed();
        let network = self.network.network(&connections);
        let rows = self.problem.rows();
        let mut memory = vec![0.0; StateView::len(network.units(), rows)];
        let mut state = StateView::new(network.units(), rows, &mut memory).expect("fits");
        let settings = Settings { schedule: Schedule::ForwardBackward, sweeps: 100, tolerance: 0.0 };
        let problem = self.problem.problem();
        network.sweep(&problem, &mut state, &settings).expect("fits");
        let mut gradient = FlatGradient::zeros(&self.network);
        network.contrastive_gradient(&problem, &mut state, &factors(contrast), &mut gradient).expect("fits");
        gradient.values
    }

    /// The mean back-propagated gradient of ½‖z_L − y‖², by the oracle.
    fn backpropagation(&self) -> Vec<f64> {
        let mut mean = Vec::new();
        let inputs = self.problem.input.chunks(self.graph.sizes[0]);
        let targets = self.problem.target.chunks(self.graph.sizes[self.graph.output()]);
        for (x, y) in inputs.zip(targets) {
            let gradient = self.graph.backpropagation(&doubles(x), &doubles(y));
            mean.resize(gradient.len(), 0.0);
            for (mean, value) in mean.iter_mut().zip(gradient) {
                *mean += value / SAMPLES as f64;
            }
        }
        mean
    }
}

fn factors(contrast: &Contrast) -> [f32; 2] {
    let factor = 1.0 / (contrast.divisor * SAMPLES as f32);
    [factor, -factor]
}

/// Slope of the line through (x, y) with the least squares.
fn slope(points: &[(f64, f64)]) -> f64 {
    let n = points.len() as f64;
    let mean_x = points.iter().map(|(x, _)| x).sum::<f64>() / n;
    let mean_y = points.iter().map(|(_, y)| y).sum::<f64>() / n;
    let along: f64 = points.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    along / points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum::<f64>()
}

#[test]
fn the_gradient_tends_to_back_propagation_with_slope_one() {
    for objective in OBJECTIVES {
        for seed in 0..SEEDS {
            let points: Vec<(f64, f64)> = (2..=10)
                .map(|n| {
                    let beta = 0.5_f32.powi(n);
                    let (case, contrast) = Case::new(seed, objective, beta, 0.0);
                    let error = relative_error(&case.gradient(&contrast), &case.backpropagation());
                    (f64::from(beta).log2(), error.log2())
                })
                .collect();
            let slope = slope(&points);
            println!("{objective:?}, network {seed}: slope {slope:.3}, at β = 2⁻¹⁰ 2^{:.1}", points[8].1);
            assert!((0.9..=1.1).contains(&slope), "{objective:?}, network {seed}: {slope} of {points:?}");
        }
    }
}

#[test]
fn a_tiny_nudge_loses_no_digits() {
    for objective in OBJECTIVES {
        let mut worst: f64 = 0.0;
        for seed in 0..SEEDS {
            let (case, contrast) = Case::new(seed, objective, 1e-6, 0.0);
            let error = relative_error(&case.gradient(&contrast), &case.backpropagation());
            assert!(error < tolerance::TINY_NUDGE, "{objective:?}, network {seed}: {error}");
            worst = worst.max(error);
        }
        println!("{objective:?}: worst relative error at β = 1e-6: {worst:.1e}");
    }
}

/// The objective's mean value: the contrast of the minimal energies.
fn value(graph: &Graph, rows: &[Row], factors: [f32; 2]) -> f64 {
    let energy = |row: &Row| {
        let relaxed = graph.relax(row, Schedule::ForwardBackward, 60);
        relaxed.trace.last().expect("a sweep").energy.value
    };
    let term = |(index, row)| f64::from(factors[index / SAMPLES]) * energy(row);
    rows.iter().enumerate().map(term).sum()
}

#[test]
fn the_gradient_is_that_of_the_objectives_value() {
    const STEP: f64 = 1e-6;
    for objective in OBJECTIVES {
        let (mut worst, mut worst_core): (f64, f64) = (0.0, 0.0);
        for (seed, g) in [(0, 0.0), (1, 0.1), (2, 0.0), (3, 0.1)] {
            let (case, contrast) = Case::new(seed, objective, 0.25, g);
            let factors = factors(&contrast);
            let rows = case.problem.oracle_rows(&case.graph);
            let relaxed: Vec<_> =
                rows.iter().map(|row| case.graph.relax(row, Schedule::ForwardBackward, 60)).collect();
            let states = relaxed.iter().map(|row| &row.consistent);
            let gradient = oracle_gradient(&case.graph, states, SAMPLES, &factors);
            let mut graph = case.graph.clone();
            let mut shifted = |place: usize, shift: f64| {
                *graph.parameter_mut(place) += shift;
                let value = value(&graph, &rows, factors);
                *graph.parameter_mut(place) -= shift;
                value
            };
            let differences: Vec<f64> = (0..gradient.len())
                .map(|place| (shifted(place, STEP) - shifted(place, -STEP)) / (2.0 * STEP))
                .collect();
            worst = worst.max(relative_error(&gradient, &differences));
            worst_core = worst_core.max(relative_error(&case.gradient(&contrast), &differences));
        }
        println!("{objective:?}: from finite differences: oracle {worst:.1e}, core {worst_core:.1e}");
        assert!(worst < tolerance::FINITE_DIFFERENCE, "{objective:?}: {worst}");
        assert!(worst_core < tolerance::GRADIENT, "{objective:?}: {worst_core}");
    }
}
