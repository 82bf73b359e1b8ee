//! Reads a PyTorch `state_dict` of linear layers: `NAME.weight`, shape (outputs, inputs), and `NAME.bias`.

use anyhow::Result;

use super::{Layer, Tensor};
use crate::error::{quoted, require};

/// Returns the layers in no particular order; [`super::order`] arranges them.
pub fn layers(place: &str, tensors: Vec<Tensor>) -> Result<Vec<Layer>> {
    let mut layers: Vec<Layer> = Vec::new();
    let mut biases: Vec<(String, String, Vec<f32>)> = Vec::new();
    for tensor in tensors {
        let here = format!("{place}, tensor {}", quoted(&tensor.name));
        let expected = "the weight (outputs, inputs) or bias (outputs) of a linear layer";
        let got = || format!("shape {:?}", tensor.shape);
        let name = |suffix| {
            tensor.name.strip_suffix(suffix).map(|name: &str| name.trim_end_matches('.').to_string())
        };
        if let Some(name) = name("weight") {
            let &[rows, columns] = tensor.shape.as_slice() else {
                return Err(super::bad(&here, expected, got()));
            };
            let weights = tensor.values;
            require!(
                layers.iter().all(|layer| layer.name != name),
                here,
                "one weight a layer",
                "a second one"
            );
            let biases = vec![0.0; if columns == 0 { 0 } else { rows }];
            layers.push(Layer { name, rows, columns, weights, biases, activation: None });
        } else if let Some(name) = name("bias") {
            require!(tensor.shape.len() == 1, here, expected, got());
            require!(biases.iter().all(|bias| bias.0 != name), here, "one bias a layer", "a second one");
            biases.push((name, here, tensor.values));
        } else {
            return Err(super::bad(&here, expected, "another name"));
        }
    }
    for (name, here, values) in biases {
        let layer = layers.iter_mut().find(|layer| layer.name == name);
        let layer = layer.ok_or_else(|| super::bad(&here, "a weight of the same layer", "none"))?;
        require!(values.len() == layer.rows, here, format!("{} values", layer.rows), values.len());
        layer.biases = values;
    }
    Ok(layers)
}
