//! Activations and potentials of one block in `f64`, each from its definition.
#![allow(clippy::needless_range_loop, reason = "indices as in the equations")]

use crate::graph::Vector;
use fenchel_core::{Activation, Potential};

/// Computes f(a) = Π_C(a) of a whole block.
pub fn project(activation: Activation, a: &[f64]) -> Vector {
    match activation {
        Activation::Simplex => project_on_simplex(a),
        elementwise => a.iter().map(|&a| project_unit(elementwise, a)).collect(),
    }
}

/// Computes f(a) = Π_C(a) of one unit.
pub fn project_unit(activation: Activation, a: f64) -> f64 {
    match activation {
        Activation::Linear => a,
        Activation::Relu => a.max(0.0),
        Activation::Clip { low, high } => a.max(low.into()).min(high.into()),
        Activation::Simplex => unimplemented!("a simplex has no units of their own"),
    }
}

/// Projects on the simplex: max(a − τ, 0) where, with a sorted downwards, τ = (Σ_{i≤n} a_i − 1)/n for the
/// largest n with a_n > τ.
fn project_on_simplex(a: &[f64]) -> Vector {
    let mut sorted = a.to_vec();
    sorted.sort_by(|x, y| y.total_cmp(x));
    let (mut sum, mut threshold) = (0.0, f64::NAN);
    for n in 1..=sorted.len() {
        sum += sorted[n - 1];
        let candidate = (sum - 1.0) / n as f64;
        if sorted[n - 1] > candidate {
            threshold = candidate;
        }
    }
    a.iter().map(|a| (a - threshold).max(0.0)).collect()
}

/// Returns f'(a) of one unit, 0 on the boundary of C.
pub fn derivative(activation: Activation, a: f64) -> f64 {
    let inside = match activation {
        Activation::Linear => true,
        Activation::Relu => a > 0.0,
        Activation::Clip { low, high } => f64::from(low) < a && a < f64::from(high),
        Activation::Simplex => unimplemented!("a simplex has no units of their own"),
    };
    if inside { 1.0 } else { 0.0 }
}

/// Computes Jᵀv with J the Jacobian of f at a. For the simplex, J_ij = δ_ij − 1/n among the n units above
/// 0.
pub fn backpropagate(activation: Activation, a: &[f64], v: &[f64]) -> Vector {
    let mut product = vec![0.0; a.len()];
    if activation == Activation::Simplex {
        let z = project(activation, a);
        let n = z.iter().filter(|&&z| z > 0.0).count() as f64;
        for i in 0..a.len() {
            for j in 0..a.len() {
                if z[i] > 0.0 && z[j] > 0.0 {
                    product[j] += v[i] * (if i == j { 1.0 } else { 0.0 } - 1.0 / n);
                }
            }
        }
    } else {
        for i in 0..a.len() {
            product[i] = derivative(activation, a[i]) * v[i];
        }
    }
    product
}

/// One block's potential.
#[derive(Clone, Copy, Debug)]
pub struct BlockPotential<'a> {
    /// Kind of the potential.
    pub potential: Potential,
    /// Activation f of the block.
    pub activation: Activation,
    /// Weights γ, one for each unit.
    pub gamma: &'a [f64],
}

