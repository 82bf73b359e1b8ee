//! States, energies, residuals and gradients of every schedule against the `f64` oracle.

use fenchel_core::{Schedule, Settings, StateView, Status, Weights};
use fenchel_oracle::flat_gradient::{FlatGradient, oracle_gradient, relative_error};
use fenchel_oracle::graph::Graph;
use fenchel_oracle::random_network::{Random, RandomNetwork, RandomProblem};
use fenchel_oracle::relaxation::{Relaxed, State};
use fenchel_oracle::tolerance;

const SCHEDULES: [Schedule; 3] = [Schedule::ForwardBackward, Schedule::Unitwise, Schedule::Backward];
const FACTORS: [f32; 2] = [0.7, -1.3];

/// Largest errors so far, each relative to what its tolerance is, and divided by the oracle's
/// amplification.
#[derive(Clone, Copy, Debug, Default)]
struct Worst {
    state: f64,
    energy: f64,
    residual: f64,
    gradient: f64,
}

impl Worst {
    fn check(&self, what: &str, state: f64, gradient: f64) {
        println!("{what}: worst {self:?}");
        assert!(self.state <= state, "{what}: {self:?}");
        assert!(self.energy <= tolerance::ENERGY, "{what}: {self:?}");
        assert!(self.residual <= tolerance::RESIDUAL, "{what}: {self:?}");
        assert!(self.gradient <= gradient, "{what}: {self:?}");
    }
}

impl Worst {
    fn include(&mut self, other: Self, amplification: f64) {
        raise(&mut self.state, other.state / amplification);
        raise(&mut self.energy, other.energy / amplification);
        raise(&mut self.residual, other.residual / amplification);
        raise(&mut self.gradient, other.gradient / amplification);
    }
}

/// NaN counts as the worst.
fn raise(worst: &mut f64, error: f64) {
    *worst = if error.is_nan() { f64::INFINITY } else { worst.max(error) };
}

/// A kind of random networks: scale, linear output.
type Draw = fn(&mut Random, f32, bool) -> RandomNetwork;

struct Case {
    network: RandomNetwork,
    problem: RandomProblem,
    graph: Graph,
}

impl Case {
    fn new(seed: u64, draw: Draw, scale: f32, samples: usize, problems: usize, g: f32) -> Self {
        let mut random = Random::new(seed);
        let linear_output = random.below(2) == 0;
        let network = draw(&mut random, scale, linear_output);
        let problem = RandomProblem::new(&mut random, &network, samples, problems, g);
        let graph = network.graph();
        Self { network, problem, graph }
    }

    fn oracle(&self, schedule: Schedule, sweeps: u32) -> Vec<Relaxed> {
        let rows = self.problem.oracle_rows(&self.graph);
        rows.iter().map(|row| self.graph.relax(row, schedule, sweeps)).collect()
    }

    fn factors(&self) -> &[f32] {
        &FACTORS[..self.problem.nudges.len()]
    }

    /// z and u of every row, as the oracle has them, and the state's memory.
    fn core<W: Weights>(
        &self,
        weights: &[W],
        settings: &Settings,
        watched: bool,
    ) -> (Vec<State>, Vec<f64>, Vec<fenchel_core::Sweep>, Status) {
        let network = self.network.network(weights);
        let problem = self.problem.problem();
        let rows = self.problem.rows();
        // Whatever was in the memory must not matter.
        let mut memory = vec![f32::NAN; StateView::len(network.units(), rows)];
        let mut state = StateView::new(network.units(), rows, &mut memory).expect("fits");
        let mut trace = Vec::new();
        let mut status = Status::SweepLimit;
        if watched {
            let outcome = network
                .relax_monitored(&problem, &mut state, settings, &mut |sweep| trace.push(sweep))
                .expect("fits");
            status = outcome.status;
            assert_eq!(Some(&outcome.last), trace.last());
        } else {
            network.relax(&problem, &mut state, settings).expect("fits");
        }
        if settings.tolerance == 0.0 {
            // Without any measuring to the same bits.
            let z: Vec<u32> = state.activities(&network, 1).iter().map(|z| z.to_bits()).collect();
            network.relax_for(&problem, &mut state, settings.schedule, settings.sweeps).expect("fits");
            assert!(state.activities(&network, 1).iter().map(|z| z.to_bits()).eq(z), "{settings:?}");
        }
        // A fresh view of the same memory reads what the relaxation's own does.
        let mut state = StateView::new(network.units(), rows, &mut memory).expect("fits");
        let mut states = Vec::new();
        for row in 0..rows {
            let mut one = State { z: self.graph.zeros(), u: self.graph.zeros() };
            for k in 1..=network.output() {
                let n = self.graph.sizes[k];
                for i in 0..n {
                    one.z[k][i] = state.activities(&network, k)[row * n + i].into();
                    one.u[k][i] = state.forces(&network, k)[row * n + i].into();
                }
            }
            states.push(one);
        }
        let mut gradient = FlatGradient::zeros(&self.network);
        network.contrastive_gradient(&problem, &mut state, self.factors(), &mut gradient).expect("fits");
        (states, gradient.values, trace, status)
    }

