//! Unit-wise descent can't raise the energy, whatever the network, the problem, the potentials, γ and g.

use fenchel_core::{Schedule, Settings, StateView};
use fenchel_oracle::graph::{Energy, Graph, Row};
use fenchel_oracle::random_network::{Random, RandomNetwork, RandomProblem, doubles};
use fenchel_oracle::tolerance;
use proptest::prelude::*;

const SWEEPS: u32 = 8;

/// A kind of random networks: scale, linear output.
type Draw = fn(&mut Random, f32, bool) -> RandomNetwork;

/// Energy of `core`'s activities after so many sweeps, summed in `f64` over the rows.
fn energy_after(
    sweeps: u32,
    network: &RandomNetwork,
    problem: &RandomProblem,
    graph: &Graph,
    rows: &[Row],
) -> Energy {
    let weights = network.packed();
    let network = network.network(&weights);
    let mut memory = vec![0.0; StateView::len(network.units(), rows.len())];
    let mut state = StateView::new(network.units(), rows.len(), &mut memory).expect("fits");
    let settings = Settings { schedule: Schedule::Unitwise, sweeps, tolerance: 0.0 };
    network.relax(&problem.problem(), &mut state, &settings).expect("fits");
    let energies = rows.iter().enumerate().map(|(row, problem)| {
        let mut z = graph.zeros();
        z[0] = problem.x.clone();
        for (k, z) in z.iter_mut().enumerate().skip(1) {
            *z = doubles(&state.activities(&network, k)[row * z.len()..][..z.len()]);
        }
        graph.energy(problem, &z)
    });
    sum(energies)
}

fn sum(energies: impl Iterator<Item = Energy>) -> Energy {
    energies.fold(Energy { value: 0.0, magnitude: 0.0 }, |sum, energy| Energy {
        value: sum.value + energy.value,
        magnitude: sum.magnitude + energy.magnitude,
    })
}

fn descends(before: Energy, after: Energy, rounding: f64) -> bool {
    after.value <= before.value + rounding * (before.magnitude + after.magnitude)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_energy_never_rises(
        seed in any::<u64>(),
        scale in 0.1_f32..3.0,
        samples in 1_usize..4,
        problems in 1_usize..3,
        g in prop_oneof![Just(0.0_f32), 0.01_f32..1.0],
        linear_output in any::<bool>(),
        draw in prop_oneof![Just(RandomNetwork::any as Draw), Just(RandomNetwork::mixed as Draw)],
    ) {
        let mut random = Random::new(seed);
        let network = draw(&mut random, scale, linear_output);
        let problem = RandomProblem::new(&mut random, &network, samples, problems, g);
        let graph = network.graph();
        let rows = problem.oracle_rows(&graph);

        let mut before = sum(rows.iter().map(|row| graph.energy(row, &graph.start(row))));
        for sweeps in 1..=SWEEPS {
            let after = energy_after(sweeps, &network, &problem, &graph, &rows);
            prop_assert!(descends(before, after, tolerance::DESCENT), "sweep {sweeps}: {before:?} to {after:?}");
            before = after;
        }

        // The energies that core itself reports.
        let weights = network.packed();
        let network = network.network(&weights);
        let mut memory = vec![0.0; StateView::len(network.units(), rows.len())];
        let mut state = StateView::new(network.units(), rows.len(), &mut memory).expect("fits");
        let settings = Settings { schedule: Schedule::Unitwise, sweeps: SWEEPS, tolerance: 0.0 };
        let mut trace = Vec::new();
        network.relax_monitored(&problem.problem(), &mut state, &settings, &mut |sweep| trace.push(sweep)).expect("fits");
        for pair in trace.windows(2) {
            let energy = |n: usize| Energy { value: pair[n].energy.into(), magnitude: before.magnitude };
            prop_assert!(descends(energy(0), energy(1), tolerance::DESCENT), "{pair:?}");
        }

        // In f64 hardly a rounding is left to excuse.
        for row in &rows {
            let mut before = graph.energy(row, &graph.start(row));
            for sweep in graph.relax(row, Schedule::Unitwise, SWEEPS).trace {
                prop_assert!(descends(before, sweep.energy, tolerance::DESCENT_F64), "{before:?} to {sweep:?}");
                before = sweep.energy;
            }
        }
    }
}
