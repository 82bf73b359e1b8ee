//! A chain of linear layers: the form between those of files and [`Parameters`].

use anyhow::Result;
use fenchel_core::{Activation, MAX_BLOCKS, Model, Operator, Potential, Weights};

use super::Affine;
use crate::data::InputScaling;
use crate::error::{quoted, require};
use crate::{Architecture, Matrix, Parameters};

/// One layer σ(W z + b).
#[derive(Clone, Debug)]
pub struct Layer {
    /// Name of the layer, for errors.
    pub name: String,
    /// Number of outputs.
    pub rows: usize,
    /// Number of inputs.
    pub columns: usize,
    /// Weights W of shape (rows, columns), row after row.
    pub weights: Vec<f32>,
    /// Biases b, one for each row.
    pub biases: Vec<f32>,
    /// Activation σ, if the file gives one.
    pub activation: Option<Activation>,
}

/// Builds the network of these layers, lowest first, with γ = 1. `activations` are as [`Architecture::new`]
/// takes them; if empty, the layers' own are used.
pub fn parameters(place: &str, layers: Vec<Layer>, activations: &[Activation]) -> Result<Parameters> {
    let Some(first) = layers.first() else {
        return Err(super::bad(place, "at least one linear layer", "none"));
    };
    let most = MAX_BLOCKS - 1;
    require!(layers.len() <= most, place, format!("at most {most} linear layers"), layers.len());
    let mut sizes = vec![first.columns];
    for layer in &layers {
        let place = format!("{place}, layer {}", quoted(&layer.name));
        require!(layer.rows > 0 && layer.columns > 0, place, "at least one input and output", "none");
        let below = sizes.last().copied().unwrap_or(0);
        require!(
            layer.columns == below,
            place,
            format!("{below} inputs, as the layer below gives"),
            layer.columns
        );
        let finite = |values: &[f32]| values.iter().find(|value| !value.is_finite()).copied();
        if let Some(value) = finite(&layer.weights).or(finite(&layer.biases)) {
            return Err(super::bad(&place, "finite weights", value));
        }
        sizes.push(layer.rows);
    }
    let output = layers.len() - 1;
    let usual = |k| if k == output { Activation::Linear } else { Activation::Relu };
    let own: Vec<_> = layers.iter().enumerate().map(|(k, l)| l.activation.unwrap_or(usual(k))).collect();
    let activations = if activations.is_empty() { &own } else { activations };
    let architecture = Architecture::new(&sizes, activations, Potential::FenchelYoung, &[], &[])?;
    let biases = layers.iter().flat_map(|layer| layer.biases.iter().copied()).collect();
    let matrix = |layer: &Layer| Matrix::from_row_major(layer.rows, layer.columns, &layer.weights);
    let weights = layers.iter().map(matrix).collect();
    let Architecture { blocks, connections, gammas } = architecture;
    Ok(Parameters { blocks, connections, weights, biases, gammas })
}

/// Replaces a single linear output by two, 0 and itself, so that the index of the larger one is the class;
/// returns whether it did. The softmax of both is the sigmoid of the single one.
pub fn split_single_output(layers: &mut [Layer], activations: &[Activation]) -> bool {
    let of_hidden = activations.len() < layers.len() || layers.len() == 1;
    let given = activations.last().filter(|_| !of_hidden).copied();
    let Some(last) = layers.last_mut().filter(|last| last.rows == 1) else { return false };
    if given.or(last.activation).is_some_and(|activation| activation != Activation::Linear) {
        return false;
    }
    last.rows = 2;
    last.weights.splice(0..0, vec![0.0; last.columns]);
    last.biases.insert(0, 0.0);
    true
}

/// Returns the model's scaling of the raw values. The shift of a feature with factor 0, which always has
/// the same value, is added to the first layer's biases.
pub fn scale_input(place: &str, layers: &mut [Layer], scaling: &Affine) -> Result<InputScaling> {
    let Some(first) = layers.first_mut() else { return Ok(InputScaling::one(0.0, 1.0)) };
    let fits = scaling.elements() == 1 || scaling.elements() == first.columns;
    require!(fits, place, format!("scaling of 1 value or {}", first.columns), scaling.elements());
    require!(scaling.is_finite(), place, "finite scaling", "another");
    let alike = (1..scaling.elements()).all(|i| scaling.at(i) == scaling.at(0)) && scaling.at(0).0 != 0.0;
    let count = if alike { 1 } else { first.columns };
    let (mut offsets, mut factors) = (Vec::new(), Vec::new());
    for j in 0..count {
        let (factor, shift) = scaling.at(j);
        let constant = factor == 0.0;
        if constant {
            for (row, bias) in first.weights.chunks_exact(first.columns).zip(&mut first.biases) {
                let w = row.get(j).copied().unwrap_or(0.0);
                *bias = (f64::from(*bias) + f64::from(w) * shift) as f32;
            }
        }
        offsets.push(if constant || shift == 0.0 { 0.0 } else { (-shift / factor) as f32 });
        factors.push(factor as f32);
    }
    InputScaling::new(offsets, factors)
}

/// Returns the layers of a chain whose hidden blocks are ReLU and whose output is linear.
pub fn of_model(place: &str, model: &Model) -> Result<Vec<Layer>> {
    let network = model.network();
    let expected = "a chain of ReLU blocks with a linear output (a model file or a C header holds the rest)";
    let output = network.output();
    for (k, block) in network.blocks().iter().enumerate().skip(1) {
        let usual = if k == output { Activation::Linear } else { Activation::Relu };
        require!(block.activation == usual, place, expected, format!("{:?} in block {k}", block.activation));
    }
    let chain = network.connections().iter().all(|c| c.from + 1 == c.to);
    require!(chain, place, expected, "connections beside the chain");
    let layer = |(k, weights): (usize, &Operator)| {
        let (rows, columns) = weights.shape();
        let weights = (0..rows).flat_map(|i| weights.row(i)).collect();
        let biases = network.bias(k).to_vec();
        Layer { name: k.to_string(), rows, columns, weights, biases, activation: None }
    };
    Ok((1..).zip(network.weights()).map(layer).collect())
}
