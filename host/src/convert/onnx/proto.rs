//! The messages of ONNX's onnx.proto, as far as a chain of layers needs them.

use anyhow::Result;
use prost::Message;

use super::elements::{Field, elements};
use crate::convert::bad;
use crate::error::{printable, require};

#[derive(Clone, PartialEq, Message)]
struct ModelProto {
    #[prost(message, optional, tag = "7")]
    graph: Option<GraphProto>,
}

#[derive(Clone, PartialEq, Message)]
pub struct GraphProto {
    #[prost(message, repeated, tag = "1")]
    pub node: Vec<NodeProto>,
    #[prost(message, repeated, tag = "5")]
    pub initializer: Vec<TensorProto>,
    #[prost(message, repeated, tag = "11")]
    pub input: Vec<ValueInfoProto>,
    #[prost(message, repeated, tag = "12")]
    pub output: Vec<ValueInfoProto>,
}

#[derive(Clone, PartialEq, Message)]
pub struct ValueInfoProto {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(message, optional, tag = "2")]
    pub kind: Option<TypeProto>,
}

#[derive(Clone, PartialEq, Message)]
pub struct TypeProto {
    #[prost(message, optional, tag = "1")]
    pub tensor: Option<TensorTypeProto>,
}

#[derive(Clone, PartialEq, Message)]
pub struct TensorTypeProto {
    #[prost(message, optional, tag = "2")]
    pub shape: Option<ShapeProto>,
}

#[derive(Clone, PartialEq, Message)]
pub struct ShapeProto {
    #[prost(message, repeated, tag = "1")]
    pub dim: Vec<DimensionProto>,
}

#[derive(Clone, PartialEq, Message)]
pub struct DimensionProto {
    #[prost(int64, tag = "1")]
    pub value: i64,
}

#[derive(Clone, PartialEq, Message)]
pub struct NodeProto {
    #[prost(string, repeated, tag = "1")]
    pub input: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    pub output: Vec<String>,
    #[prost(string, tag = "4")]
    pub op_type: String,
    #[prost(message, repeated, tag = "5")]
    pub attribute: Vec<AttributeProto>,
    #[prost(string, tag = "7")]
    pub domain: String,
}

impl NodeProto {
    /// Returns the attribute with that name.
    pub fn attribute(&self, name: &str) -> Option<&AttributeProto> {
        self.attribute.iter().find(|attribute| attribute.name == name)
    }

    /// Returns a whole number among the attributes.
    pub fn integer(&self, name: &str, default: i64) -> i64 {
        self.attribute(name).map_or(default, |attribute| attribute.i)
    }

    /// Returns a number among the attributes.
    pub fn float(&self, name: &str, default: f64) -> f64 {
        self.attribute(name).map_or(default, |attribute| attribute.f.into())
    }
}

#[derive(Clone, PartialEq, Message)]
pub struct AttributeProto {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(float, tag = "2")]
    pub f: f32,
    #[prost(int64, tag = "3")]
    pub i: i64,
    #[prost(message, optional, tag = "5")]
    pub t: Option<TensorProto>,
    #[prost(float, repeated, tag = "7")]
    pub floats: Vec<f32>,
    #[prost(int64, repeated, tag = "8")]
    pub ints: Vec<i64>,
    #[prost(bytes = "vec", repeated, tag = "9")]
    pub strings: Vec<Vec<u8>>,
}

#[derive(Clone, PartialEq, Message)]
pub struct TensorProto {
    #[prost(int64, repeated, tag = "1")]
    pub dims: Vec<i64>,
    #[prost(int32, tag = "2")]
    pub data_type: i32,
    #[prost(float, repeated, tag = "4")]
    pub float_data: Vec<f32>,
    #[prost(int32, repeated, tag = "5")]
    pub int32_data: Vec<i32>,
    #[prost(bytes = "vec", repeated, tag = "6")]
    pub string_data: Vec<Vec<u8>>,
    #[prost(int64, repeated, tag = "7")]
    pub int64_data: Vec<i64>,
    #[prost(string, tag = "8")]
    pub name: String,
    #[prost(bytes = "vec", tag = "9")]
    pub raw_data: Vec<u8>,
    #[prost(double, repeated, tag = "10")]
    pub double_data: Vec<f64>,
    #[prost(message, repeated, tag = "13")]
    pub external_data: Vec<EntryProto>,
    #[prost(int32, tag = "14")]
    pub data_location: i32,
}

#[derive(Clone, PartialEq, Message)]
pub struct EntryProto {
    #[prost(string, tag = "1")]
    pub key: String,
    #[prost(string, tag = "2")]
    pub value: String,
}

/// Fields in which these messages hold others, or integers.
const FIELDS: &[(u64, Field)] = {
    const ENTRY: Field = Field::Message(&[]);
    const TENSOR: Field =
        Field::Message(&[(1, Field::Integers), (5, Field::Integers), (7, Field::Integers), (13, ENTRY)]);
    const ATTRIBUTE: Field = Field::Message(&[(5, TENSOR), (8, Field::Integers)]);
    const NODE: Field = Field::Message(&[(5, ATTRIBUTE)]);
    const SHAPE: Field = Field::Message(&[(1, Field::Message(&[]))]);
    const TYPE: Field = Field::Message(&[(1, Field::Message(&[(2, SHAPE)]))]);
    const VALUE: Field = Field::Message(&[(2, TYPE)]);
    &[(7, Field::Message(&[(1, NODE), (5, TENSOR), (11, VALUE), (12, VALUE)]))]
};

/// Most elements that are decoded; they take about 20 MB. A layer has about 50.
const MOST_ELEMENTS: usize = 100_000;

/// Returns the graph of an ONNX model.
///
/// # Errors
/// Returns [`crate::BadInput`] for anything else, and for more elements than a chain of layers could have.
pub fn graph(place: &str, file: &[u8]) -> Result<GraphProto> {
    const EXPECTED: &str = "safetensors, NPZ or an ONNX model";
    let elements =
        elements(file, FIELDS).ok_or_else(|| bad(place, EXPECTED, "none of them, or a damaged one"))?;
    let most = format!("at most {MOST_ELEMENTS} elements in an ONNX model");
    require!(elements <= MOST_ELEMENTS, place, most, elements);
    let model =
        ModelProto::decode(file).map_err(|error| bad(place, EXPECTED, printable(&error.to_string())))?;
    model.graph.ok_or_else(|| bad(place, EXPECTED, "none of them"))
}
