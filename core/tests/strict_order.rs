//! The strict path, bit by bit: the order of every sum is the textbook's.

use fenchel_core::{
    Activation, Connection, PANEL, Packed, Schedule, Settings, StateView, Weights, pack, packed_len,
};
use fenchel_oracle::random_network::{Random, RandomNetwork, RandomProblem};
use fenchel_oracle::weights::Dense;

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

/// Every shape up to 19×17 with a random matrix, row-major and packed, and wide ones on both sides
/// of the numbers of columns that kernels take at a time.
fn matrices(mut each: impl FnMut(&mut Random, Dense, Packed)) {
    let mut random = Random::new(1);
    for rows in 1..=19 {
        for columns in (1..=17).chain([31, 32, 33, 63, 64, 65, 130, 200]) {
            let values = random.values(rows * columns, -2.0, 2.0);
            let mut panels = vec![f32::NAN; packed_len(rows, columns)];
            pack(rows, columns, &values, &mut panels);
            let packed = Packed::new(rows, columns, &panels).expect("packed_len values");
            each(&mut random, Dense { rows, columns, values: &values }, packed);
        }
    }
}

/// Magnitudes from 1e-4 to 1e4, so that another order would show, and zeros of both signs.
fn wild(random: &mut Random, n: usize) -> Vec<f32> {
    let value = |random: &mut Random| match random.below(4) {
        0 if random.below(2) == 0 => 0.0,
        0 => -0.0,
        _ => random.uniform(-1.0, 1.0) * 10.0_f32.powi(random.below(9) as i32 - 4),
    };
    (0..n).map(|_| value(random)).collect()
}

fn without_negative_zero(mut values: Vec<f32>) -> Vec<f32> {
    values.iter_mut().filter(|value| **value == 0.0).for_each(|value| *value = 0.0);
    values
}

#[test]
fn products_have_the_bits_of_the_textbook_loop() {
    matrices(|random, dense, packed| {
        assert_eq!(packed.shape(), (dense.rows, dense.columns));
        for samples in 1..=3 {
            let z = wild(random, samples * dense.columns);
            let mut expected = without_negative_zero(wild(random, samples * dense.rows));
            let mut a = expected.clone();
            dense.apply(&z, &mut expected);
            packed.apply(&z, &mut a);
            assert_eq!(bits(&a), bits(&expected), "W z, {:?}", packed.shape());

            let u = wild(random, samples * dense.rows);
            let mut expected = without_negative_zero(wild(random, samples * dense.columns));
            let mut e = expected.clone();
            dense.apply_transposed(&u, &mut expected);
            packed.apply_transposed(&u, &mut e);
            assert_eq!(bits(&e), bits(&expected), "Wᵀ u, {:?}", packed.shape());
        }
    });
}

#[test]
fn skipping_zero_inputs_changes_no_bit() {
    matrices(|random, dense, packed| {
        let z = wild(random, dense.columns);
        // −0 to begin with too.
        let start = wild(random, dense.rows);
        let mut expected = start.clone();
        for (i, sum) in expected.iter_mut().enumerate() {
            *sum += 0.0;
            for j in (0..dense.columns).filter(|&j| z[j] != 0.0) {
                *sum += dense.values[i * dense.columns + j] * z[j];
            }
        }
        let mut a = start;
        packed.apply(&z, &mut a);
        assert_eq!(bits(&a), bits(&expected), "{:?}", packed.shape());

        let u = wild(random, dense.rows);
        let start = wild(random, dense.columns);
        let mut expected = start.clone();
        for (j, sum) in expected.iter_mut().enumerate() {
            *sum += 0.0;
            for i in (0..dense.rows).filter(|&i| u[i] != 0.0) {
                *sum += dense.values[i * dense.columns + j] * u[i];
            }
        }
        let mut e = start;
        packed.apply_transposed(&u, &mut e);
        assert_eq!(bits(&e), bits(&expected), "{:?}", packed.shape());
    });
}

#[test]
fn rows_and_columns_of_a_packed_matrix_are_those_that_were_packed() {
    matrices(|_, dense, packed| {
        for i in 0..dense.rows {
            let row: Vec<f32> = packed.row(i).collect();
            assert_eq!(row, dense.values[i * dense.columns..][..dense.columns]);
        }
        for j in 0..dense.columns {
            assert!(packed.fan_out(j).eq(dense.fan_out(j)));
        }
    });
}

#[test]
fn an_outer_product_has_the_order_of_the_weights() {
    matrices(|random, dense, packed| {
        let (rows, columns) = (dense.rows, dense.columns);
        let (u, mut z) = (random.values(2 * rows, -1.0, 1.0), random.values(2 * columns, -1.0, 1.0));
        if random.below(2) == 0 {
            // Many zeros of either sign are skipped.
            z.iter_mut().step_by(2).for_each(|z| *z = if *z > 0.0 { 0.0 } else { -0.0 });
        }
        let mut row_major = random.values(rows * columns, -1.0, 1.0);
        let mut values = unpadded(rows, columns, &row_major);
        assert_eq!(packed.values(), values.len());
        dense.add_outer(&u, &z, &mut row_major);
        packed.add_outer(&u, &z, &mut values);
        let expected = unpadded(rows, columns, &row_major);
        assert_eq!(bits(&values), bits(&expected), "{:?}", packed.shape());
    });
}

/// A row-major matrix as weights in RAM lie: whole panels, then the last rows.
fn unpadded(rows: usize, columns: usize, row_major: &[f32]) -> Vec<f32> {
    let (panels, last) = row_major.split_at(rows / PANEL * PANEL * columns);
    let mut values = vec![f32::NAN; panels.len()];
    pack(rows / PANEL * PANEL, columns, panels, &mut values);
    values.extend(last);
    values
}

