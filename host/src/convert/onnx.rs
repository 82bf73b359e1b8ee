//! ONNX models of linear layers: Gemm, or MatMul and Add, with Relu.

use anyhow::Result;
use fenchel_core::Activation;
use prost::Message;

use super::protobuf::{Field, elements};
use super::{Layer, Tensor, bad, count};
use crate::error::{printable, quoted, require};

// The messages of ONNX's onnx.proto, as far as a chain of layers needs them.

#[derive(Clone, PartialEq, Message)]
struct ModelProto {
    #[prost(message, optional, tag = "7")]
    graph: Option<GraphProto>,
}

#[derive(Clone, PartialEq, Message)]
struct GraphProto {
    #[prost(message, repeated, tag = "1")]
    node: Vec<NodeProto>,
    #[prost(message, repeated, tag = "5")]
    initializer: Vec<TensorProto>,
    #[prost(message, repeated, tag = "11")]
    input: Vec<ValueInfoProto>,
    #[prost(message, repeated, tag = "12")]
    output: Vec<ValueInfoProto>,
}

#[derive(Clone, PartialEq, Message)]
struct ValueInfoProto {
    #[prost(string, tag = "1")]
    name: String,
}

#[derive(Clone, PartialEq, Message)]
struct NodeProto {
    #[prost(string, repeated, tag = "1")]
    input: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    output: Vec<String>,
    #[prost(string, tag = "4")]
    op_type: String,
    #[prost(message, repeated, tag = "5")]
    attribute: Vec<AttributeProto>,
}

#[derive(Clone, PartialEq, Message)]
struct AttributeProto {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(float, tag = "2")]
    f: f32,
    #[prost(int64, tag = "3")]
    i: i64,
}

#[derive(Clone, PartialEq, Message)]
struct TensorProto {
    #[prost(int64, repeated, tag = "1")]
    dims: Vec<i64>,
    #[prost(int32, tag = "2")]
    data_type: i32,
    #[prost(float, repeated, tag = "4")]
    float_data: Vec<f32>,
    #[prost(string, tag = "8")]
    name: String,
    #[prost(bytes = "vec", tag = "9")]
    raw_data: Vec<u8>,
    #[prost(double, repeated, tag = "10")]
    double_data: Vec<f64>,
    #[prost(int32, tag = "14")]
    data_location: i32,
}

/// Where those messages hold others, or integers.
const FIELDS: &[(u64, Field)] = {
    const NODE: Field = Field::Message(&[(5, Field::Message(&[]))]);
    const TENSOR: Field = Field::Message(&[(1, Field::Integers)]);
    const VALUE: Field = Field::Message(&[]);
    &[(7, Field::Message(&[(1, NODE), (5, TENSOR), (11, VALUE), (12, VALUE)]))]
};

/// Most elements that are decoded, about 20 MB of them. A layer has about 50.
const MOST_ELEMENTS: usize = 100_000;

const FLOAT: i32 = 1;
const DOUBLE: i32 = 11;

