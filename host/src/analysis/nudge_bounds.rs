//! Bounds on the strength of a nudge below which its inference problem has a minimum.
//!
//! A problem min U + s/2 ‖z_L‖² − r·z_L with s < 0 pushes the output away from its present value with the
//! strength β = −s, as the second problem of AROVR_β does. Only the potentials hold it back. Both bounds
//! here are on that β, and follow from how far a deviation δ_k = z_k − f(a_k) of a block moves the output:
//!
//! - [`global_bound`], eq. (19): ‖z_L − z_L*‖ ≤ Σ_k c_k ‖δ_k‖, where z* is the forward pass and c_k the
//!   sum, over all paths from block k to the output, of the products of spectral norms; this holds because
//!   no activation expands. With U ≥ Σ γ_k/2 ‖δ_k‖² and S = Σ_k c_k²/γ_k it follows that U − β/2 ‖z_L − y‖²
//!   is at least −β·ℓ(z*)/(1 − βS). The bound holds for every input, but is several times smaller than
//!   necessary.
//! - [`local_bounds`]: the same with the Jacobians themselves, on the units that are active in one sample's
//!   forward pass: β < 1/λ_max(Σ_k J_k Γ_k⁻¹ J_kᵀ). It is exact for a linear network; for others it is
//!   where the forward pass stops being a minimum to second order.

use anyhow::Result;
use fenchel_core::{Network, Potential, Weights};
use nalgebra::DMatrix;

/// Number of rows that go through the network at once: enough for fast matrix products, and few enough to
/// stay in the cache.
const ROWS: usize = 512;

/// Returns 1/S of eq. (19), the β below which no input can make a problem unbounded, with
///
/// S = Σ_{k=1..L} c_k²/γ_k,   c_L = 1,   c_j = Σ_{k>j} ‖W_kj‖ c_k,
///
/// where ‖W‖ is the spectral norm and γ_k the block's least γ. On a chain c_k = Π_{m>k} ‖W_m‖.
pub fn global_bound<W: Weights>(network: &Network<'_, W>) -> f64 {
    let output = network.output();
    let mut paths = vec![0.0; output + 1];
    paths[output] = 1.0;
    let mut sum = 0.0;
    for k in (1..=output).rev() {
        let gamma = network.gamma(k).iter().copied().fold(f32::INFINITY, f32::min);
        sum += paths[k] * paths[k] / f64::from(gamma);
        // What the input's own weights amplify is no deviation: z_0 is clamped.
        for (c, weights) in network.weights_into(k).filter(|(c, _)| c.from != 0) {
            paths[c.from] += spectral_norm(weights) * paths[k];
        }
    }
    1.0 / sum
}

/// Returns the largest singular value, from the Gram matrix of the shorter side.
pub(crate) fn spectral_norm(weights: &impl Weights) -> f64 {
    let (rows, columns) = weights.shape();
    let mut matrix = DMatrix::zeros(rows, columns);
    for j in 0..columns {
        weights.fan_out(j).for_each(|(i, w)| matrix[(i, j)] = f64::from(w));
    }
    let gram = if rows < columns { &matrix * matrix.transpose() } else { matrix.tr_mul(&matrix) };
    gram.symmetric_eigenvalues().max().max(0.0).sqrt()
}

/// Returns for each sample of `inputs`, shape (B, n_0), the bound 1/λ_max(Σ_{k=1..L} J_k Γ_k⁻¹ J_kᵀ), below
/// which the forward pass is a strict minimum to second order; it is infinite where nothing moves the
/// output.
///
/// J_k = ∂z_L/∂a_k, shape (n_L, n_k), is back-propagated from the n_L unit vectors; J_L = 1 for a linear
/// output. For any potential, J_k Γ_k⁻¹ J_kᵀ becomes V_k C_k V_kᵀ with V_k = ∂z_L/∂z_k and C_k the distance
/// that a force on z_k moves it: f'(a_k)/γ (Fenchel–Young), f'(a_k) + (1 − γ)/γ (element-wise distance) or
/// 1/γ (quadratic; a unit on its boundary can only leave it inwards, so there the bound is smaller than
/// necessary).
///
/// # Errors
/// Fails if the length of `inputs` doesn't fit the network.
pub fn local_bounds<W: Weights>(network: &Network<'_, W>, inputs: &[f32]) -> Result<Vec<f64>> {
    let samples = (ROWS / network.output_units()).max(1);
    let mut bounds = Vec::new();
    for inputs in inputs.chunks(samples * network.input_units()) {
        let samples = inputs.len() / network.input_units();
        let mut z = vec![0.0; samples * network.units()];
        network.infer(inputs, &mut z)?;
        bounds.extend(compliances(network, &z, samples).map(|matrix| {
            let largest = matrix.symmetric_eigenvalues().max();
            if largest > 0.0 { 1.0 / largest } else { f64::INFINITY }
        }));
    }
    Ok(bounds)
}

