//! Measures where an epoch's time goes: `cargo bench -p fenchel`.

use divan::Bencher;
use fenchel::experiments::bench::synthetic;
use fenchel::train::{OBJECTIVES, ObjectiveRow, Settings, Trainer};
use fenchel::{DenseGradient, Optimiser, OptimiserName, Parameters};
use fenchel_core::{Gradient, Perturbation, Random, Weights};
use rand_core::SeedableRng;

fn main() {
    divan::main();
}

fn settings(row: &ObjectiveRow) -> Settings {
    Settings::new("synthetic", row.name).with(|settings| settings.network.layers = vec![256, 256])
}

fn parameters() -> Parameters {
    let data = synthetic(50);
    let architecture = settings(&OBJECTIVES[0]).architecture(&data).expect("fits");
    Parameters::new(&architecture, &mut Random::seed_from_u64(0))
}

/// Measures one step of 50 samples, 784-256-256-10.
#[divan::bench(args = OBJECTIVES.iter().map(|row| fenchel::spelling::name(row.name)))]
fn step(bencher: Bencher, name: &str) {
    let data = synthetic(50);
    let row = OBJECTIVES.iter().find(|row| fenchel::spelling::name(row.name) == name).expect("a row");
    let mut trainer = Trainer::new(&settings(row), &data).expect("fits");
    bencher.bench_local(|| trainer.epoch());
}

/// Measures Adam over 270,000 parameters.
#[divan::bench]
fn adam(bencher: Bencher) {
    let mut parameters = parameters();
    let gradient = DenseGradient::zeros(&parameters);
    let mut adam = Optimiser::new(OptimiserName::Adam, &parameters);
    bencher.bench_local(|| adam.step(&mut parameters, &gradient, 1e-3));
}

/// Measures W z of each connection with 100 rows.
#[divan::bench(args = [0, 1, 2])]
fn apply(bencher: Bencher, connection: usize) {
    let parameters = parameters();
    let weights = &parameters.weights[connection];
    let (rows, columns) = weights.shape();
    let (z, mut a) = (vec![0.5; 100 * columns], vec![0.0; 100 * rows]);
    bencher.bench_local(|| weights.apply(&z, &mut a));
}

/// Measures Wᵀ u of each connection with 100 rows.
#[divan::bench(args = [0, 1, 2])]
fn apply_transposed(bencher: Bencher, connection: usize) {
    let parameters = parameters();
    let weights = &parameters.weights[connection];
    let (rows, columns) = weights.shape();
    let (u, mut e) = (vec![0.5; 100 * rows], vec![0.0; 100 * columns]);
    bencher.bench_local(|| weights.apply_transposed(&u, &mut e));
}

/// Measures drawing g for 50 samples.
#[divan::bench]
fn gaussian(bencher: Bencher) {
    let mut random = Random::seed_from_u64(0);
    let mut g = vec![0.0; 50 * 522];
    bencher.bench_local(|| Perturbation::Gaussian { std: 0.0625 }.fill(&mut random, &mut g));
}

/// Measures the products of one step of back-propagation with dense factors, by `fenchel` and by a library.
#[divan::bench(args = ["fenchel", "matrixmultiply"])]
fn products(bencher: Bencher, by: &str) {
    const B: usize = 50;
    let parameters = parameters();
    let mut parts: Vec<_> = parameters
        .connections
        .iter()
        .zip(&parameters.weights)
        .map(|(c, weights)| {
            let (rows, columns) = weights.shape();
            (
                c.from == 0,
                weights,
                vec![0.5; B * columns],
                vec![0.5; B * rows],
                vec![0.0; B * rows.max(columns)],
            )
        })
        .collect();
    let mut gradient = DenseGradient::zeros(&parameters);
    let mut outer = vec![0.0; 784 * 256];
    bencher.bench_local(|| {
        for (index, (of_input, weights, z, u, out)) in parts.iter_mut().enumerate() {
            let (rows, columns) = weights.shape();
            if by == "fenchel" {
                weights.apply(z, &mut out[..B * rows]);
                if !*of_input {
                    weights.apply_transposed(u, &mut out[..B * columns]);
                }
                gradient.weights(index, u, z);
                continue;
            }
            let w = weights.column_major();
            sgemm((B, columns, rows), (z, columns, 1), (w, rows, 1), 1.0, out);
            if !*of_input {
                sgemm((B, rows, columns), (u, rows, 1), (w, 1, rows), 1.0, out);
            }
            sgemm((columns, B, rows), (z, 1, columns), (u, rows, 1), 0.0, &mut outer);
        }
    });
}

/// Computes c = a·b + `beta`·c by the library; the sizes are (m, k, n), and a and b come with their
/// strides.
fn sgemm(
    (m, k, n): (usize, usize, usize),
    (a, a_row, a_column): (&[f32], usize, usize),
    (b, b_row, b_column): (&[f32], usize, usize),
    beta: f32,
    c: &mut [f32],
) {
    assert!(a.len() == m * k && b.len() == k * n && c.len() >= m * n);
    let stride = |stride: usize| stride.try_into().expect("small");
    // SAFETY: all elements that these sizes and strides reach are inside the slices.
    unsafe {
        matrixmultiply::sgemm(
            m,
            k,
            n,
            1.0,
            a.as_ptr(),
            stride(a_row),
            stride(a_column),
            b.as_ptr(),
            stride(b_row),
            stride(b_column),
            beta,
            c.as_mut_ptr(),
            stride(n),
            1,
        );
    }
}