/// The layers of the chain from the graph's input to its output.
pub fn layers(place: &str, file: &[u8]) -> Result<Vec<Layer>> {
    let elements = elements(file, FIELDS)
        .ok_or_else(|| bad(place, "safetensors, NPZ or an ONNX model", "none of them, or a damaged one"))?;
    let most = format!("at most {MOST_ELEMENTS} elements in an ONNX model");
    require!(elements <= MOST_ELEMENTS, place, most, elements);
    let model = ModelProto::decode(file)
        .map_err(|error| bad(place, "safetensors, NPZ or an ONNX model", printable(&error.to_string())))?;
    let graph = model.graph.ok_or_else(|| bad(place, "safetensors, NPZ or an ONNX model", "none of them"))?;
    let constants: Vec<Tensor> =
        graph.initializer.iter().map(|tensor| constant(place, tensor)).collect::<Result<_>>()?;
    let is_constant = |name: &str| constants.iter().any(|tensor| tensor.name == name);
    let mut inputs = graph.input.iter().filter(|input| !is_constant(&input.name));
    let (Some(input), None) = (inputs.next(), inputs.next()) else {
        return Err(bad(place, "a graph with one input", "another number"));
    };
    let mut current = input.name.as_str();
    let mut layers: Vec<Layer> = Vec::new();
    for (index, node) in graph.node.iter().enumerate() {
        let here = format!("{place}, node {index} ({})", quoted(&node.op_type));
        let constant = |name: Option<&String>| {
            let found = constants.iter().find(|tensor| Some(&tensor.name) == name);
            found.ok_or_else(|| bad(&here, "weights among the graph's initialisers", "a computed value"))
        };
        let [a, rest @ ..] = node.input.as_slice() else {
            return Err(bad(&here, "an input", "none"));
        };
        let swapped = node.op_type == "Add" && rest.first().is_some_and(|b| b == current);
        let (value, other) = if swapped { (current, Some(a)) } else { (a.as_str(), rest.first()) };
        require!(value == current, here, "the node before as its input, in one chain", quoted(value));
        match node.op_type.as_str() {
            "Identity" => {}
            "Flatten" if layers.is_empty() => {}
            "Relu" if layers.last().is_some_and(|layer| layer.activation == Some(Activation::Linear)) => {
                layers.last_mut().into_iter().for_each(|layer| layer.activation = Some(Activation::Relu));
            }
            "MatMul" => layers.push(layer(&here, constant(other)?, false)?),
            "Gemm" => {
                gemm_is_plain(&here, node)?;
                let transposed = node.attribute.iter().any(|a| a.name == "transB" && a.i != 0);
                let mut layer = layer(&here, constant(other)?, transposed)?;
                if let Some(bias) = rest.get(1).filter(|name| !name.is_empty()) {
                    add(&here, &mut layer, constant(Some(bias))?)?;
                }
                layers.push(layer);
            }
            "Add" if layers.last().is_some_and(|layer| layer.activation == Some(Activation::Linear)) => {
                let bias = constant(other)?;
                layers.last_mut().map_or(Ok(()), |layer| add(&here, layer, bias))?;
            }
            _ => return Err(bad(&here, "Gemm, MatMul and Add, or Relu after them", "another operation")),
        }
        let [output] = node.output.as_slice() else {
            return Err(bad(&here, "one output", node.output.len()));
        };
        current = output;
    }
    let ends = matches!(graph.output.as_slice(), [output] if output.name == current);
    require!(ends, place, "the last node's value as the graph's one output", "another");
    Ok(layers)
}

/// y = x·W + b, no more.
fn gemm_is_plain(here: &str, node: &NodeProto) -> Result<()> {
    for attribute in &node.attribute {
        let plain = match attribute.name.as_str() {
            "alpha" | "beta" => attribute.f == 1.0,
            "transA" => attribute.i == 0,
            "transB" => true,
            _ => false,
        };
        require!(plain, here, "alpha = beta = 1, transA = 0", format!("another {}", quoted(&attribute.name)));
    }
    Ok(())
}

/// W as (outputs, inputs) from the file's (inputs, outputs), or as it is if `transposed`.
fn layer(here: &str, tensor: &Tensor, transposed: bool) -> Result<Layer> {
    let &[first, second] = tensor.shape.as_slice() else {
        return Err(bad(here, "weights of two dimensions", format!("shape {:?}", tensor.shape)));
    };
    let (rows, columns) = if transposed { (first, second) } else { (second, first) };
    require!(rows > 0 && columns > 0, here, "at least one input and output", "none");
    let weights = if transposed {
        tensor.values.clone()
    } else {
        (0..rows).flat_map(|i| tensor.values.iter().skip(i).step_by(rows).copied()).collect()
    };
    let activation = Some(Activation::Linear);
    Ok(Layer { name: tensor.name.clone(), rows, columns, weights, biases: vec![0.0; rows], activation })
}

fn add(here: &str, layer: &mut Layer, bias: &Tensor) -> Result<()> {
    let fits = bias.values.len() == layer.rows && bias.shape.last() == Some(&layer.rows);
    require!(fits, here, format!("{} biases", layer.rows), format!("shape {:?}", bias.shape));
    layer.biases.iter_mut().zip(&bias.values).for_each(|(sum, value)| *sum += value);
    Ok(())
}

fn constant(place: &str, tensor: &TensorProto) -> Result<Tensor> {
    let here = format!("{place}, initialiser {}", quoted(&tensor.name));
    require!(tensor.data_location == 0, here, "its data in the file", "a file beside it");
    let raw = &tensor.raw_data;
    let values: Vec<f32> = match tensor.data_type {
        FLOAT if raw.is_empty() => tensor.float_data.clone(),
        FLOAT => raw.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect(),
        DOUBLE if raw.is_empty() => tensor.double_data.iter().map(|&value| value as f32).collect(),
        DOUBLE => raw.as_chunks().0.iter().map(|&bytes| f64::from_le_bytes(bytes) as f32).collect(),
        kind => return Err(bad(&here, "FLOAT (1) or DOUBLE (11)", kind)),
    };
    let shape: Vec<_> = tensor.dims.iter().map(|&d| usize::try_from(d).unwrap_or(usize::MAX)).collect();
    require!(count(&shape) == Some(values.len()), here, format!("values of shape {shape:?}"), values.len());
    Ok(Tensor { name: tensor.name.clone(), shape, values })
}
