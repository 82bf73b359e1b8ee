//! The force on the input, and how an attack moves it.

use fenchel_core::{Bounds, InputBlock, Nudge, Schedule, StateView};
use fenchel_oracle::flat_gradient::relative_error;
use fenchel_oracle::graph::{Graph, Row, Vector};
use fenchel_oracle::random_network::{Random, RandomNetwork, RandomProblem, doubles};
use fenchel_oracle::tolerance;

const SAMPLES: usize = 3;
const STEP: f64 = 1e-6;

struct Case {
    network: RandomNetwork,
    problem: RandomProblem,
    graph: Graph,
    rows: Vec<Row>,
}

impl Case {
    fn new(seed: u64, g: f32) -> Self {
        let mut random = Random::new(seed);
        let linear_output = random.below(2) == 0;
        let network = RandomNetwork::mixed(&mut random, 0.6, linear_output);
        let problem = RandomProblem::new(&mut random, &network, SAMPLES, 2, g);
        let graph = network.graph();
        let rows = problem.oracle_rows(&graph);
        Self { network, problem, graph, rows }
    }

    /// The force on the input of every row by `core`.
    fn force(&self) -> Vec<f64> {
        let weights = self.network.packed();
        let network = self.network.network(&weights);
        let rows = self.problem.rows();
        let mut memory = vec![f32::NAN; StateView::len(network.units(), rows)];
        let mut state = StateView::new(network.units(), rows, &mut memory).expect("fits");
        let mut force = vec![f32::NAN; rows * network.input_units()];
        network.input_force(&self.problem.problem(), &mut state, &mut force).expect("fits");
        doubles(&force)
    }

    /// The same by the oracle: Σ_m W_m0ᵀ u_m.
    fn oracle_force(&self) -> Vec<f64> {
        let force = |row: &Row| {
            let a = self.graph.preactivations(&self.graph.start(row));
            self.graph.feedback(0, &self.graph.errors(row, &a).1)
        };
        self.rows.iter().flat_map(force).collect()
    }
}

/// −∂f/∂x by central differences.
fn descent(x: &[f64], f: impl Fn(&[f64]) -> f64) -> Vector {
    let shifted = |i: usize, shift: f64| {
        let mut x = x.to_vec();
        x[i] += shift;
        f(&x)
    };
    (0..x.len()).map(|i| (shifted(i, -STEP) - shifted(i, STEP)) / (2.0 * STEP)).collect()
}

#[test]
fn the_force_is_the_oracles() {
    let mut worst: f64 = 0.0;
    for seed in 0..40 {
        let case = Case::new(seed, if seed % 2 == 0 { 0.0 } else { 0.2 });
        worst = worst.max(relative_error(&case.force(), &case.oracle_force()));
    }
    println!("force on the input: worst relative error {worst:.1e}");
    assert!(worst < tolerance::INPUT_FORCE, "{worst}");
}

/// It is −∂U/∂x with a_m = forward + W_m0·(change of x), at the activities of the backward pass.
#[test]
fn the_force_is_the_descent_of_the_potentials() {
    let mut worst: f64 = 0.0;
    for seed in 0..40 {
        let case = Case::new(seed, 0.1);
        let graph = &case.graph;
        let descents = case.rows.iter().flat_map(|row| {
            let a = graph.preactivations(&graph.start(row));
            let (w, _) = graph.errors(row, &a);
            let potentials = |x: &[f64]| {
                let energy = |k: usize| {
                    let potential = graph.potential(k);
                    let z = potential.activities(&a[k], &w[k]);
                    let mut a = a[k].clone();
                    for edge in graph.edges.iter().filter(|edge| (edge.from, edge.to) == (0, k)) {
                        for (a, weights) in a.iter_mut().zip(&edge.weights) {
                            for (w, (x, x_before)) in weights.iter().zip(x.iter().zip(&row.x)) {
                                *a += w * (x - x_before);
                            }
                        }
                    }
                    potential.value(&a, &z)
                };
                (1..=graph.output()).map(energy).sum()
            };
            descent(&row.x, potentials)
        });
        worst = worst.max(relative_error(&case.force(), &descents.collect::<Vec<f64>>()));
    }
    println!("force on the input: {worst:.1e} from finite differences");
    assert!(worst < tolerance::INPUT_FORCE, "{worst}");
}

