//! What the contrastive gradient converges to, and how fast; and that it is a gradient.

use fenchel_core::{Attack, Contrast, Objective, Potential, Schedule, Settings, StateView};
use fenchel_oracle::flat_gradient::{FlatGradient, oracle_gradient, relative_error};
use fenchel_oracle::graph::{Graph, Row};
use fenchel_oracle::random_network::{Random, RandomNetwork, RandomProblem, doubles};
use fenchel_oracle::tolerance;
use std::ops::RangeInclusive;

const OBJECTIVES: [Objective; 4] = [Objective::Rovr, Objective::Arovr, Objective::RovrAb, Objective::ArovrAb];
const ATTACKS: [Attack; 3] = [Attack::Targeted, Attack::Untargeted, Attack::None];
const ALPHA: f32 = 0.49;
const SAMPLES: usize = 3;
const SEEDS: u64 = 10;

/// A kind of random networks: scale, linear output.
type Draw = fn(&mut Random, f32, bool) -> RandomNetwork;

const DRAWS: [(&str, Draw); 6] = [
    ("Fenchel-Young", RandomNetwork::any),
    ("quadratic", |random, scale, linear_output| {
        RandomNetwork::of_potential(random, Potential::Quadratic, scale, linear_output)
    }),
    ("element-wise distance", |random, scale, linear_output| {
        RandomNetwork::of_potential(random, Potential::Distance, scale, linear_output)
    }),
    ("simplex", RandomNetwork::with_simplex),
    ("simplex output", |random, scale, linear_output| {
        let mut network = RandomNetwork::any(random, scale, linear_output);
        network.set_simplex(network.blocks.len() - 1);
        network
    }),
    ("mixed", RandomNetwork::mixed),
];

/// Every objective, with every attack if it has a part in it.
fn attacked() -> impl Iterator<Item = (Objective, Attack)> {
    OBJECTIVES.into_iter().flat_map(|objective| {
        let attacks = if objective.is_attacked() { &ATTACKS[..] } else { &ATTACKS[..1] };
        attacks.iter().map(move |&attack| (objective, attack))
    })
}

struct Case {
    network: RandomNetwork,
    problem: RandomProblem,
    graph: Graph,
}

impl Case {
    fn new(
        seed: u64,
        draw: Draw,
        (objective, attack): (Objective, Attack),
        beta: f32,
        g: f32,
    ) -> (Self, Contrast) {
        let mut random = Random::new(seed);
        let mut network = draw(&mut random, 0.5, true);
        // As in the paper; β is small beside it.
        network.gammas_mut(network.blocks.len() - 1).fill(1.0);
        let mut problem = RandomProblem::new(&mut random, &network, SAMPLES, 2, g);
        let contrast = objective.contrast(attack, ALPHA, beta).expect("a contrast");
        problem.nudges = contrast.nudges.to_vec();
        let graph = network.graph();
        (Self { network, problem, graph }, contrast)
    }

