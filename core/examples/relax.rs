//! Minimises the energy of a nudged network by each schedule, and watches it fall.

use fenchel_core::{
    Activation, Block, Connection, Error, Graph, Network, Nudge, Packed, Problem, Schedule, Settings, State,
    Status, pack, packed_len,
};

/// Runs the example.
///
/// # Errors
/// None: the parts fit together.
pub fn main() -> Result<(), Error> {
    // Two inputs, three hidden ReLU units, one linear output.
    let blocks = [
        Block::new(2, Activation::Linear),
        Block::new(3, Activation::Relu),
        Block::new(1, Activation::Linear),
    ];
    let (mut first, mut second) = ([0.0; packed_len(3, 2)], [0.0; packed_len(1, 3)]);
    pack(3, 2, &[0.9, -0.4, 0.3, 0.8, -0.5, 0.6], &mut first);
    pack(1, 3, &[0.7, -0.6, 0.5], &mut second);
    let connections = [Connection { from: 0, to: 1 }, Connection { from: 1, to: 2 }];
    let graph = Graph::new(&blocks, &connections)?;
    let weights = [Packed::new(3, 2, &first)?, Packed::new(1, 3, &second)?];
    let network = Network::new(graph, &weights, &[0.1, 0.0, -0.1, 0.2], &[1.0; 4])?;

    // The squared error on the target 1, weighed by 1/4: the output is drawn towards it.
    let nudges = [Nudge { s: 0.25, weight_target: 0.25, weight_attack: 0.0 }];
    let problem = Problem::new(&[0.5, 1.0], &nudges, &[1.0]);
    let mut state = State::<4>::new();
    let free = network.infer(problem.input(), state.scratch(&network)?)?.to_vec();

    let mut energies = Vec::new();
    for schedule in [Schedule::ForwardBackward, Schedule::Unitwise, Schedule::Backward] {
        let settings = Settings { schedule, sweeps: 100, tolerance: 1e-6 };
        let mut view = state.view(&network)?;
        let outcome = network.relax_monitored(&problem, &mut view, &settings, &mut |sweep| {
            println!("{schedule:?}: sweep {}, energy {:.6}", sweep.sweep, sweep.energy);
        })?;
        assert_eq!(outcome.status, Status::Converged);
        energies.push(outcome.last.energy);
        // A view of the same memory reads the same activities.
        let output = state.view(&network)?.activities(&network, 2)[0];
        assert!(free[0] < output && output < 1.0, "{} → {output}", free[0]);
    }
    // Every schedule ends at the same minimum, up to the rounding of f32.
    assert!(energies.iter().all(|energy| (energy - energies[0]).abs() < 1e-5), "{energies:?}");
    Ok(())
}
