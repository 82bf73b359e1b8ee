//! A sample without a minimum is dropped from the gradient, and the others stay.

use fenchel_core::{
    Activation, Block, Connection, Graph, Network, Objective, Packed, Problem, Schedule, Settings, StateView,
    Status, pack, packed_len,
};

#[test]
fn a_diverging_sample_is_reported_and_dropped_alone() {
    // γ_L − β·(1 + w²) < 0: unbounded below along the active hidden unit.
    let mut panels = [0.0; packed_len(1, 1)];
    pack(1, 1, &[10.0], &mut panels);
    let weights = [Packed::new(1, 1, &panels).expect("fits"); 2];
    let connections = [0, 1].map(|from| Connection { from, to: from + 1 });
    let blocks = [Activation::Linear, Activation::Relu, Activation::Linear]
        .map(|activation| Block::new(1, activation));
    let graph = Graph::new(&blocks, &connections).expect("fits");
    let network = Network::new(graph, &weights, &[0.0; 2], &[1.0; 2]).expect("fits");
    let contrast = Objective::Arovr.contrast(fenchel_core::Attack::Targeted, 1.0, 0.5).expect("a contrast");
    // The second sample's answer is its target already: nothing moves.
    let problem = Problem::new(&[1.0, 0.0], &contrast.nudges[1..], &[0.0, 0.0]);
    let settings = Settings { schedule: Schedule::Unitwise, sweeps: 200, tolerance: 0.0 };
    let mut memory = [0.0; StateView::len(2, 2)];
    let mut state = StateView::new(2, 2, &mut memory).expect("fits");
    let outcome = network.relax_monitored(&problem, &mut state, &settings, &mut |_| {}).expect("fits");
    assert_eq!(outcome.status, Status::Unbounded);

    network.relax(&problem, &mut state, &settings).expect("fits");
    assert_eq!(network.drop_unbounded(&problem, &mut state), 1);
    for k in 1..=2 {
        assert_eq!(state.forces(&network, k), [0.0, 0.0], "block {k}");
    }
    // Two sweeps leave finite numbers, but the direction shows.
    let two = Settings { schedule: Schedule::Backward, sweeps: 2, tolerance: 0.0 };
    network.relax(&problem, &mut state, &two).expect("fits");
    assert!((1..=2).all(|k| state.activities(&network, k).iter().all(|z| z.abs() < 1e9)));
    assert_eq!(network.drop_unbounded(&problem, &mut state), 1);
    let bounded = problem.with_input(&[0.0, 0.0]);
    network.relax(&bounded, &mut state, &settings).expect("fits");
    assert_eq!(network.drop_unbounded(&bounded, &mut state), 0);
}