    /// The mean gradient of `core`.
    fn gradient(&self, contrast: &Contrast) -> Vec<f64> {
        let weights = self.network.packed();
        let network = self.network.network(&weights);
        let rows = self.problem.rows();
        let mut memory = vec![0.0; StateView::len(network.units(), rows)];
        let mut state = StateView::new(network.units(), rows, &mut memory).expect("fits");
        let settings = Settings { schedule: Schedule::ForwardBackward, sweeps: 100, tolerance: 0.0 };
        let problem = self.problem.problem();
        network.relax(&problem, &mut state, &settings).expect("fits");
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

/// log₂ of the relative error to back-propagation's gradient, at β = 2⁻ⁿ of all n in `range`.
fn errors(
    seed: u64,
    draw: Draw,
    attacked: (Objective, Attack),
    range: RangeInclusive<i32>,
) -> Vec<(f64, f64)> {
    let point = |n: i32| {
        let (case, contrast) = Case::new(seed, draw, attacked, 0.5_f32.powi(n), 0.0);
        let error = relative_error(&case.gradient(&contrast), &case.backpropagation());
        (-f64::from(n), error.log2())
    };
    range.map(point).collect()
}

#[test]
fn the_gradient_tends_to_back_propagation_with_slope_one() {
    for objective in OBJECTIVES {
        for seed in 0..SEEDS {
            let points = errors(seed, RandomNetwork::any, (objective, Attack::Targeted), 2..=10);
            let slope = slope(&points);
            println!("{objective:?}, network {seed}: slope {slope:.3}, at β = 2⁻¹⁰ 2^{:.1}", points[8].1);
            assert!((0.9..=1.1).contains(&slope), "{objective:?}, network {seed}: {slope} of {points:?}");
        }
    }
}

/// At smaller β: the error jumps where a unit passes a kink of its activation or leaves the simplex.
#[test]
fn so_it_does_with_every_potential_and_attack() {
    for (name, draw) in DRAWS {
        for attacked in attacked() {
            let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
            for seed in 0..SEEDS {
                let points = errors(seed, draw, attacked, 11..=16);
                let slope = slope(&points);
                assert!(
                    (0.97..=1.03).contains(&slope),
                    "{name}, {attacked:?}, network {seed}: {slope} of {points:?}"
                );
                low = low.min(slope);
                high = high.max(slope);
            }
            println!("{name}, {attacked:?}: slopes {low:.3} to {high:.3}");
        }
    }
}

#[test]
fn a_tiny_nudge_loses_no_digits() {
    for (name, draw) in DRAWS {
        let mut worst: f64 = 0.0;
        for attacked in attacked() {
            for seed in 0..SEEDS {
                let (case, contrast) = Case::new(seed, draw, attacked, 1e-6, 0.0);
                let error = relative_error(&case.gradient(&contrast), &case.backpropagation());
                assert!(error < tolerance::TINY_NUDGE, "{name}, {attacked:?}, network {seed}: {error}");
                worst = worst.max(error);
            }
        }
        println!("{name}: worst relative error at β = 1e-6: {worst:.1e}");
    }
}

/// c·ℓ + c⁻·ℓ⁻ of both problems, ℓ = ½(z − y)² and the attack's ℓ⁻, is the nudge up to a constant.
#[test]
fn the_nudges_are_the_losses() {
    let mut random = Random::new(0);
    for _ in 0..100 {
        let [z, y, y_attack] = [0; 3].map(|_| f64::from(random.uniform(-1.0, 1.0)));
        let (alpha, beta) = (random.uniform(0.1, 0.9), random.uniform(0.01, 1.0));
        let (a, b) = (f64::from(alpha), f64::from(beta));
        for objective in OBJECTIVES {
            let (first, second, divisor) = match objective {
                Objective::Rovr => ((b, 0.0), (0.0, 0.0), b),
                Objective::Arovr => ((0.0, 0.0), (-b, 0.0), b),
                Objective::RovrAb => ((a * b, (1.0 - a) * b), (0.0, (1.0 - a) * b), a * b),
                Objective::Backprop | Objective::ArovrAb => {
                    ((0.0, (1.0 - a) * b), (-a * b, (1.0 - a) * b), a * b)
                }
            };
            for attack in ATTACKS {
                let loss = |z: f64, (c, c_attack): (f64, f64)| {
                    let attacking = match attack {
                        Attack::Targeted => 0.5 * (z - y_attack).powi(2),
                        Attack::Untargeted => -0.5 * (z - y).powi(2),
                        Attack::None => 0.0,
                    };
                    c * 0.5 * (z - y).powi(2) + c_attack * attacking
                };
                let contrast = objective.contrast(attack, alpha, beta).expect("a contrast");
                assert!((f64::from(contrast.divisor) - divisor).abs() < 1e-6);
                for (nudge, weights) in contrast.nudges.iter().zip([first, second]) {
                    let r = f64::from(nudge.weight_target) * y + f64::from(nudge.weight_attack) * y_attack;
                    let nudged = (0.5 * f64::from(nudge.s) * z - r) * z;
                    let difference = nudged - (loss(z, weights) - loss(0.0, weights));
                    assert!(difference.abs() < 1e-6, "{objective:?}, {attack:?}: {difference}");
                }
            }
        }
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
    const PLACES: usize = 16;
    for (name, draw) in DRAWS {
        let (mut worst, mut worst_core): (f64, f64) = (0.0, 0.0);
        let (mut compared, mut cases) = (0, 0);
        for attacked in attacked() {
            for (seed, g) in [(0, 0.0), (1, 0.1), (2, 0.0), (3, 0.1)] {
                cases += 1;
                let (case, contrast) = Case::new(seed, draw, attacked, 0.25, g);
                let factors = factors(&contrast);
                let rows = case.problem.oracle_rows(&case.graph);
                let relaxed: Vec<_> =
                    rows.iter().map(|row| case.graph.relax(row, Schedule::ForwardBackward, 60)).collect();
                // Else there is no minimum at hand to differentiate.
                if !relaxed.iter().all(|row| row.trace.last().is_some_and(|sweep| sweep.residual < 1e-10)) {
                    continue;
                }
                compared += 1;
                let states = relaxed.iter().map(|row| &row.consistent);
                let gradient = oracle_gradient(&case.graph, states, SAMPLES, &factors);
                let places: Vec<usize> =
                    (0..PLACES).map(|n| n * (gradient.len() - 1) / (PLACES - 1)).collect();
                let at_places = |gradient: &[f64]| places.iter().map(|&p| gradient[p]).collect::<Vec<_>>();
                let mut graph = case.graph.clone();
                let mut shifted = |place: usize, shift: f64| {
                    *graph.parameter_mut(place) += shift;
                    let value = value(&graph, &rows, factors);
                    *graph.parameter_mut(place) -= shift;
                    value
                };
                let differences: Vec<f64> = places
                    .iter()
                    .map(|&place| (shifted(place, STEP) - shifted(place, -STEP)) / (2.0 * STEP))
                    .collect();
                let error = relative_error(&at_places(&gradient), &differences);
                let error_core = relative_error(&at_places(&case.gradient(&contrast)), &differences);
                worst = worst.max(error);
                worst_core = worst_core.max(error_core);
            }
        }
        println!(
            "{name}: from finite differences: oracle {worst:.1e}, core {worst_core:.1e}; {compared} of {cases}"
        );
        assert!(4 * compared > 3 * cases, "{name}: only {compared} of {cases} have a minimum");
        assert!(worst < tolerance::FINITE_DIFFERENCE, "{name}: {worst}");
        assert!(worst_core < tolerance::GRADIENT, "{name}: {worst_core}");
    }
}