/// Returns Σ_k V_k C_k V_kᵀ, shape (n_L, n_L), for each sample: how far a force on the output moves it.
fn compliances<W: Weights>(
    network: &Network<'_, W>,
    z: &[f32],
    samples: usize,
) -> impl Iterator<Item = DMatrix<f64>> {
    let (output, outputs) = (network.output(), network.output_units());
    let rows = samples * outputs;
    // V of the blocks 1..=L: of each sample n_L rows, one an output.
    let mut v = vec![0.0; rows * network.units()];
    for (row, v) in v[network.range(output, rows)].chunks_exact_mut(outputs).enumerate() {
        v[row % outputs] = 1.0;
    }
    let mut sums = vec![DMatrix::zeros(outputs, outputs); samples];
    let mut through = Vec::new();
    for k in (1..=output).rev() {
        let block = network.blocks()[k];
        let units = block.size();
        let range = network.range(k, rows);
        let (below, v) = v.split_at_mut(range.start);
        let v = &v[..range.len()];
        through.clear();
        through.extend_from_slice(v);
        let of_samples = z[network.range(k, samples)].chunks_exact(units);
        for (through, z) in through.chunks_exact_mut(units * outputs).zip(of_samples) {
            through.chunks_exact_mut(units).for_each(|v| block.activation.backpropagate(units, z, v));
        }
        let gamma = network.gamma(k);
        let values = v.chunks_exact(units * outputs).zip(through.chunks_exact(units * outputs));
        for (sum, (v, through)) in sums.iter_mut().zip(values) {
            match block.potential {
                Potential::Quadratic => add_gram(sum, v, gamma, |gamma| 1.0 / gamma),
                Potential::Distance => {
                    add_gram(sum, through, gamma, |_| 1.0);
                    add_gram(sum, v, gamma, |gamma| (1.0 - gamma) / gamma);
                }
                Potential::FenchelYoung => add_gram(sum, through, gamma, |gamma| 1.0 / gamma),
            }
        }
        for (c, weights) in network.weights_into(k).filter(|(c, _)| c.from != 0) {
            weights.apply_transposed(&through, &mut below[network.range(c.from, rows)]);
        }
    }
    sums.into_iter()
}

