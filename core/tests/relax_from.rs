//! Descent from a given state: it never ends above what that state's energy is, and where the
//! minimum is unique it ends there.

use fenchel_core::{Nudge, Outcome, Schedule, Settings, StateView, Status};
use fenchel_oracle::random_network::{Random, RandomNetwork, RandomProblem};
use fenchel_oracle::tolerance;

const SEEDS: u64 = 60;
const BEFORE: &[Nudge] = &[Nudge { s: 0.5, weight_target: 0.5, weight_attack: 0.0 }];
const AFTER: &[Nudge] = &[Nudge { s: 0.0, weight_target: -0.2, weight_attack: 0.2 }];

/// How a relaxation of `after` ended that began at the minimum of `before`, how one that began at
/// the forward pass did, and the energy of `after` at the minimum of `before`.
fn outcomes(network: &RandomNetwork, problem: &RandomProblem) -> (Outcome, Outcome, f32) {
    let weights = network.packed();
    let network = network.network(&weights);
    let settings = Settings { schedule: Schedule::Unitwise, sweeps: 2000, tolerance: 1e-6 };
    let only = |nudge: &'static [Nudge]| problem.problem().with_nudges(nudge);
    let mut memory = vec![0.0; StateView::len(network.units(), problem.samples)];
    let mut state = StateView::new(network.units(), problem.samples, &mut memory).expect("fits");
    let trace = &mut |_| {};
    let forward = network.relax_monitored(&only(AFTER), &mut state, &settings, trace).expect("fits");
    network.relax_monitored(&only(BEFORE), &mut state, &settings, trace).expect("fits");
    let z: Vec<f32> = (1..=network.output()).flat_map(|k| state.activities(&network, k).to_vec()).collect();
    let start = network.energy_at(&only(AFTER), &z, &mut state).expect("fits");
    let resumed = network.relax_from(&only(AFTER), &mut state, &settings, trace).expect("fits");
    (resumed, forward, start)
}

#[test]
fn it_descends_from_the_state_to_the_minimum() {
    for seed in 0..SEEDS {
        let mut random = Random::new(seed);
        let network = RandomNetwork::any(&mut random, 0.3, true);
        let problem = RandomProblem::new(&mut random, &network, 2, 1, 0.05);
        let (resumed, forward, start) = outcomes(&network, &problem);
        assert_eq!(resumed.status, Status::Converged, "network {seed}");
        let (resumed, forward) = (resumed.last.energy, forward.last.energy);
        assert!(resumed < start, "network {seed}: {start} → {resumed}");
        let difference = f64::from((resumed - forward) / (1.0 + forward.abs()));
        assert!(difference.abs() < tolerance::SAME_ENERGY, "network {seed}: {resumed}, {forward}");
    }
}

/// From activities that were written into another state, to the same bits as from the state that a
/// relaxation left, whatever number of sweeps exchanged its slices.
#[test]
fn it_begins_at_written_activities() {
    for (seed, sweeps) in (0..SEEDS).zip((1..=4).cycle()) {
        let mut random = Random::new(seed);
        let network = RandomNetwork::any(&mut random, 0.3, true);
        let problem = RandomProblem::new(&mut random, &network, 2, 1, 0.05);
        let weights = network.packed();
        let network = network.network(&weights);
        let only = |nudge: &'static [Nudge]| problem.problem().with_nudges(nudge);
        let size = StateView::len(network.units(), problem.samples);
        let (mut memory, mut other_memory) = (vec![0.0; size], vec![f32::NAN; size]);
        let mut state = StateView::new(network.units(), problem.samples, &mut memory).expect("fits");
        let mut other = StateView::new(network.units(), problem.samples, &mut other_memory).expect("fits");
        let settings = Settings { sweeps, ..Settings::default() };
        network.relax(&only(BEFORE), &mut state, &settings).expect("fits");
        for k in 1..=network.output() {
            other.activities_mut(&network, k).copy_from_slice(state.activities(&network, k));
        }
        let ended = [&mut state, &mut other].map(|state| {
            let settings = Settings { sweeps: 5, ..settings };
            let outcome = network.relax_from(&only(AFTER), state, &settings, &mut |_| {}).expect("fits");
            let z = (1..=network.output()).flat_map(|k| state.activities(&network, k).to_vec());
            (outcome.last.energy.to_bits(), z.map(f32::to_bits).collect::<Vec<_>>())
        });
        assert_eq!(ended[0], ended[1], "network {seed}, {sweeps} sweeps");
    }
}