impl BlockPotential<'_> {
    /// Returns the terms whose sum is the potential. z and f(a) are squared separately, because rounding is
    /// proportional to the size of each term.
    pub fn terms(&self, a: &[f64], z: &[f64]) -> Vec<f64> {
        let f = project(self.activation, a);
        let mut terms = Vec::new();
        let mut fenchel_young = |gamma: f64, z: f64, a: f64, f: f64| {
            terms.extend([0.5 * z * z, -z * a, a * f, -0.5 * f * f].map(|term| gamma * term));
        };
        match self.potential {
            Potential::FenchelYoung => {
                for i in 0..a.len() {
                    fenchel_young(self.gamma[i], z[i], a[i], f[i]);
                }
            }
            Potential::Quadratic => {
                for i in 0..a.len() {
                    terms.extend(
                        [0.5 * z[i] * z[i], -z[i] * f[i], 0.5 * f[i] * f[i]].map(|t| self.gamma[i] * t),
                    );
                }
            }
            Potential::Distance => {
                let own = self.own_activities(a, z);
                for i in 0..a.len() {
                    fenchel_young(1.0, own[i], a[i], f[i]);
                }
                for i in 0..a.len() {
                    let gamma = self.gamma[i];
                    if gamma < 1.0 {
                        terms.push(gamma / (2.0 * (1.0 - gamma)) * (z[i] - own[i]).powi(2));
                    }
                }
            }
        }
        terms
    }

    /// Returns the potential, the sum of its terms.
    pub fn value(&self, a: &[f64], z: &[f64]) -> f64 {
        self.terms(a, z).iter().sum()
    }

    /// Returns the minimiser z' = Π_C((1 − γ)a + γz) of the element-wise distance.
    pub fn own_activities(&self, a: &[f64], z: &[f64]) -> Vector {
        let mixed: Vector =
            (0..a.len()).map(|i| (1.0 - self.gamma[i]) * a[i] + self.gamma[i] * z[i]).collect();
        project(self.activation, &mixed)
    }

    /// Computes the forces u = −∂/∂a.
    pub fn forces(&self, a: &[f64], z: &[f64]) -> Vector {
        let f = project(self.activation, a);
        match self.potential {
            Potential::FenchelYoung => (0..a.len()).map(|i| self.gamma[i] * (z[i] - f[i])).collect(),
            Potential::Quadratic => (0..a.len())
                .map(|i| self.gamma[i] * derivative(self.activation, a[i]) * (z[i] - f[i]))
                .collect(),
            Potential::Distance => {
                let own = self.own_activities(a, z);
                (0..a.len()).map(|i| own[i] - f[i]).collect()
            }
        }
    }

    /// Converts an incoming force to the error on which the relaxation iterates: force/γ, or the force
    /// itself for the element-wise distance.
    pub fn errors(&self, force: &[f64]) -> Vector {
        let error = |i: usize| match self.potential {
            Potential::Distance => force[i],
            Potential::FenchelYoung | Potential::Quadratic => force[i] / self.gamma[i],
        };
        (0..force.len()).map(error).collect()
    }

    /// Returns argmin over z of potential − force·z, where force/γ (or force, for the element-wise
    /// distance) = e.
    pub fn activities(&self, a: &[f64], e: &[f64]) -> Vector {
        let base = self.base(a);
        let moved: Vector = base.iter().zip(e).map(|(base, e)| base + e).collect();
        let mut z = project(self.activation, &moved);
        if self.potential == Potential::Distance {
            for i in 0..z.len() {
                z[i] += e[i] * (1.0 - self.gamma[i]) / self.gamma[i];
            }
        }
        z
    }

    /// Returns what an error is added to: a, or f(a) for the quadratic potential.
    pub fn base(&self, a: &[f64]) -> Vector {
        match self.potential {
            Potential::Quadratic => project(self.activation, a),
            Potential::FenchelYoung | Potential::Distance => a.to_vec(),
        }
    }

    /// Returns −∂/∂z of unit i's potential (before the constraint z ∈ C), and a bound on ∂²/∂z².
    pub fn pull(&self, i: usize, a: &[f64], z: &[f64]) -> (f64, f64) {
        let gamma = self.gamma[i];
        match self.potential {
            Potential::FenchelYoung => (gamma * (a[i] - z[i]), gamma),
            Potential::Quadratic => (gamma * (project_unit(self.activation, a[i]) - z[i]), gamma),
            Potential::Distance if self.is_constrained(i) => (a[i] - z[i], 1.0),
            Potential::Distance => {
                let stiffness = gamma / (1.0 - gamma);
                (stiffness * (self.own_activities(a, z)[i] - z[i]), stiffness)
            }
        }
    }

    /// Returns whether z_i must be in C; for the element-wise distance only z' must be, unless γ = 1.
    pub fn is_constrained(&self, i: usize) -> bool {
        self.potential != Potential::Distance || self.gamma[i] == 1.0
    }

    /// Returns a bound on ∂²/∂a² of unit i's potential.
    pub fn stiffness(&self, i: usize) -> f64 {
        if self.potential == Potential::Distance { 1.0 } else { self.gamma[i] }
    }
}
