//! Reads ONNX models of linear layers: Gemm, or MatMul and Add, with Relu or Clip, and what can be folded
//! into them.

mod chain;
mod constant;
mod elements;
mod external;
mod proto;
mod shape;
mod tail;

use std::path::Path;

use anyhow::Result;
use fenchel_core::Activation;

use self::chain::Chain;
use self::constant::{Constant, Constants, cast_is_plain};
use self::external::Beside;
use self::proto::NodeProto;
use self::tail::Tail;
use super::affine::Affine;
use super::{Read, bad};
use crate::error::{quoted, require};

/// What errors expect in place of an operation that is no projection onto a convex set.
const ACTIVATIONS: &str = "Relu, Clip, or none between layers (train it with one of them)";

/// Reads the chain from the graph's input to its output; `folder` holds the weights that lie in other
/// files.
///
/// # Errors
/// Returns [`crate::BadInput`] for any other graph, and names the node.
pub fn read(place: &str, file: &[u8], folder: Option<&Path>) -> Result<Read> {
    let graph = proto::graph(place, file)?;
    let mut constants = Constants::new(place, &graph, Beside::new(folder))?;
    let mut inputs = graph.input.iter().filter(|input| !constants.has(&input.name));
    let (Some(input), None) = (inputs.next(), inputs.next()) else {
        return Err(bad(place, "a graph with one input", "another number"));
    };
    let (batch, sample) = shape::input(input);
    let mut chain = Chain::new(sample);
    let mut current = input.name.as_str();
    let mut tail = Tail::default();
    for (index, node) in graph.node.iter().enumerate() {
        let domain = if matches!(node.domain.as_str(), "" | "ai.onnx") { "" } else { node.domain.as_str() };
        let dot = if domain.is_empty() { "" } else { "." };
        let here = format!("{place}, node {index} ({})", quoted(&format!("{domain}{dot}{}", node.op_type)));
        if constants.compute(&here, node)? || tail.takes(&here, node, current, &chain, &constants)? {
            continue;
        }
        let Some(output) = node.output.first() else {
            return Err(bad(&here, "an output", "none"));
        };
        match domain {
            "" => step(&here, node, current, &mut chain, &constants, batch)?,
            "ai.onnx.ml" if node.op_type == "Scaler" => {
                takes(&here, node, current)?;
                let list = |name: &str| {
                    let floats = node.attribute(name).map(|attribute| attribute.floats.as_slice());
                    floats.unwrap_or_default().iter().map(|&value| f64::from(value)).collect::<Vec<_>>()
                };
                let (offset, scale) = (list("offset"), list("scale"));
                let some = !offset.is_empty() && !scale.is_empty();
                require!(some, here, "an offset and a scale", "none");
                chain.scale(&here, &Affine::scaling(&offset, &scale))?;
            }
            _ => return Err(bad(&here, "an operation of ONNX itself", "one of another domain")),
        }
        current = output;
    }
    require!(!chain.is_empty(), place, "at least one linear layer", "none");
    let ends = |name: &str| name == current || tail.has(name);
    let whole = !graph.output.is_empty() && graph.output.iter().all(|output| ends(&output.name));
    require!(whole, place, "the last node's value as the graph's output", "another");
    let note = tail.note();
    let (layers, scaling) = chain.finish(place)?;
    let classes =
        tail.classes.filter(|names| names.len() == layers.last().map_or(0, |last| last.rows.max(2)));
    Ok(Read { layers, scaling, class_names: classes, notes: note.into_iter().collect() })
}

/// Returns an error unless the node's first input is the current value.
fn takes(here: &str, node: &NodeProto, current: &str) -> Result<()> {
    let first = node.input.first().map_or("", String::as_str);
    require!(first == current, here, "the node before as its input, in one chain", quoted(first));
    Ok(())
}