#[test]
fn a_matrix_without_padding_gives_the_bits_of_the_padded_one() {
    matrices(|random, dense, packed| {
        let (rows, columns) = (dense.rows, dense.columns);
        let values = unpadded(rows, columns, dense.values);
        let unpadded = Packed::unpadded(rows, columns, &values).expect("rows times columns");
        let (mut z, mut u) = (random.values(columns, -1.0, 1.0), random.values(rows, -1.0, 1.0));
        z.iter_mut().step_by(1 + random.below(3)).for_each(|z| *z = 0.0);
        u.iter_mut().step_by(1 + random.below(3)).for_each(|u| *u = -0.0);
        let (a, e) = (random.values(rows, -1.0, 1.0), random.values(columns, -1.0, 1.0));
        let products = |weights: Packed| {
            let (mut a, mut e) = (a.clone(), e.clone());
            weights.apply(&z, &mut a);
            weights.apply_transposed(&u, &mut e);
            (bits(&a), bits(&e))
        };
        assert_eq!(products(unpadded), products(packed), "{:?}", packed.shape());
        assert!((0..rows).all(|i| unpadded.row(i).eq(packed.row(i))));
        assert!((0..columns).all(|j| unpadded.fan_out(j).eq(packed.fan_out(j))));
    });
}

/// a_k and z_k in `f32`, one value after the other.
fn textbook_answer(network: &RandomNetwork, input: &[f32]) -> Vec<f32> {
    let mut z = vec![input.to_vec()];
    let mut first = 0;
    for k in 1..network.blocks.len() {
        let n = network.blocks[k].size();
        let mut a = network.biases[first..first + n].to_vec();
        first += n;
        for (&Connection { from, to }, weights) in network.connections.iter().zip(&network.weights) {
            if to == k {
                for i in 0..n {
                    for j in 0..z[from].len() {
                        let product = weights[i * z[from].len() + j] * z[from][j];
                        a[i] += product;
                    }
                }
            }
        }
        for a in &mut a {
            *a = match network.blocks[k].activation {
                Activation::Linear => *a,
                Activation::Relu => a.max(0.0),
                Activation::Clip { low, high } => a.clamp(low, high),
                Activation::Simplex => unimplemented!("these networks have none"),
            };
        }
        z.push(a);
    }
    z.pop().expect("an output")
}

#[test]
fn an_answer_has_the_same_bits_alone_and_in_a_batch() {
    for seed in 0..50 {
        let mut random = Random::new(seed);
        let network = RandomNetwork::any(&mut random, 1.0, seed % 2 == 0);
        let samples = 5;
        let inputs = network.blocks[0].size();
        let input = random.values(samples * inputs, -1.0, 1.0);
        let weights = network.packed();
        let core = network.network(&weights);
        let mut activities = vec![f32::NAN; samples * core.units()];
        let together = core.infer(&input, &mut activities).expect("fits").to_vec();
        for (x, answer) in input.chunks(inputs).zip(together.chunks(core.output_units())) {
            let mut activities = vec![f32::NAN; core.units()];
            let alone = core.infer(x, &mut activities).expect("fits");
            assert_eq!(bits(alone), bits(answer));
            assert_eq!(bits(answer), bits(&textbook_answer(&network, x)));
        }
    }
}

/// z and u of each row, in bits.
fn relaxed(network: &RandomNetwork, problem: &RandomProblem, settings: &Settings) -> Vec<Vec<u32>> {
    let weights = network.packed();
    let core = network.network(&weights);
    let rows = problem.rows();
    let mut memory = vec![f32::NAN; StateView::len(core.units(), rows)];
    let mut state = StateView::new(core.units(), rows, &mut memory).expect("fits");
    core.relax_monitored(&problem.problem(), &mut state, settings, &mut |_| ()).expect("fits");
    let row = |row: usize| {
        let mut all = Vec::new();
        for k in 1..=core.output() {
            let n = network.blocks[k].size();
            all.extend(bits(&state.activities(&core, k)[row * n..][..n]));
            all.extend(bits(&state.forces(&core, k)[row * n..][..n]));
        }
        all
    };
    (0..rows).map(row).collect()
}

#[test]
fn a_relaxation_has_the_same_bits_alone_and_in_a_batch() {
    for seed in 0..20 {
        let mut random = Random::new(seed);
        let network = RandomNetwork::any(&mut random, 0.7, seed % 2 == 0);
        let g = if seed % 4 < 2 { 0.0 } else { 0.1 };
        let problem = RandomProblem::new(&mut random, &network, 3, 2, g);
        for schedule in [Schedule::ForwardBackward, Schedule::Unitwise, Schedule::Backward] {
            let settings = Settings { schedule, sweeps: 5, tolerance: 0.0 };
            let together = relaxed(&network, &problem, &settings);
            for (row, together) in together.iter().enumerate() {
                let (index, sample) = (row / 3, row % 3);
                let part = |values: &[f32], n: usize| values[sample * n..][..n].to_vec();
                let outputs = network.blocks.last().expect("an output").size();
                let mut perturbation = Vec::new();
                let mut rest = &problem.perturbation[..];
                for block in &network.blocks[1..] {
                    if let Some((block_g, others)) = rest.split_at_checked(3 * block.size()) {
                        perturbation.extend(part(block_g, block.size()));
                        rest = others;
                    }
                }
                let alone = RandomProblem {
                    samples: 1,
                    input: part(&problem.input, network.blocks[0].size()),
                    nudges: vec![problem.nudges[index]],
                    target: part(&problem.target, outputs),
                    attack: part(&problem.attack, outputs),
                    perturbation,
                };
                assert_eq!(relaxed(&network, &alone, &settings), [&together[..]], "{schedule:?}, row {row}");
            }
        }
    }
}
