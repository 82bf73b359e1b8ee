//! The map y = factor·x + shift, element by element in f64, which stands before or after a layer and is
//! folded into it.

/// A factor and a shift, one for all elements or one for each.
#[derive(Clone, Debug, PartialEq)]
pub struct Affine {
    /// Factors: one, or one for each element.
    pub factor: Vec<f64>,
    /// Shifts, as many as factors.
    pub shift: Vec<f64>,
}

impl Affine {
    /// Returns the map that changes nothing.
    pub fn identity() -> Self {
        Self { factor: vec![1.0], shift: vec![0.0] }
    }

    /// Builds a map from as many factors as shifts, or from one of either.
    pub fn new(factor: Vec<f64>, shift: Vec<f64>) -> Self {
        let n = factor.len().max(shift.len());
        Self { factor: spread(factor, n), shift: spread(shift, n) }
    }

    /// Returns the map (x − offset)·factor.
    pub fn scaling(offset: &[f64], factor: &[f64]) -> Self {
        let n = offset.len().max(factor.len());
        let factor = spread(factor.to_vec(), n);
        let shift = spread(offset.to_vec(), n).iter().zip(&factor).map(|(offset, f)| -offset * f).collect();
        Self { factor, shift }
    }

    /// Returns the number of elements, 1 if all are alike.
    pub fn elements(&self) -> usize {
        self.factor.len()
    }

    /// Returns factor and shift of element `i`.
    pub fn at(&self, i: usize) -> (f64, f64) {
        let i = if self.elements() == 1 { 0 } else { i };
        (self.factor.get(i).copied().unwrap_or(1.0), self.shift.get(i).copied().unwrap_or(0.0))
    }

    /// Returns the composition of this map and then `next`.
    pub fn then(&self, next: &Self) -> Self {
        let pairs = (0..self.elements().max(next.elements())).map(|i| {
            let ((f, t), (g, u)) = (self.at(i), next.at(i));
            (g * f, g * t + u)
        });
        let (factor, shift) = pairs.unzip();
        Self { factor, shift }
    }

    /// Returns whether the map changes nothing.
    pub fn is_identity(&self) -> bool {
        self.factor.iter().all(|&f| f == 1.0) && self.shift.iter().all(|&t| t == 0.0)
    }

    /// Returns whether all numbers are finite.
    pub fn is_finite(&self) -> bool {
        self.factor.iter().chain(&self.shift).all(|value| value.is_finite())
    }
}

fn spread(values: Vec<f64>, n: usize) -> Vec<f64> {
    if let [value] = values[..] { vec![value; n] } else { values }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_after_the_other() {
        let scaling = Affine::scaling(&[2.0, 4.0], &[0.5]);
        assert_eq!((scaling.at(0), scaling.at(1)), ((0.5, -1.0), (0.5, -2.0)));
        let both = scaling.then(&Affine::new(vec![2.0], vec![1.0]));
        assert_eq!((both.at(0), both.at(1)), ((1.0, -1.0), (1.0, -3.0)));
        assert!(Affine::identity().is_identity());
    }
}
