//! The three schedules in `f64`, one row at a time, with everything computed afresh from the equations.
#![allow(clippy::needless_range_loop, reason = "indices as in the equations")]

use crate::graph::{Energy, Graph, Row, Vector};
use crate::potential::{project, project_unit};
use fenchel_core::{Activation, Schedule};

/// Activities and forces of one row.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// Activities z_k of the blocks 0..=L.
    pub z: Vec<Vector>,
    /// Forces u_k = −∂E/∂a_k of the blocks 0..=L.
    pub u: Vec<Vector>,
}

/// Energy and residual of one sweep.
#[derive(Clone, Copy, Debug)]
pub struct Sweep {
    /// Energy after the sweep.
    pub energy: Energy,
    /// Largest change of a hidden activity: in the next sweep (forward–backward) or in this one (other
    /// schedules).
    pub residual: f64,
}

/// Where a relaxation of one row ended.
#[derive(Clone, Debug)]
pub struct Relaxed {
    /// The state with a = W z + b.
    pub consistent: State,
    /// The state with the a before the last update of z, as `core` leaves it.
    pub updated: State,
    /// Energy and residual of every sweep.
    pub trace: Vec<Sweep>,
    /// The largest |θ| of Anderson's steps, at least 1. It is large where two residuals are nearly
    /// parallel, and multiplies their rounding errors.
    pub amplification: f64,
}

impl Graph {
    /// Makes `sweeps` (≥ 1) sweeps from the forward pass.
    pub fn relax(&self, row: &Row, schedule: Schedule, sweeps: u32) -> Relaxed {
        match schedule {
            Schedule::ForwardBackward => self.forward_backward(row, sweeps),
            Schedule::Unitwise => self.unitwise(row, sweeps),
            Schedule::Backward => self.backward(row, sweeps),
        }
    }

    /// Returns the forward pass with the output's minimiser on it.
    pub fn start(&self, row: &Row) -> Vec<Vector> {
        let mut z = self.forward(&row.x);
        z[self.output()] = self.best_output(row, &self.preactivations(&z));
        z
    }

    /// Returns argmin over z_L of γ(½z² − z·base) + g·z + s/2 z² − r·z, without the constraint z ∈ C; base
    /// = a, or f(a) for the quadratic potential.
    fn free_output(&self, row: &Row, a: &[Vector]) -> Vector {
        let k = self.output();
        let base = self.potential(k).base(&a[k]);
        let unit = |i: usize| {
            let gamma = self.gammas[k][i];
            (gamma * base[i] + row.r[i] - row.g[k][i]) / (gamma + row.s)
        };
        (0..self.sizes[k]).map(unit).collect()
    }

    /// Returns the same argmin with the constraint z ∈ C. It is a projection, because the curvature is the
    /// same in all directions.
    fn best_output(&self, row: &Row, a: &[Vector]) -> Vector {
        self.activity(self.output(), &self.free_output(row, a))
    }

    /// Computes, downwards from the output, the errors w_k of the force Σ_m W_mkᵀ u_m − g_k, on which the
    /// relaxation iterates, and u. They follow from ∂E/∂z_k = 0, with every u above at its new value.
    pub fn errors(&self, row: &Row, a: &[Vector]) -> (Vec<Vector>, Vec<Vector>) {
        let output = self.output();
        let mut w = self.zeros();
        let mut u = self.zeros();
        for k in (1..=output).rev() {
            let potential = self.potential(k);
            if k == output {
                let base = potential.base(&a[k]);
                w[k] = self.free_output(row, a).iter().zip(base).map(|(z, base)| z - base).collect();
            } else {
                let mut force = self.feedback(k, &u);
                for i in 0..self.sizes[k] {
                    force[i] -= row.g[k][i];
                }
                w[k] = potential.errors(&force);
            }
            u[k] = potential.forces(&a[k], &potential.activities(&a[k], &w[k]));
        }
        (w, u)
    }

    /// Returns z_k at errors e.
    fn moved(&self, k: usize, a: &[Vector], e: &[Vector]) -> Vector {
        self.potential(k).activities(&a[k], &e[k])
    }

    fn forward_backward(&self, row: &Row, sweeps: u32) -> Relaxed {
        let output = self.output();
        let mut z = self.start(row);
        let mut a = self.preactivations(&z);
        let (mut e, _) = self.errors(row, &a);
        let mut before: Option<(Vec<Vector>, Vec<Vector>)> = None;
        let mut consistent = None;
        let mut amplification: f64 = 1.0;
        let mut trace = Vec::new();
        for _ in 0..sweeps {
            for k in 1..output {
                a[k] = self.preactivation(k, &z);
                z[k] = self.moved(k, &a, &e);
            }
            a[output] = self.preactivation(output, &z);
            z[output] = self.best_output(row, &a);
            let (w, _) = self.errors(row, &a);
            let mut residual: f64 = 0.0;
            for k in 1..output {
                residual = residual.max(largest_change(&z[k], &self.moved(k, &a, &w)));
            }
            trace.push(Sweep { energy: self.energy(row, &z), residual });
            consistent = Some(State { z: z.clone(), u: self.forces(&a, &z) });
            let next = match &before {
                None => w.clone(),
                Some((e_before, w_before)) => {
                    let (next, theta) = self.anderson(&e, &w, e_before, w_before);
                    amplification = amplification.max(theta.abs());
                    next
                }
            };
            before = Some((e, w));
            e = next;
        }
        for k in 1..output {
            z[k] = self.moved(k, &a, &e);
        }
        let updated = State { u: self.forces(&a, &z), z };
        Relaxed { consistent: consistent.expect("a sweep"), updated, trace, amplification }
    }