/// Computes `sum` += V diag(weight(γ)) Vᵀ, where V is row-major with as many columns as there are γ.
fn add_gram(sum: &mut DMatrix<f64>, v: &[f32], gamma: &[f32], weight: impl Fn(f32) -> f32) {
    for (i, left) in v.chunks_exact(gamma.len()).enumerate() {
        for (j, right) in v.chunks_exact(gamma.len()).enumerate().take(i + 1) {
            let terms = left.iter().zip(right).zip(gamma);
            let product: f64 = terms.map(|((l, r), &gamma)| f64::from(l * r * weight(gamma))).sum();
            sum[(i, j)] += product;
            if i != j {
                sum[(j, i)] += product;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use fenchel_core::{Activation, Block, Connection, Graph};

    use super::*;
    use crate::Matrix;

    /// Relative tolerance of bounds that come from sums of a few `f32` products.
    const TOLERANCE: f64 = 1e-6;

    fn connection((from, to): (usize, usize)) -> Connection {
        Connection { from, to }
    }

    fn matrix(rows: usize, columns: usize, values: &[f32]) -> Matrix {
        Matrix::from_row_major(rows, columns, values)
    }

    fn close(value: f64, expected: f64) {
        assert!((value / expected - 1.0).abs() < TOLERANCE, "{value}, expected {expected}");
    }

    #[test]
    fn a_chain_of_single_units_and_a_skip() {
        let blocks = [1, 1, 1, 1].map(|units| Block::new(units, Activation::Relu));
        let chain = [(0, 1), (1, 2), (2, 3)].map(connection);
        let graph = Graph::new(&blocks, &chain).expect("fits");
        let weights = [5.0, -2.0, 3.0].map(|w| matrix(1, 1, &[w]));
        let (biases, gamma) = ([0.0, 9.0, 100.0], [0.5, 1.0, 4.0]);
        let network = Network::new(graph, &weights, &biases, &gamma).expect("fits");
        // z_1 reaches the output by 2·3, z_2 by 3.
        close(global_bound(&network), 1.0 / (36.0 / 0.5 + 9.0 + 0.25));
        let bounds = local_bounds(&network, &[1.0, -1.0, 0.5]).expect("fits");
        // a_1 = 5, −5, 2.5; a_2 = −1, 9, 4.
        close(bounds[0], 1.0 / 0.25);
        close(bounds[1], 1.0 / (9.0 + 0.25));
        close(bounds[2], 1.0 / (36.0 / 0.5 + 9.0 + 0.25));

        let skip = [(0, 1), (1, 2), (1, 3), (2, 3)].map(connection);
        let graph = Graph::new(&blocks, &skip).expect("fits");
        let weights = [5.0, -2.0, 1.0, 3.0].map(|w| matrix(1, 1, &[w]));
        let network = Network::new(graph, &weights, &biases, &gamma).expect("fits");
        close(global_bound(&network), 1.0 / (49.0 / 0.5 + 9.0 + 0.25));
        close(local_bounds(&network, &[0.5]).expect("fits")[0], 1.0 / (25.0 / 0.5 + 9.0 + 0.25));
    }

    #[test]
    fn other_potentials_and_a_simplex() {
        let relu = Block::new(1, Activation::Relu);
        let chain = [(0, 1), (1, 2)].map(connection);
        let weights = [1.0, 3.0].map(|w| matrix(1, 1, &[w]));
        for (potential, active, pinned) in [
            (Potential::FenchelYoung, 2.0, 0.0),
            (Potential::Quadratic, 2.0, 2.0),
            (Potential::Distance, 2.0, 1.0),
        ] {
            let blocks = [relu, Block { potential, ..relu }, Block::new(1, Activation::Linear)];
            let graph = Graph::new(&blocks, &chain).expect("fits");
            let network = Network::new(graph, &weights, &[0.0; 2], &[0.5, 1.0]).expect("fits");
            let bounds = local_bounds(&network, &[1.0, -1.0]).expect("fits");
            close(bounds[0], 1.0 / (9.0 * active + 1.0));
            close(bounds[1], 1.0 / (9.0 * pinned + 1.0));
        }
        let blocks = [relu, Block::new(3, Activation::Simplex)];
        let graph = Graph::new(&blocks, &chain[..1]).expect("fits");
        let weights = [matrix(3, 1, &[0.1, 0.2, -9.0])];
        let network = Network::new(graph, &weights, &[0.0; 3], &[0.5; 3]).expect("fits");
        // Two units stay above 0; a projection on their difference has the eigenvalue 1.
        close(local_bounds(&network, &[1.0]).expect("fits")[0], 0.5);
    }

    #[test]
    fn the_spectral_norm_is_the_largest_singular_value() {
        // (3, 4)ᵀ·(1, 2, 2): 5·3.
        let rank_one = matrix(2, 3, &[3.0, 6.0, 6.0, 4.0, 8.0, 8.0]);
        close(spectral_norm(&rank_one), 15.0);
        close(spectral_norm(&matrix(3, 2, &[3.0, 4.0, 6.0, 8.0, 6.0, 8.0])), 15.0);
        close(spectral_norm(&matrix(2, 2, &[0.0, -2.0, 1.0, 0.0])), 2.0);
    }
}
