//! Builds a chain of layers from an ONNX graph, node by node.

use anyhow::Result;
use fenchel_core::{Activation, MAX_BLOCKS};

use super::constant::Constant;
use crate::convert::affine::Affine;
use crate::convert::{Layer, bad};
use crate::error::require;

/// The layers so far. Scaling before a layer and after its sum is folded into the layer.
pub struct Chain {
    layers: Vec<Linear>,
    /// Scaling from the graph's input to the first layer's.
    input: Affine,
    /// Scaling after the last layer's activation, to be folded into the next layer.
    pending: Affine,
    /// Dimensions of one sample of the current value, if the graph gives them.
    pub sample: Option<Vec<usize>>,
}

struct Linear {
    name: String,
    rows: usize,
    columns: usize,
    /// Weights of shape (rows, columns), row after row.
    weights: Vec<f64>,
    biases: Vec<f64>,
    activation: Activation,
}

impl Chain {
    /// Starts a chain at an input whose samples have these dimensions.
    pub fn new(sample: Option<Vec<usize>>) -> Self {
        Self { layers: Vec::new(), input: Affine::identity(), pending: Affine::identity(), sample }
    }

    /// Returns whether there is no layer yet.
    pub fn is_empty(&self) -> bool {
        self.layers.is_empty()
    }

    /// Returns the number of values of a sample, if it is known.
    pub fn width(&self) -> Option<usize> {
        self.sample.as_ref().map(|sample| sample.iter().product())
    }

    /// Returns whether the last layer's sum has no activation yet.
    fn is_sum(&self) -> bool {
        self.layers.last().is_some_and(|layer| layer.activation == Activation::Linear)
    }

    /// Adds a layer with weights of shape (outputs, inputs).
    pub fn push(&mut self, here: &str, weights: &Constant) -> Result<()> {
        let &[rows, columns] = weights.shape.as_slice() else {
            return Err(bad(here, "weights of two dimensions", format!("shape {:?}", weights.shape)));
        };
        require!(rows > 0 && columns > 0, here, "at least one input and output", "none");
        let most = format!("at most {} layers", MAX_BLOCKS - 1);
        require!(self.layers.len() < MAX_BLOCKS - 1, here, most, "more");
        if let Some(sample) = &self.sample {
            let expected = "one row of values a sample (Flatten before the first layer)";
            require!(sample.len() == 1, here, expected, format!("samples of shape {sample:?}"));
            require!(sample[0] == columns, here, format!("weights for {} inputs", sample[0]), columns);
        }
        let (mut weights, mut biases, name) = (weights.values.clone(), vec![0.0; rows], weights.name.clone());
        if !self.layers.is_empty() && !self.pending.is_identity() {
            for (row, bias) in weights.chunks_exact_mut(columns).zip(&mut biases) {
                for (j, w) in row.iter_mut().enumerate() {
                    let (factor, shift) = self.pending.at(j);
                    *bias += *w * shift;
                    *w *= factor;
                }
            }
        }
        self.pending = Affine::identity();
        self.layers.push(Linear { name, rows, columns, weights, biases, activation: Activation::Linear });
        self.sample = Some(vec![rows]);
        Ok(())
    }

    /// Scales the current value.
    pub fn scale(&mut self, here: &str, by: &Affine) -> Result<()> {
        require!(by.is_finite(), here, "finite numbers", "others");
        let width = self.width();
        let fits = by.elements() == 1 || width.is_none_or(|width| width == by.elements());
        let expected = format!("one number, or {} of them", width.unwrap_or(0));
        require!(fits, here, expected, by.elements());
        let sum = self.is_sum();
        if let Some(layer) = self.layers.last_mut().filter(|_| sum) {
            let rows = layer.weights.chunks_exact_mut(layer.columns).zip(&mut layer.biases);
            for (i, (row, bias)) in rows.enumerate() {
                let (factor, shift) = by.at(i);
                row.iter_mut().for_each(|w| *w *= factor);
                *bias = *bias * factor + shift;
            }
        } else if self.layers.is_empty() {
            self.input = self.input.then(by);
        } else {
            self.pending = self.pending.then(by);
        }
        if width.is_none() && by.elements() > 1 {
            self.sample = Some(vec![by.elements()]);
        }
        Ok(())
    }

    /// Applies an activation to the last layer's sum.
    pub fn activate(&mut self, here: &str, activation: Activation) -> Result<()> {
        let sum = self.is_sum();
        let Some(layer) = self.layers.last_mut().filter(|_| sum) else {
            return Err(bad(here, "a linear layer before it", "none"));
        };
        layer.activation = activation;
        Ok(())
    }

    /// Returns the layers, and the scaling of the first one's input.
    pub fn finish(self, place: &str) -> Result<(Vec<Layer>, Affine)> {
        let expected = "an activation as the last operation on the output, or none";
        require!(self.pending.is_identity(), place, expected, "scaling after it");
        let single = |values: Vec<f64>| values.into_iter().map(|value| value as f32).collect();
        let layer = |linear: Linear| Layer {
            name: linear.name,
            rows: linear.rows,
            columns: linear.columns,
            weights: single(linear.weights),
            biases: single(linear.biases),
            activation: Some(linear.activation),
        };
        Ok((self.layers.into_iter().map(layer).collect(), self.input))
    }
}
