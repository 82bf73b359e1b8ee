//! Learning in place: one step against the `f64` oracle and against finite differences, step rules, scopes.

#[path = "learner/harm.rs"]
mod harm;

use fenchel_core::{
    Activation, Connection, LearnMemory, LearnSettings, Learner, Objective, Problem, Ring, Rollback,
    Schedule, Scope, Settings, StateView, StepRule, UpdateStatus, Weights, label,
};
use fenchel_oracle::flat_gradient::{oracle_gradient, relative_error};
use fenchel_oracle::graph::{Graph, Row};
use fenchel_oracle::random_network::{Random, RandomNetwork, RandomProblem, doubles};
use fenchel_oracle::relaxation::State;
use fenchel_oracle::tolerance;

/// The memory of a learner, of the size it asks for and full of rubbish.
struct Room([Vec<f32>; 4]);

impl Room {
    fn new(settings: &LearnSettings, network: &RandomNetwork) -> Self {
        let weights = network.operators();
        let sizes = settings.sizes(&network.network(&weights)).expect("an objective with problems");
        Self([sizes.parameters, sizes.state, sizes.step, sizes.copy].map(|n| vec![f32::NAN; n]))
    }

    fn memory(&mut self) -> LearnMemory<'_> {
        let [parameters, state, step, copy] = &mut self.0;
        LearnMemory { parameters, state, step, copy }
    }
}

/// `work` on a learner of `network`.
fn with<R>(network: &RandomNetwork, settings: LearnSettings, work: impl FnOnce(&mut Learner) -> R) -> R {
    let connections = network.operators();
    let mut room = Room::new(&settings, network);
    let mut learner =
        Learner::new(network.network(&connections), settings, room.memory()).expect("the sizes it asked for");
    work(&mut learner)
}

/// The parameters of a learner of all of `network`, flat as the oracle's: row-major weights, then biases.
fn flat(network: &RandomNetwork, parameters: &[f32]) -> Vec<f64> {
    let mut values = Vec::new();
    let mut rest = parameters;
    for (&Connection { from, to }, weights) in network.connections.iter().zip(&network.weights) {
        let (rows, columns) = (network.blocks[to].size(), network.blocks[from].size());
        let (matrix, others) = rest.split_at(rows * columns);
        let packed = fenchel_core::Packed::unpadded(rows, columns, matrix).expect("fits");
        assert_eq!(weights.len(), rows * columns);
        for i in 0..rows {
            values.extend(packed.row(i).map(f64::from));
        }
        rest = others;
    }
    values.extend(doubles(rest));
    values
}

fn difference(after: &[f64], before: &[f64]) -> Vec<f64> {
    after.iter().zip(before).map(|(after, before)| after - before).collect()
}

/// z and u after `sweeps` forward–backward sweeps.
fn relaxed(graph: &Graph, row: &Row, sweeps: u32) -> State {
    if sweeps > 0 {
        return graph.relax(row, Schedule::ForwardBackward, sweeps).updated;
    }
    let a = graph.preactivations(&graph.forward(&row.x));
    let (e, u) = graph.errors(row, &a);
    let mut z = graph.start(row);
    for k in 1..graph.output() {
        z[k] = graph.potential(k).activities(&a[k], &e[k]);
    }
    State { z, u }
}

/// One sample with its target and an attack's.
struct Sample {
    x: Vec<f32>,
    y: Vec<f32>,
    y_attack: Vec<f32>,
}

impl Sample {
    fn new(random: &mut Random, network: &RandomNetwork) -> Self {
        let (inputs, outputs) = (network.blocks[0].size(), network.blocks[network.blocks.len() - 1].size());
        let right = random.below(outputs);
        let wrong = (right + 1 + random.below(outputs - 1)) % outputs;
        let one_hot = |class| (0..outputs).map(|c| if c == class { 1.0 } else { 0.0 }).collect();
        Self { x: random.values(inputs, 0.0, 1.0), y: one_hot(right), y_attack: one_hot(wrong) }
    }

    /// The oracle's gradient of the objective.
    fn gradient(&self, graph: &Graph, settings: &LearnSettings) -> Vec<f64> {
        let contrast = settings.objective.contrast(settings.attack, settings.alpha, settings.beta);
        let contrast = contrast.expect("problems");
        let problem = RandomProblem {
            samples: 1,
            input: self.x.clone(),
            nudges: contrast.nudges.to_vec(),
            target: self.y.clone(),
            attack: self.y_attack.clone(),
            perturbation: Vec::new(),
        };
        let rows = problem.oracle_rows(graph);
        let states: Vec<State> = rows.iter().map(|row| relaxed(graph, row, settings.sweeps)).collect();
        let factor = 1.0 / contrast.divisor;
        oracle_gradient(graph, states.iter(), 1, &[factor, -factor])
    }