/// For small nudges it is minus the loss's gradient, by the chain rule through the forward pass.
#[test]
fn for_small_nudges_the_force_is_the_descent_of_the_loss() {
    const NUDGE: f32 = 1e-6;
    let mut worst: f64 = 0.0;
    for seed in 0..40 {
        let mut case = Case::new(seed, 0.0);
        for nudge in &mut case.problem.nudges {
            *nudge = Nudge {
                s: NUDGE * nudge.s,
                weight_target: NUDGE * nudge.weight_target,
                weight_attack: NUDGE * nudge.weight_attack,
            };
        }
        let rows = case.problem.oracle_rows(&case.graph);
        let descents = rows.iter().flat_map(|row| {
            descent(&row.x, |x| {
                let z = case.graph.forward(x);
                let loss =
                    z[case.graph.output()].iter().zip(&row.r).map(|(z, r)| 0.5 * row.s * z * z - r * z);
                loss.sum::<f64>() / f64::from(NUDGE)
            })
        });
        let descents: Vec<f64> = descents.collect();
        let force: Vec<f64> = case.force().iter().map(|force| force / f64::from(NUDGE)).collect();
        worst = worst.max(relative_error(&force, &descents));
    }
    println!("force on the input: {worst:.1e} from the loss's descent");
    assert!(worst < tolerance::TINY_NUDGE, "{worst}");
}

/// At a minimum Σ_m W_m0ᵀ u_m is minus its gradient in x, by the envelope theorem.
#[test]
fn at_a_minimum_the_force_is_its_descent() {
    let (mut worst, mut compared): (f64, usize) = (0.0, 0);
    for seed in 0..10 {
        let case = Case::new(seed, 0.1);
        let relax = |row: &Row| case.graph.relax(row, Schedule::ForwardBackward, 60);
        for row in &case.rows {
            let relaxed = relax(row);
            let last =
                |relaxed: &fenchel_oracle::relaxation::Relaxed| *relaxed.trace.last().expect("a sweep");
            if last(&relaxed).residual > 1e-10 {
                continue;
            }
            let force = case.graph.feedback(0, &relaxed.consistent.u);
            let descents =
                descent(&row.x, |x| last(&relax(&Row { x: x.to_vec(), ..row.clone() })).energy.value);
            worst = worst.max(relative_error(&force, &descents));
            compared += 1;
        }
    }
    println!("at {compared} minima: {worst:.1e} from finite differences");
    assert!(compared > 30, "{compared}");
    assert!(worst < tolerance::FINITE_DIFFERENCE, "{worst}");
}

#[test]
fn a_box_moves_by_the_sign_and_the_samples_own_radius() {
    let mut input = [0.5, 0.5, 0.5, 0.95, 0.02, 0.5];
    InputBlock::Box { radius: 0.125 }.displace(
        &[1.0, 2.0],
        &[3.0, -1e-30, 0.0, 1.0, -1.0, 1e9],
        Bounds::UNIT,
        &mut input,
    );
    assert_eq!(input, [0.625, 0.375, 0.5, 1.0, 0.0, 0.75]);
}

#[test]
fn a_quadratic_input_moves_along_the_force() {
    let mut input = [0.5, 0.5, 0.5, 0.95, 0.02, 0.5];
    InputBlock::Quadratic { ratio: 0.5 }.displace(
        &[1.0, 2.0],
        &[0.25, -0.5, 0.0, 1.0, -1.0, 0.5],
        Bounds::UNIT,
        &mut input,
    );
    assert_eq!(input, [0.625, 0.25, 0.5, 1.0, 0.0, 0.75]);
}

#[test]
fn each_channel_stays_within_its_own_bounds() {
    let mut input = [-3.0, 0.0, 0.0, 2.9];
    let bounds = Bounds { low: &[-3.0, -1.0], high: &[0.25, 3.0] };
    InputBlock::Box { radius: 0.5 }.displace(&[1.0], &[-1.0, 1.0, -1.0, 1.0], bounds, &mut input);
    assert_eq!(input, [-3.0, 0.25, -0.5, 3.0]);
}

#[test]
fn an_input_that_is_clamped_or_feels_no_force_stays() {
    let mut input = [0.0, 0.25, 1.0];
    InputBlock::None.displace(&[1.0], &[1.0, -1.0, 2.0], Bounds::UNIT, &mut input);
    assert_eq!(input, [0.0, 0.25, 1.0]);
    let mut beyond = [-0.5, 1.5, 1.5];
    InputBlock::Box { radius: 0.125 }.displace(&[1.0], &[0.0, 0.0, 1.0], Bounds::UNIT, &mut beyond);
    assert_eq!(beyond, [-0.5, 1.5, 1.0]);
}
