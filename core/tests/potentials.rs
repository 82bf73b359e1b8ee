//! The potentials as functions: closed forms against their definitions, and what `core` refuses.

use fenchel_core::{Activation, Block, Error, Network, Potential};
use fenchel_oracle::potential::{BlockPotential, project_unit};
use fenchel_oracle::random_network::{Random, RandomNetwork};
use fenchel_oracle::tolerance;

/// The minimum of a convex function on [low, high], by golden section.
fn golden_section(f: impl Fn(f64) -> f64, mut low: f64, mut high: f64) -> f64 {
    let ratio = (5_f64.sqrt() - 1.0) / 2.0;
    for _ in 0..80 {
        let (left, right) = (high - ratio * (high - low), low + ratio * (high - low));
        if f(left) < f(right) { high = right } else { low = left }
    }
    f(0.5 * (low + high)).min(f(low)).min(f(high))
}

#[test]
fn the_element_wise_distance_is_the_minimum_that_defines_it() {
    let mut random = Random::new(0);
    let mut worst: f64 = 0.0;
    for _ in 0..2000 {
        let activation = random.activation();
        let gamma = f64::from(random.uniform(0.05, 0.999));
        let (a, z) = (f64::from(random.uniform(-2.0, 2.0)), f64::from(random.uniform(-2.0, 2.0)));
        let distance = BlockPotential { potential: Potential::Distance, activation, gamma: &[gamma] };
        let fenchel_young = BlockPotential { potential: Potential::FenchelYoung, activation, gamma: &[1.0] };
        let (low, high) = match activation {
            Activation::Relu => (0.0, 10.0),
            Activation::Clip { low, high } => (low.into(), high.into()),
            Activation::Linear | Activation::Simplex => (-10.0, 10.0),
        };
        let objective =
            |own: f64| fenchel_young.value(&[a], &[own]) + gamma / (2.0 * (1.0 - gamma)) * (z - own).powi(2);
        let minimum = golden_section(objective, low, high);
        worst = worst.max((distance.value(&[a], &[z]) - minimum).abs() / (1.0 + minimum));
    }
    println!("element-wise distance: {worst:.1e} from its definition");
    assert!(worst < tolerance::DEFINITION, "{worst}");
}

#[test]
fn on_a_linear_block_it_is_gamma_times_the_fenchel_young_potential() {
    let mut random = Random::new(1);
    for _ in 0..1000 {
        let n = 1 + random.below(6);
        let values = |random: &mut Random, low, high| -> Vec<f64> {
            random.values(n, low, high).into_iter().map(f64::from).collect()
        };
        let (a, z) = (values(&mut random, -2.0, 2.0), values(&mut random, -2.0, 2.0));
        let gamma = values(&mut random, 0.05, 1.0);
        let of = |potential| {
            BlockPotential { potential, activation: Activation::Linear, gamma: &gamma }.value(&a, &z)
        };
        let (distance, weighted) = (of(Potential::Distance), of(Potential::FenchelYoung));
        assert!((distance - weighted).abs() < tolerance::DEFINITION, "{distance} and {weighted}");
    }
}

#[test]
fn every_potential_is_zero_at_f_of_a_and_at_least_a_parabola_elsewhere() {
    let mut random = Random::new(2);
    for potential in [Potential::FenchelYoung, Potential::Quadratic, Potential::Distance] {
        for _ in 0..1000 {
            let activation = random.activation();
            let gamma = [f64::from(random.uniform(0.05, 1.0))];
            let of = BlockPotential { potential, activation, gamma: &gamma };
            let a = [f64::from(random.uniform(-2.0, 2.0))];
            let mut z = [f64::from(random.uniform(-2.0, 2.0))];
            if potential != Potential::Distance {
                z = z.map(|z| project_unit(activation, z));
            }
            let f = a.map(|a| project_unit(activation, a));
            assert!(of.value(&a, &f).abs() < tolerance::DEFINITION, "{of:?} at f({a:?})");
            let square = (z[0] - f[0]).powi(2);
            let least = 0.5 * gamma[0] * square;
            assert!(of.value(&a, &z) >= least - tolerance::DEFINITION, "{of:?} at {z:?}, {a:?}");
        }
    }
}

/// What [`Network::new`] says of a network whose block `k` was changed.
fn error(k: usize, change: impl Fn(&mut RandomNetwork)) -> Option<Error> {
    let mut network = RandomNetwork::new(
        &mut Random::new(3),
        &[2, 3, 4, 2],
        &[Activation::Linear, Activation::Relu, Activation::Relu, Activation::Linear],
        &[],
        1.0,
    );
    network.gammas_mut(k).fill(0.5);
    change(&mut network);
    let weights = network.packed();
    Network::new(network.shape(), &weights, &network.biases, &network.gammas).err()
}

#[test]
fn misfits_are_refused() {
    let potential =
        |k: usize, potential| move |network: &mut RandomNetwork| network.blocks[k].potential = potential;
    let simplex = |k: usize, potential| {
        move |network: &mut RandomNetwork| {
            network.blocks[k] =
                Block { potential, ..Block::new(network.blocks[k].units, Activation::Simplex) };
        }
    };
    let refused = |k, change: &dyn Fn(&mut RandomNetwork)| {
        let error = error(k, change);
        assert!(matches!(error, Some(Error::Potential { block, .. }) if block == k), "{error:?}");
    };
    let taken = |k, change: &dyn Fn(&mut RandomNetwork)| assert_eq!(error(k, change), None);

    taken(2, &potential(2, Potential::Distance));
    refused(2, &|network| {
        potential(2, Potential::Distance)(network);
        network.gammas_mut(2)[3] = 1.0 + f32::EPSILON;
    });
    taken(2, &|network| {
        potential(2, Potential::Distance)(network);
        network.gammas_mut(2)[3] = 1.0;
    });
    refused(3, &potential(3, Potential::Distance));
    taken(3, &potential(3, Potential::Quadratic));
    taken(2, &|network| {
        potential(2, Potential::Quadratic)(network);
        network.gammas_mut(2)[3] = 7.0;
    });

    for k in 1..=3 {
        taken(k, &simplex(k, Potential::FenchelYoung));
        refused(k, &simplex(k, Potential::Quadratic));
        refused(k, &simplex(k, Potential::Distance));
        for i in 0..network_units(k) {
            refused(k, &|network| {
                simplex(k, Potential::FenchelYoung)(network);
                network.gammas_mut(k)[i] = 0.25;
            });
        }
    }
}

fn network_units(k: usize) -> usize {
    [2, 3, 4, 2][k]
}