    fn loss(&self, graph: &Graph) -> f64 {
        let z = graph.forward(&doubles(&self.x));
        z[graph.output()].iter().zip(&self.y).map(|(z, y)| 0.5 * (z - f64::from(*y)).powi(2)).sum()
    }
}

fn squared(values: &[f64]) -> f64 {
    values.iter().map(|value| value * value).sum()
}

/// Chains and graphs with skips, every potential that fits.
fn networks(work: impl Fn(&mut Random, RandomNetwork)) {
    for seed in 0..60 {
        let mut random = Random::new(seed);
        let linear_output = seed % 2 == 0;
        let network = RandomNetwork::mixed(&mut random, 0.8, linear_output);
        work(&mut random, network);
    }
}

#[test]
fn a_relaxation_without_sweeps_has_the_bits_of_one_with_none() {
    networks(|random, network| {
        let connections = network.operators();
        let core = network.network(&connections);
        for problems in 1..=2 {
            let samples = 1 + random.below(3);
            let problem = RandomProblem::new(random, &network, samples, problems, 0.3);
            let (problem, rows) = (problem.problem(), problem.rows());
            let (units, outputs) = (core.units(), core.output_units());
            let mut whole = vec![f32::NAN; StateView::len(units, rows)];
            let mut half = vec![f32::NAN; StateView::len_without_sweeps(units, outputs, rows)];
            let mut expected = StateView::new(units, rows, &mut whole).expect("fits");
            let mut state = StateView::without_sweeps(units, outputs, rows, &mut half).expect("fits");
            core.relax_for(&problem, &mut expected, Schedule::ForwardBackward, 0).expect("fits");
            core.relax_without_sweeps(&problem, &mut state).expect("fits");
            for k in 1..=core.output() {
                let bits = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
                assert_eq!(bits(state.activities(&core, k)), bits(expected.activities(&core, k)), "z of {k}");
                assert_eq!(bits(state.forces(&core, k)), bits(expected.forces(&core, k)), "u of {k}");
            }
            let error = core.relax_for(&problem, &mut state, Schedule::ForwardBackward, 2);
            assert!(error.is_err(), "a state without room for sweeps is refused where sweeps are made");
        }
    });
}

#[test]
fn one_step_goes_along_the_contrastive_gradient() {
    let worst = std::cell::Cell::new(0.0_f64);
    networks(|random, network| {
        for objective in [Objective::Rovr, Objective::RovrAb, Objective::ArovrAb, Objective::Arovr] {
            for sweeps in [0, 2] {
                let rate = 16.0;
                let rule = StepRule::Sgd { rate };
                let settings = LearnSettings { objective, sweeps, rule, ..LearnSettings::default() };
                let sample = Sample::new(random, &network);
                let expected = sample.gradient(&network.graph(), &settings);
                let (update, moved) = with(&network, settings, |learner| {
                    let before = flat(&network, learner.parameters());
                    let update = learner.learn_against(&sample.x, &sample.y, &sample.y_attack);
                    (update.expect("fits"), difference(&flat(&network, learner.parameters()), &before))
                });
                if update.status == UpdateStatus::Unbounded {
                    assert_eq!(objective, Objective::Arovr, "only its problem may have no minimum");
                    assert!(moved.iter().all(|&moved| moved == 0.0));
                    continue;
                }
                assert_eq!(update.status, UpdateStatus::Learned);
                let loss = sample.loss(&network.graph());
                assert!((f64::from(update.loss) - loss).abs() < tolerance::STATE * (1.0 + loss));
                let expected: Vec<f64> = expected.iter().map(|g| -f64::from(rate) * g).collect();
                // Beside 1 where nothing moves much: W itself is rounded.
                let scale = squared(&expected).sqrt() / (1.0 + squared(&expected).sqrt());
                let error = relative_error(&moved, &expected) * scale;
                worst.set(worst.get().max(error));
            }
        }
    });
    println!("worst {:e}", worst.get());
    assert!(worst.get() < tolerance::LEARNED_STEP, "{}", worst.get());
}

#[test]
fn with_a_tiny_nudge_the_step_is_that_of_finite_differences() {
    for seed in 0..20 {
        let mut random = Random::new(seed);
        let network = RandomNetwork::any(&mut random, 0.8, true);
        let sample = Sample::new(&mut random, &network);
        let settings =
            LearnSettings { beta: 1e-6, rule: StepRule::Sgd { rate: 64.0 }, ..LearnSettings::default() };
        let graph = network.graph();
        let gamma = &graph.gammas[graph.output()];
        let one = gamma.iter().all(|gamma| *gamma == 1.0);
        assert!(!one, "γ has a part in it");
        let moved = with(&network, settings, |learner| {
            let before = flat(&network, learner.parameters());
            learner.learn(&sample.x, &sample.y).expect("fits");
            difference(&flat(&network, learner.parameters()), &before)
        });
        let step = 1e-6;
        let gradient: Vec<f64> = (0..moved.len())
            .map(|place| {
                let mut shifted = graph.clone();
                *shifted.parameter_mut(place) += step;
                let above = sample.loss(&shifted);
                *shifted.parameter_mut(place) -= 2.0 * step;
                (above - sample.loss(&shifted)) / (2.0 * step)
            })
            .collect();
        let expected: Vec<f64> = gradient.iter().map(|g| -64.0 * g).collect();
        let error = relative_error(&moved, &expected);
        assert!(error < tolerance::TINY_NUDGE, "seed {seed}: {error}");
    }
}

