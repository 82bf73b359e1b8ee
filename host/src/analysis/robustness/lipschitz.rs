//! How much a network can amplify a change of its input: a bound and local values, in units of output over
//! input.

use anyhow::Result;
use nalgebra::DMatrix;
use rayon::prelude::*;

use super::Samples;
use crate::Parameters;
use crate::analysis::nudge_bounds::spectral_norm;
use crate::model::backprop::Backprop;

/// Three estimates of a network's Lipschitz constant.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Lipschitz {
    /// An upper bound: the sum, over all paths from input to output, of the products of the weights'
    /// spectral norms; on a chain their product.
    pub product: f64,
    /// A lower bound: the largest spectral norm of ∂z_L/∂x over the samples.
    pub largest: f64,
    /// Mean spectral norm of ∂z_L/∂x over the samples.
    pub mean: f64,
}

impl Lipschitz {
    /// Computes the estimates of a network at `samples`. The local norms are exact: the square root of the
    /// largest eigenvalue of JJᵀ, with J from back-propagating every output.
    ///
    /// # Errors
    /// Fails if the samples don't fit the network.
    pub fn new(parameters: &Parameters, samples: &Samples) -> Result<Self> {
        let network = parameters.network();
        let (features, outputs) = (network.input_units(), network.output_units());
        let mut paths = vec![0.0; network.output() + 1];
        paths[0] = 1.0;
        for (c, weights) in network.connections().iter().zip(network.weights()) {
            paths[c.to] += spectral_norm(weights) * paths[c.from];
        }
        let pieces = samples.pieces(features);
        let norms: Result<Vec<Vec<f64>>> = pieces
            .into_par_iter()
            .map(|(input, labels)| {
                let rows = labels.len();
                let mut backprop = Backprop::default();
                backprop.forward(&network, input, &[])?;
                let mut jacobian = vec![vec![0.0; rows * features]; outputs];
                for (output, jacobian) in jacobian.iter_mut().enumerate() {
                    backprop.backward(&network, |_, delta| {
                        delta.fill(0.0);
                        delta.chunks_exact_mut(outputs).for_each(|delta| delta[output] = 1.0);
                    });
                    backprop.input_force(&network, jacobian);
                }
                let norm = |row: usize| {
                    let entry = |i: usize, j: usize| {
                        let part = |output: usize| &jacobian[output][row * features..(row + 1) * features];
                        let terms = part(i).iter().zip(part(j));
                        terms.map(|(a, b)| a * b).sum::<f32>().into()
                    };
                    let gram: DMatrix<f64> = DMatrix::from_fn(outputs, outputs, entry);
                    gram.symmetric_eigenvalues().max().max(0.0).sqrt()
                };
                Ok((0..rows).map(norm).collect())
            })
            .collect();
        let norms = norms?.concat();
        Ok(Self {
            product: paths[network.output()],
            largest: norms.iter().copied().fold(0.0, f64::max),
            mean: norms.iter().sum::<f64>() / norms.len() as f64,
        })
    }
}