    fn compare_states(&self, worst: &mut Worst, core: &[State], oracle: &[&State]) {
        for (core, oracle) in core.iter().zip(oracle) {
            for k in 1..=self.graph.output() {
                for (values, reference) in [(&core.z[k], &oracle.z[k]), (&core.u[k], &oracle.u[k])] {
                    let scale = 1.0 + reference.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
                    for (value, reference) in values.iter().zip(reference) {
                        raise(&mut worst.state, (value - reference).abs() / scale);
                    }
                }
            }
        }
    }

    fn compare<W: Weights>(&self, weights: &[W], schedule: Schedule, most: &mut Worst) {
        for sweeps in 1..=6 {
            let mut worst = Worst::default();
            let settings = Settings { schedule, sweeps, tolerance: 0.0 };
            let oracle = self.oracle(schedule, sweeps);
            let gradient_of = |states: &[&State]| {
                oracle_gradient(&self.graph, states.iter().copied(), self.problem.samples, self.factors())
            };

            let (states, gradient, trace, _) = self.core(weights, &settings, true);
            let updated: Vec<&State> = oracle.iter().map(|row| &row.updated).collect();
            self.compare_states(&mut worst, &states, &updated);
            raise(&mut worst.gradient, relative_error(&gradient, &gradient_of(&updated)));
            for (n, sweep) in trace.iter().enumerate() {
                let rows = || oracle.iter().map(|row| row.trace[n]);
                let energy: f64 = rows().map(|sweep| sweep.energy.value).sum();
                let magnitude: f64 = rows().map(|sweep| sweep.energy.magnitude).sum();
                let residual = rows().fold(0.0, |most: f64, sweep| most.max(sweep.residual));
                raise(&mut worst.energy, (f64::from(sweep.energy) - energy).abs() / magnitude);
                raise(&mut worst.residual, (f64::from(sweep.residual) - residual).abs());
            }

            // Without a monitor to the same bits.
            let (unwatched, unwatched_gradient, ..) = self.core(weights, &settings, false);
            assert_eq!(unwatched, states, "{schedule:?}, {sweeps} sweeps");
            assert_eq!(unwatched_gradient, gradient, "{schedule:?}, {sweeps} sweeps");
            most.include(worst, oracle.iter().fold(1.0, |most, row| most.max(row.amplification)));
        }
    }
}

/// All of with and without g, B = 1 and 3, P = 1 and 2.
fn cases(draw: Draw, scale: f32, seeds: u64) -> Vec<Case> {
    let mut cases = Vec::new();
    for seed in 0..seeds {
        for (index, (samples, problems)) in [(1, 1), (1, 2), (3, 1), (3, 2)].into_iter().enumerate() {
            for g in [0.0, 0.2] {
                let seed = 100 * seed + 10 * index as u64 + u64::from(g > 0.0);
                cases.push(Case::new(seed, draw, scale, samples, problems, g));
            }
        }
    }
    cases
}

#[test]
fn every_schedule_agrees_with_the_oracle_after_each_sweep() {
    for schedule in SCHEDULES {
        let mut worst = Worst::default();
        for case in cases(RandomNetwork::any, 0.6, 10) {
            case.compare(&case.network.packed(), schedule, &mut worst);
        }
        worst.check(&format!("{schedule:?}, packed"), tolerance::STATE, tolerance::GRADIENT);
    }
}