#[test]
fn polyaks_step_is_the_share_of_the_loss_over_the_squared_gradient_and_is_capped() {
    networks(|random, network| {
        for (objective, sweeps) in [(Objective::Rovr, 0), (Objective::Rovr, 2), (Objective::ArovrAb, 0)] {
            let settings = LearnSettings { objective, sweeps, ..LearnSettings::default() };
            let sample = Sample::new(random, &network);
            let graph = network.graph();
            let gradient = sample.gradient(&graph, &settings);
            let most = 2.0 / (1.0 + squared(&doubles(&sample.x)));
            let expected = (0.2 * 2.0 * sample.loss(&graph) / squared(&gradient)).min(most);
            let update = with(&network, settings, |learner| {
                learner.learn_against(&sample.x, &sample.y, &sample.y_attack).expect("fits")
            });
            let error = (f64::from(update.step) - expected).abs() / expected;
            assert!(error < 2.0 * tolerance::GRADIENT, "{objective:?} {sweeps}: {} {expected}", update.step);
        }
    });
}

#[test]
fn momentum_remembers_and_sign_takes_one_length() {
    let mut random = Random::new(3);
    let network = RandomNetwork::any(&mut random, 0.8, true);
    let sample = Sample::new(&mut random, &network);
    let (rate, decay) = (0.5, 0.75);
    let moves = |rule| {
        let settings = LearnSettings { rule, ..LearnSettings::default() };
        with(&network, settings, |learner| {
            let start = flat(&network, learner.parameters());
            learner.learn(&sample.x, &sample.y).expect("fits");
            let first = flat(&network, learner.parameters());
            learner.learn(&sample.x, &sample.y).expect("fits");
            let second = flat(&network, learner.parameters());
            [difference(&first, &start), difference(&second, &first)]
        })
    };
    let [plain, plain_second] = moves(StepRule::Sgd { rate });
    let [first, second] = moves(StepRule::Momentum { rate, decay });
    assert!(relative_error(&first, &plain) < tolerance::LEARNED_STEP);
    // Both stand at the same parameters after the first step.
    let expected: Vec<f64> =
        first.iter().zip(&plain_second).map(|(first, plain)| f64::from(decay) * first + plain).collect();
    assert!(relative_error(&second, &expected) < tolerance::LEARNED_STEP);

    let rate = 1.0 / 64.0;
    let [first, _] = moves(StepRule::Sign { rate });
    for (moved, plain) in first.iter().zip(&plain) {
        let expected = if *plain == 0.0 { 0.0 } else { f64::from(rate) * plain.signum() };
        assert!((moved - expected).abs() < 1e-6 || plain.abs() < 1e-6, "{moved} {plain}");
    }
}

#[test]
fn what_is_out_of_scope_stays() {
    networks(|random, network| {
        let output = network.blocks.len() - 1;
        if network.blocks[output].activation != Activation::Linear {
            // Outputs at a bound may have no force.
            return;
        }
        let samples: Vec<Sample> = (0..5).map(|_| Sample::new(random, &network)).collect();
        for scope in [Scope::All, Scope::LastBlock, Scope::Biases, Scope::Blocks(1 << 1), Scope::Blocks(0)] {
            let settings = LearnSettings { scope, ..LearnSettings::default() };
            let connections = network.operators();
            let before = network.network(&connections);
            with(&network, settings, |learner| {
                for sample in &samples {
                    learner.learn(&sample.x, &sample.y).expect("fits");
                }
                learner
                    .with_network(|now| {
                        for k in 1..=output {
                            let learns = scope.has_biases(k, output);
                            assert!(learns || now.bias(k) == before.bias(k), "{scope:?}: biases of {k}");
                        }
                        let weights = now.weights().iter().zip(before.weights());
                        for (c, (now, before)) in now.connections().iter().zip(weights) {
                            let same = (0..now.shape().0).all(|i| now.row(i).eq(before.row(i)));
                            let learns = scope.has_weights(c.to, output);
                            assert!(learns || same, "{scope:?}: weights into {}", c.to);
                        }
                        let moved = now.bias(output) != before.bias(output);
                        assert_eq!(moved, scope.has_biases(output, output), "{scope:?}: what learns moves");
                    })
                    .expect("fits");
            });
        }
    });
}
