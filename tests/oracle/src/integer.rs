//! Inference in integer arithmetic as docs/model.md defines it, with exact fractions and loops only: slow and obvious.
#![allow(clippy::needless_range_loop, reason = "indices as in the equations")]

use fenchel_core::Activation;

/// A connection: W_ij = scale_i · w_ij.
#[derive(Clone, Debug)]
pub struct Edge {
    /// Index of the block in which it starts.
    pub from: usize,
    /// Index of the block in which it ends.
    pub to: usize,
    /// Whole numbers w_ij, row after row.
    pub weights: Vec<Vec<i32>>,
    /// Scale of each row.
    pub scales: Vec<f32>,
}

/// A network in integer arithmetic. Every list over blocks has an entry for the input too.
#[derive(Clone, Debug)]
pub struct Network {
    /// Units n_k of the blocks 0..=L.
    pub sizes: Vec<usize>,
    /// Activation f_k of each block.
    pub activations: Vec<Activation>,
    /// The connections.
    pub edges: Vec<Edge>,
    /// Biases b_k of each block.
    pub biases: Vec<Vec<f32>>,
    /// Offset and factor of each input.
    pub scaling: Vec<(f32, f32)>,
}

/// n · 2^exponent.
#[derive(Clone, Copy)]
struct Fraction(i128, i32);

impl Fraction {
    /// The exact value, with a whole number of 24 bits unless the value is subnormal.
    fn of(value: f32) -> Self {
        let (mut n, mut exponent) = (f64::from(value), 0);
        while n != 0.0 && n.abs() < 8_388_608.0 && exponent > -149 {
            (n, exponent) = (n * 2.0, exponent - 1);
        }
        while n.abs() >= 16_777_216.0 {
            (n, exponent) = (n / 2.0, exponent + 1);
        }
        assert_eq!(n.fract(), 0.0);
        Self(n as i128, exponent)
    }

    /// ⌊n · 2^(exponent + bits) + ½⌋, or 2⁶¹ with the sign of n if that is more.
    fn rounded(self, bits: i32) -> i128 {
        let (Self(n, exponent), most) = (self, 1i128 << 61);
        let shift = exponent + bits;
        if n == 0 || shift < -120 {
            0
        } else if shift > 64 {
            n.signum() * most
        } else if shift >= 0 {
            (n << shift).clamp(-most, most)
        } else {
            (2 * n + (1 << -shift)).div_euclid(2 << -shift)
        }
    }

    /// The least whole number m with |value| ≤ 2^m.
    fn least_power(self) -> Option<i32> {
        (0..130).find(|&m| self.0.abs() <= 1 << m).filter(|_| self.0 != 0).map(|m| m + self.1)
    }
}

impl Network {
    /// The largest sum of a row's absolute weights among the connections that start in block k.
    fn norm(&self, k: usize) -> i64 {
        let edges = self.edges.iter().filter(|edge| edge.from == k);
        let rows = edges.flat_map(|edge| &edge.weights);
        rows.map(|row| row.iter().map(|w| i64::from(w.abs())).sum()).max().unwrap_or(0).max(1)
    }

    /// The largest size of the whole numbers of block k.
    pub fn largest(&self, k: usize) -> i64 {
        ((1i64 << 31) - 1).div_euclid(self.norm(k)).min(1 << 14)
    }

    /// The input's whole numbers.
    pub fn input(&self, raw: &[f64]) -> Vec<i64> {
        let mut q = Vec::new();
        for j in 0..self.sizes[0] {
            let (offset, factor) = self.scaling[j];
            let Fraction(mantissa, exponent) = Fraction::of(factor);
            // Raw values are f32 or whole numbers of 16 bits.
            let difference = Fraction::of(raw[j] as f32).rounded(exponent + 39)
                - Fraction::of(offset).rounded(exponent + 39);
            let difference = difference.clamp(-(1 << 38), 1 << 38);
            let x = Fraction(difference * mantissa, -39).rounded(0);
            let largest = i128::from(self.largest(0));
            q.push(x.clamp(-largest, largest) as i64);
        }
        q
    }

    /// The outputs, and their fraction bits.
    pub fn infer(&self, raw: &[f64]) -> (Vec<i64>, i32) {
        let mut q = vec![self.input(raw)];
        let mut t = vec![0];
        let output = self.sizes.len() - 1;
        for k in 1..=output {
            let into: Vec<&Edge> = self.edges.iter().filter(|edge| edge.to == k).collect();
            // The bound on |a| of each term as a power of two, and with it the fraction bits.
            let mut reach = -1000;
            for edge in &into {
                for i in 0..self.sizes[k] {
                    let Fraction(mantissa, exponent) = Fraction::of(edge.scales[i]);
                    let norm: i128 = edge.weights[i].iter().map(|w| i128::from(w.abs())).sum();
                    if let Some(power) = Fraction(mantissa * norm, exponent).least_power() {
                        reach = reach.max(power + 14 - t[edge.from]);
                    }
                }
            }
            let mut constants = self.biases[k].clone();
            if let Activation::Clip { low, high } = self.activations[k] {
                constants.extend([low, -high].into_iter().filter(|bound| bound.is_sign_positive()));
            }
            for constant in constants {
                // The least power of two above it.
                if constant != 0.0 {
                    let n = (-149..=128).find(|&n| f64::from(constant).abs() < 2f64.powi(n)).expect("finite");
                    reach = reach.max(n.max(-126));
                }
            }
            let terms = into.len() + 1;
            let room = (0..10).find(|&n| terms <= 1 << n).expect("few");
            let p = if k == output { 24 } else { 30 } - reach - room;
            let mut a = Vec::new();
            for i in 0..self.sizes[k] {
                let mut total = Fraction::of(self.biases[k][i]).rounded(p);
                for edge in &into {
                    let mut sum = 0i128;
                    for j in 0..self.sizes[edge.from] {
                        sum += i128::from(edge.weights[i][j]) * i128::from(q[edge.from][j]);
                    }
                    assert!(i32::try_from(sum).is_ok(), "the sum {sum} overflows");
                    let Fraction(mantissa, exponent) = Fraction::of(edge.scales[i]);
                    total += Fraction(sum * mantissa, exponent).rounded(p - t[edge.from]);
                }
                assert!(total.abs() <= (1 << 30) + 64, "the total {total} overflows");
                total = match self.activations[k] {
                    Activation::Linear => total,
                    Activation::Relu => total.max(0),
                    Activation::Clip { low, high } => {
                        total.max(Fraction::of(low).rounded(p)).min(Fraction::of(high).rounded(p))
                    }
                    Activation::Simplex => unreachable!("refused"),
                };
                a.push(total);
            }
            if k == output {
                return (a.into_iter().map(|a| a as i64).collect(), p);
            }
            // As many bits as the largest of the block needs.
            let width = (0..15).rev().find(|&n| 1 << n <= self.largest(k)).expect("at least 1");
            let bits = (0..32).find(|&n| a.iter().all(|&a| -(1i128 << n) <= a && a < 1 << n)).expect("fits");
            q.push(a.iter().map(|&a| Fraction(a, 0).rounded(width - bits) as i64).collect());
            t.push(p + width - bits);
        }
        unreachable!("there is an output")
    }
}