/// Adds one node of ONNX's own operations.
fn step(
    here: &str,
    node: &NodeProto,
    current: &str,
    chain: &mut Chain,
    constants: &Constants,
    batch: Option<i64>,
) -> Result<()> {
    let commutes = matches!(node.op_type.as_str(), "Add" | "Mul" | "Sub");
    let swapped = commutes && node.input.get(1).is_some_and(|second| second == current);
    if !swapped {
        takes(here, node, current)?;
    }
    let operand = |index: usize| -> Result<_> {
        let name = node.input.get(index).filter(|name| !name.is_empty());
        name.map(|name| constants.get(here, name)).transpose()
    };
    let needed = |index: usize| operand(index)?.ok_or_else(|| bad(here, "another input", "none"));
    let plus = |values: Vec<f64>| Affine::new(vec![1.0], values);
    let times = |values: Vec<f64>| Affine::new(values, vec![0.0]);
    match node.op_type.as_str() {
        "Identity" => Ok(()),
        "Cast" => cast_is_plain(here, node),
        "Dropout" => match operand(2)? {
            Some(training) if training.values != [0.0] => {
                Err(bad(here, "training_mode = false (export the model for inference)", "true"))
            }
            _ => Ok(()),
        },
        "Flatten" => shape::flatten(here, node, chain),
        "Reshape" => shape::reshape(here, &*needed(1)?, node, chain, batch),
        "MatMul" => chain.push(here, &needed(1)?.transposed(here)?),
        "Gemm" => gemm(here, node, chain, &*needed(1)?, operand(2)?.as_deref()),
        "Add" | "Sub" | "Mul" | "Div" => {
            let other = needed(if swapped { 0 } else { 1 })?;
            let values = shape::broadcast(here, &other, chain.sample.as_deref())?;
            let negated = || values.iter().map(|value| -value).collect();
            let by = match (node.op_type.as_str(), swapped) {
                ("Add", _) => plus(values),
                ("Sub", false) => plus(negated()),
                ("Sub", true) => Affine::new(vec![-1.0], values),
                ("Mul", _) => times(values),
                (_, _) => times(values.iter().map(|value| 1.0 / value).collect()),
            };
            chain.scale(here, &by)
        }
        "BatchNormalization" => {
            let inference = node.integer("training_mode", 0) == 0;
            require!(inference, here, "training_mode = 0 (export the model for inference)", "another");
            let lists = [needed(1)?, needed(2)?, needed(3)?, needed(4)?];
            let [scale, bias, mean, variance] = lists.each_ref().map(|list| &list.values);
            let n = scale.len();
            let alike = [bias, mean, variance].iter().all(|list| list.len() == n);
            require!(alike, here, format!("four lists of {n}"), "others");
            let epsilon = node.float("epsilon", f64::from(1e-5f32));
            let factor: Vec<_> = scale.iter().zip(variance).map(|(s, v)| s / (v + epsilon).sqrt()).collect();
            let shift = bias.iter().zip(mean).zip(&factor).map(|((b, m), f)| b - m * f).collect();
            let repeat = shape::values_a_channel(here, n, chain.sample.as_deref())?;
            let each =
                |list: Vec<f64>| list.into_iter().flat_map(|v| std::iter::repeat_n(v, repeat)).collect();
            chain.scale(here, &Affine::new(each(factor), each(shift)))
        }
        "Relu" => chain.activate(here, Activation::Relu),
        "HardSigmoid" => {
            let (alpha, beta) = (node.float("alpha", f64::from(0.2f32)), node.float("beta", 0.5));
            require!(!chain.is_empty(), here, "a linear layer before it", "none");
            chain.scale(here, &Affine::new(vec![alpha], vec![beta]))?;
            chain.activate(here, Activation::Clip { low: 0.0, high: 1.0 })
        }
        "Clip" => {
            let bound = |index, name| -> Result<Option<f64>> {
                let listed = operand(index)?.and_then(|bound| bound.values.first().copied());
                Ok(listed.or(node.attribute(name).map(|bound| bound.f.into())))
            };
            let activation = match (bound(1, "min")?, bound(2, "max")?) {
                (Some(0.0), None) => Activation::Relu,
                (Some(low), Some(high)) => Activation::Clip { low: low as f32, high: high as f32 },
                (_, _) => return Err(bad(here, "two bounds, or 0 below", "others")),
            };
            chain.activate(here, activation)
        }
        "Tanh" | "Sigmoid" | "Elu" | "Selu" | "LeakyRelu" | "PRelu" | "Gelu" | "Softplus" | "Softsign"
        | "Erf" | "Softmax" | "HardSwish" | "Mish" | "Celu" => {
            Err(bad(here, ACTIVATIONS, quoted(&node.op_type)))
        }
        _ => Err(bad(here, "Gemm, MatMul and Add, Relu or Clip after them, or scaling", "another operation")),
    }
}

/// Adds a Gemm node, y = α·x·W + β·b.
fn gemm(
    here: &str,
    node: &NodeProto,
    chain: &mut Chain,
    weights: &Constant,
    bias: Option<&Constant>,
) -> Result<()> {
    require!(node.integer("transA", 0) == 0, here, "transA = 0", "1");
    if node.integer("transB", 0) == 0 {
        chain.push(here, &weights.transposed(here)?)?;
    } else {
        chain.push(here, weights)?;
    }
    let (alpha, beta) = (node.float("alpha", 1.0), node.float("beta", 1.0));
    let shift = match bias {
        None => vec![0.0],
        Some(bias) => {
            let values = shape::broadcast(here, bias, chain.sample.as_deref())?;
            values.iter().map(|value| beta * value).collect()
        }
    };
    chain.scale(here, &Affine::new(vec![alpha], shift))
}
