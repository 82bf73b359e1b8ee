//! A PyTorch `state_dict` of linear layers: `NAME.weight` (outputs, inputs) and `NAME.bias`.

use anyhow::Result;

use super::{Layer, Tensor};
use crate::error::{quoted, require};

/// The layers in the order of their names, numbers in names by value: fc2 before fc10.
pub fn layers(place: &str, mut tensors: Vec<Tensor>) -> Result<Vec<Layer>> {
    tensors.sort_by_cached_key(|tensor| order(&tensor.name));
    let mut layers: Vec<Layer> = Vec::new();
    let mut biases = Vec::new();
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
            let biases = vec![0.0; if columns == 0 { 0 } else { rows }];
            layers.push(Layer { name, rows, columns, weights, biases, activation: None });
        } else if let Some(name) = name("bias") {
            require!(tensor.shape.len() == 1, here, expected, got());
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

/// Text and numbers of a name in turn.
fn order(name: &str) -> Vec<(String, u64)> {
    let mut parts = vec![(String::new(), 0u64)];
    let mut in_number = false;
    for c in name.chars() {
        let digit = c.to_digit(10);
        if in_number && digit.is_none() {
            parts.push((String::new(), 0));
        }
        in_number = digit.is_some();
        if let Some((text, number)) = parts.last_mut() {
            match digit {
                Some(digit) => *number = number.saturating_mul(10).saturating_add(digit.into()),
                None => text.push(c),
            }
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    #[test]
    fn numbers_order_by_value() {
        let mut names = ["net.10.weight", "net.2.weight", "net.0.weight"];
        names.sort_by_cached_key(|name| super::order(name));
        assert_eq!(names, ["net.0.weight", "net.2.weight", "net.10.weight"]);
    }
}