#[test]
fn so_does_every_potential_and_the_simplex() {
    for schedule in SCHEDULES {
        let mut worst = Worst::default();
        for case in cases(RandomNetwork::mixed, 0.6, 20) {
            case.compare(&case.network.packed(), schedule, &mut worst);
        }
        worst.check(&format!("{schedule:?}, mixed"), tolerance::STATE, tolerance::GRADIENT);
    }
}

#[test]
fn the_trait_is_enough_for_other_weights() {
    for schedule in SCHEDULES {
        let mut worst = Worst::default();
        for case in cases(RandomNetwork::any, 0.6, 2) {
            case.compare(&case.network.dense(), schedule, &mut worst);
        }
        worst.check(&format!("{schedule:?}, dense"), tolerance::STATE, tolerance::GRADIENT);
    }
}

/// Compare `core`, run until it stops, with the oracle's minimum; each status is asserted.
fn compare_converged(case: &Case, minimum: &[Relaxed], schedules: &[Schedule], worst: &mut Worst) {
    let last = || minimum.iter().filter_map(|row| row.trace.last());
    let energy: f64 = last().map(|sweep| sweep.energy.value).sum();
    let magnitude: f64 = last().map(|sweep| sweep.energy.magnitude).sum();
    let states: Vec<&State> = minimum.iter().map(|row| &row.consistent).collect();
    let reference =
        oracle_gradient(&case.graph, states.iter().copied(), case.problem.samples, case.factors());
    for &schedule in schedules {
        let settings = Settings { schedule, sweeps: 400, tolerance: 1e-6 };
        for watched in [true, false] {
            let (ended, gradient, trace, status) = case.core(&case.network.packed(), &settings, watched);
            case.compare_states(worst, &ended, &states);
            raise(&mut worst.gradient, relative_error(&gradient, &reference));
            if watched {
                assert_eq!(status, Status::Converged, "{schedule:?}");
                let last = trace.last().expect("a sweep");
                raise(&mut worst.energy, (f64::from(last.energy) - energy).abs() / magnitude);
            }
        }
    }
}

fn has_converged(rows: &[Relaxed]) -> bool {
    rows.iter().all(|row| row.trace.last().is_some_and(|sweep| sweep.residual < 1e-12))
}

#[test]
fn all_schedules_reach_the_same_minimum() {
    let mut worst = Worst::default();
    for case in cases(RandomNetwork::any, 0.4, 10) {
        let minimum = case.oracle(Schedule::Unitwise, 400);
        assert!(has_converged(&minimum), "the oracle converged");
        compare_converged(&case, &minimum, &SCHEDULES, &mut worst);
    }
    worst.check("converged", tolerance::CONVERGED_STATE, tolerance::CONVERGED_GRADIENT);
}

/// Unit-wise descent is slow where an element-wise distance has γ just below 1, whose bound on the
/// curvature, γ/(1 − γ), is far above what it is inside C: it is compared where 400 sweeps do.
#[test]
fn so_they_do_with_every_potential_and_the_simplex() {
    let mut worst = Worst::default();
    let mut compared = [0; SCHEDULES.len()];
    let cases = cases(RandomNetwork::mixed, 0.4, 6);
    for case in &cases {
        let minimum = case.oracle(Schedule::ForwardBackward, 400);
        assert!(has_converged(&minimum), "the oracle converged");
        let states: Vec<&State> = minimum.iter().map(|row| &row.consistent).collect();
        for (schedule, compared) in SCHEDULES.into_iter().zip(&mut compared) {
            let others = case.oracle(schedule, 400);
            if has_converged(&others) {
                let mut apart = Worst::default();
                let others: Vec<State> = others.into_iter().map(|row| row.consistent).collect();
                case.compare_states(&mut apart, &others, &states);
                assert!(apart.state < tolerance::SAME_MINIMUM, "{schedule:?}: {apart:?}");
                compare_converged(case, &minimum, &[schedule], &mut worst);
                *compared += 1;
            }
        }
    }
    println!("{compared:?} of {} cases compared, {SCHEDULES:?}", cases.len());
    for (compared, schedule) in compared.into_iter().zip(SCHEDULES) {
        let least = if schedule == Schedule::Unitwise { cases.len() / 2 } else { cases.len() };
        assert!(compared >= least, "{schedule:?}: {compared} of {}", cases.len());
    }
    worst.check("converged, mixed", tolerance::CONVERGED_STATE, tolerance::CONVERGED_GRADIENT);
}
