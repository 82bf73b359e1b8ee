//! The mathematics in `f64`, written directly from the equations and with loops only: slow and obvious.
#![allow(clippy::needless_range_loop, reason = "indices as in the equations")]

use crate::potential::{BlockPotential, backpropagate, project};
use fenchel_core::{Activation, Potential};

/// Values of one block, shape (n_k).
pub type Vector = Vec<f64>;

/// A connection with its weights W_kj, shape (n_k, n_j).
#[derive(Clone, Debug)]
pub struct Edge {
    /// Index j of the block in which it starts.
    pub from: usize,
    /// Index k of the block in which it ends.
    pub to: usize,
    /// Weights W_kj, row after row.
    pub weights: Vec<Vector>,
}

/// A feed-forward graph of blocks (eq. 4). Every list over blocks has an entry for the input too.
#[derive(Clone, Debug)]
pub struct Graph {
    /// Units n_k of the blocks 0..=L.
    pub sizes: Vec<usize>,
    /// Activation f_k of each block.
    pub activations: Vec<Activation>,
    /// The potential of each block.
    pub potentials: Vec<Potential>,
    /// The connections.
    pub edges: Vec<Edge>,
    /// Biases b_k of each block.
    pub biases: Vec<Vector>,
    /// Weights γ_k of the potential of each block, one for each unit.
    pub gammas: Vec<Vector>,
}

/// One inference problem on one sample: min_z U + Σ g_k·z_k + s/2 ‖z_L‖² − r·z_L.
#[derive(Clone, Debug)]
pub struct Row {
    /// Input x, shape (n_0).
    pub x: Vector,
    /// Weight of ½‖z_L‖².
    pub s: f64,
    /// Weight r of −z_L, shape (n_L).
    pub r: Vector,
    /// Perturbation g_k of every block, zero if there is none.
    pub g: Vec<Vector>,
}

/// An energy, and the sum of its terms' absolute values, which rounding errors scale with.
#[derive(Clone, Copy, Debug)]
pub struct Energy {
    /// Value E of the energy.
    pub value: f64,
    /// Sum of the terms' absolute values, Σ |term|.
    pub magnitude: f64,
}

impl Graph {
    /// Returns the index L of the output block.
    pub fn output(&self) -> usize {
        self.sizes.len() - 1
    }

    /// Returns a list of zeros for every block.
    pub fn zeros(&self) -> Vec<Vector> {
        self.sizes.iter().map(|&n| vec![0.0; n]).collect()
    }

    /// Computes a_k = Σ_j W_kj z_j + b_k (eq. 4).
    pub fn preactivation(&self, k: usize, z: &[Vector]) -> Vector {
        let mut a = self.biases[k].clone();
        for edge in &self.edges {
            if edge.to == k {
                for i in 0..self.sizes[k] {
                    for j in 0..self.sizes[edge.from] {
                        a[i] += edge.weights[i][j] * z[edge.from][j];
                    }
                }
            }
        }
        a
    }

    /// Computes every a_k from all z_k.
    pub fn preactivations(&self, z: &[Vector]) -> Vec<Vector> {
        let mut a = self.zeros();
        for (k, a) in a.iter_mut().enumerate().skip(1) {
            *a = self.preactivation(k, z);
        }
        a
    }

    /// Computes f_k(a_k).
    pub fn activity(&self, k: usize, a: &[f64]) -> Vector {
        project(self.activations[k], a)
    }

    /// Returns the potential of block k.
    pub fn potential(&self, k: usize) -> BlockPotential<'_> {
        BlockPotential {
            potential: self.potentials[k],
            activation: self.activations[k],
            gamma: &self.gammas[k],
        }
    }

    /// Computes the plain forward pass: z_0 = x, z_k = f(a_k).
    pub fn forward(&self, x: &[f64]) -> Vec<Vector> {
        let mut z = self.zeros();
        z[0] = x.to_vec();
        for k in 1..=self.output() {
            z[k] = self.activity(k, &self.preactivation(k, &z));
        }
        z
    }

    /// Computes the energy E(z).
    pub fn energy(&self, row: &Row, z: &[Vector]) -> Energy {
        let a = self.preactivations(z);
        let mut energy = Energy { value: 0.0, magnitude: 0.0 };
        let mut add = |term: f64| {
            energy.value += term;
            energy.magnitude += term.abs();
        };
        for k in 1..=self.output() {
            self.potential(k).terms(&a[k], &z[k]).into_iter().for_each(&mut add);
            for (g, z) in row.g[k].iter().zip(&z[k]) {
                add(g * z);
            }
        }
        for (z, r) in z[self.output()].iter().zip(&row.r) {
            add(0.5 * row.s * z * z);
            add(-r * z);
        }
        energy
    }

    /// Computes the forces u_k = −∂E/∂a_k of every block.
    pub fn forces(&self, a: &[Vector], z: &[Vector]) -> Vec<Vector> {
        let mut u = self.zeros();
        for k in 1..=self.output() {
            u[k] = self.potential(k).forces(&a[k], &z[k]);
        }
        u
    }

    /// Computes the feedback Σ_m W_mkᵀ u_m into block k.
    pub fn feedback(&self, k: usize, u: &[Vector]) -> Vector {
        let mut sum = vec![0.0; self.sizes[k]];
        for edge in self.edges.iter().filter(|edge| edge.from == k) {
            for m in 0..self.sizes[edge.to] {
                for i in 0..self.sizes[k] {
                    sum[i] += edge.weights[m][i] * u[edge.to][m];
                }
            }
        }
        sum
    }

    /// Computes ∂E/∂W and ∂E/∂b at a stationary z, by the envelope theorem: −u_k z_jᵀ and −u_k. The result
    /// is flat: the weights of every edge row after row, then the biases of the blocks 1..=L.
    pub fn gradient(&self, z: &[Vector], u: &[Vector]) -> Vector {
        let mut gradient = Vec::new();
        for edge in &self.edges {
            for u in &u[edge.to] {
                for z in &z[edge.from] {
                    gradient.push(-u * z);
                }
            }
        }
        for u in &u[1..] {
            for u in u {
                gradient.push(-u);
            }
        }
        gradient
    }

    /// Computes the gradient of ½‖z_L − y‖² by back-propagation, flat as [`gradient`](Self::gradient).
    pub fn backpropagation(&self, x: &[f64], y: &[f64]) -> Vector {
        let z = self.forward(x);
        let a = self.preactivations(&z);
        let mut minus_delta = self.zeros();
        for k in (1..=self.output()).rev() {
            let mut sum = self.feedback(k, &minus_delta);
            if k == self.output() {
                sum = y.iter().zip(&z[k]).map(|(y, z)| y - z).collect();
            }
            minus_delta[k] = backpropagate(self.activations[k], &a[k], &sum);
        }
        self.gradient(&z, &minus_delta)
    }

    /// Returns the parameter at this index of a flat [`gradient`](Self::gradient).
    pub fn parameter_mut(&mut self, place: usize) -> &mut f64 {
        let weights = self.edges.iter_mut().flat_map(|edge| edge.weights.iter_mut().flatten());
        weights.chain(self.biases[1..].iter_mut().flatten()).nth(place).expect("a parameter")
    }
}