    /// Returns w − θ(w − w') and θ, the minimiser of ‖r − θ(r − r')‖, r = w − e, over all hidden units.
    fn anderson(
        &self,
        e: &[Vector],
        w: &[Vector],
        e_before: &[Vector],
        w_before: &[Vector],
    ) -> (Vec<Vector>, f64) {
        let (mut along, mut square) = (0.0, 0.0);
        for k in 1..self.output() {
            for i in 0..self.sizes[k] {
                let r = w[k][i] - e[k][i];
                let change = r - (w_before[k][i] - e_before[k][i]);
                along += r * change;
                square += change * change;
            }
        }
        let theta = if square > 0.0 { (along / square).clamp(-0.5, 1.0) } else { 0.0 };
        let mut next = w.to_vec();
        for k in 1..self.output() {
            for i in 0..self.sizes[k] {
                next[k][i] = w[k][i] - theta * (w[k][i] - w_before[k][i]);
            }
        }
        (next, theta)
    }

    fn backward(&self, row: &Row, sweeps: u32) -> Relaxed {
        let mut z = self.start(row);
        let mut last = None;
        let mut trace = Vec::new();
        for _ in 0..sweeps {
            let a = self.preactivations(&z);
            let (w, _) = self.errors(row, &a);
            let mut residual: f64 = 0.0;
            for k in 1..self.output() {
                let new = self.moved(k, &a, &w);
                residual = residual.max(largest_change(&z[k], &new));
                z[k] = new;
            }
            let updated = State { u: self.forces(&a, &z), z: z.clone() };
            let a = self.preactivations(&z);
            z[self.output()] = self.best_output(row, &a);
            let consistent = State { u: self.forces(&a, &z), z: z.clone() };
            trace.push(Sweep { energy: self.energy(row, &z), residual });
            last = Some((consistent, updated));
        }
        let (consistent, updated) = last.expect("a sweep");
        Relaxed { consistent, updated, trace, amplification: 1.0 }
    }

    fn unitwise(&self, row: &Row, sweeps: u32) -> Relaxed {
        let mut z = self.start(row);
        let mut trace = Vec::new();
        for _ in 0..sweeps {
            let mut residual: f64 = 0.0;
            for k in (1..self.output()).rev() {
                if self.activations[k] == Activation::Simplex {
                    let new = self.whole_block(row, &z, k);
                    residual = residual.max(largest_change(&z[k], &new));
                    z[k] = new;
                    continue;
                }
                for i in 0..self.sizes[k] {
                    let new = self.unit(row, &z, k, i);
                    residual = residual.max((new - z[k][i]).abs());
                    z[k][i] = new;
                }
            }
            z[self.output()] = self.best_output(row, &self.preactivations(&z));
            trace.push(Sweep { energy: self.energy(row, &z), residual });
        }
        let state = State { u: self.forces(&self.preactivations(&z), &z), z };
        Relaxed { consistent: state.clone(), updated: state, trace, amplification: 1.0 }
    }

    /// Updates one unit: z_i ← Π_C(z_i + (pull_i + Σ_m w_i·u_m − g_i)/(curvature_i + Σ_m Σ stiffness_m
    /// w_i²)). For the Fenchel–Young potential these are γ(a_i − z_i), γ and γ_m.
    fn unit(&self, row: &Row, z: &[Vector], k: usize, i: usize) -> f64 {
        let a = self.preactivations(z);
        let u = self.forces(&a, z);
        let potential = self.potential(k);
        let (pull, mut curvature) = potential.pull(i, &a[k], &z[k]);
        let descent = pull + self.feedback(k, &u)[i] - row.g[k][i];
        for edge in self.edges.iter().filter(|edge| edge.from == k) {
            for m in 0..self.sizes[edge.to] {
                curvature += self.potential(edge.to).stiffness(m) * edge.weights[m][i].powi(2);
            }
        }
        let free = z[k][i] + descent / curvature;
        if potential.is_constrained(i) { project_unit(self.activations[k], free) } else { free }
    }

    /// Updates a whole block: z_k ← Π_C(z_k + (γ(a_k − z_k) + Σ_m W_mkᵀ u_m − g_k)/(γ + Σ_m Σ_i Σ_j
    /// stiffness_m w_ij²)), a step of the projected gradient, for units that must move together.
    fn whole_block(&self, row: &Row, z: &[Vector], k: usize) -> Vector {
        let a = self.preactivations(z);
        let u = self.forces(&a, z);
        let gamma = self.gammas[k][0];
        let mut curvature = gamma;
        for edge in self.edges.iter().filter(|edge| edge.from == k) {
            for m in 0..self.sizes[edge.to] {
                for w in &edge.weights[m] {
                    curvature += self.potential(edge.to).stiffness(m) * w * w;
                }
            }
        }
        let feedback = self.feedback(k, &u);
        let free: Vector = (0..self.sizes[k])
            .map(|i| z[k][i] + (gamma * (a[k][i] - z[k][i]) + feedback[i] - row.g[k][i]) / curvature)
            .collect();
        project(self.activations[k], &free)
    }
}

fn largest_change(before: &[f64], after: &[f64]) -> f64 {
    before.iter().zip(after).fold(0.0, |largest, (before, after)| f64::max(largest, (after - before).abs()))
}
