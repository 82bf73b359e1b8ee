//! Constants of an ONNX graph: initialisers, Constant nodes, and what the graph computes from them alone.

use std::borrow::Cow;
use std::collections::HashMap;

use anyhow::Result;

use super::external::Beside;
use super::proto::{GraphProto, NodeProto, TensorProto};
use crate::convert::half::from_half;
use crate::convert::{bad, count};
use crate::error::{quoted, require};

/// ONNX's numbers for the types that weights, biases and shapes may have.
pub mod kind {
    pub const FLOAT: i32 = 1;
    pub const INT32: i32 = 6;
    pub const INT64: i32 = 7;
    pub const STRING: i32 = 8;
    pub const FLOAT16: i32 = 10;
    pub const DOUBLE: i32 = 11;
    pub const BFLOAT16: i32 = 16;
}

/// An array of numbers, row after row.
#[derive(Clone, Debug)]
pub struct Constant {
    pub name: String,
    pub shape: Vec<usize>,
    pub values: Vec<f64>,
}

impl Constant {
    /// Returns the array with its two dimensions exchanged.
    pub fn transposed(&self, place: &str) -> Result<Self> {
        let &[rows, columns] = self.shape.as_slice() else {
            return Err(bad(place, "weights of two dimensions", format!("shape {:?}", self.shape)));
        };
        let values =
            (0..columns).flat_map(|j| self.values.iter().skip(j).step_by(columns).copied()).collect();
        Ok(Self { name: self.name.clone(), shape: vec![columns, rows], values })
    }
}

/// The constants of a graph by name.
pub struct Constants<'a> {
    place: &'a str,
    initialisers: HashMap<&'a str, &'a TensorProto>,
    computed: HashMap<&'a str, Constant>,
    beside: Beside<'a>,
}

impl<'a> Constants<'a> {
    /// Collects the graph's initialisers.
    ///
    /// # Errors
    /// Returns [`crate::BadInput`] if two have the same name.
    pub fn new(place: &'a str, graph: &'a GraphProto, beside: Beside<'a>) -> Result<Self> {
        let mut initialisers = HashMap::new();
        for tensor in &graph.initializer {
            let first = initialisers.insert(tensor.name.as_str(), tensor).is_none();
            let here = format!("{place}, initialiser {}", quoted(&tensor.name));
            require!(first, here, "one of that name", "a second one");
        }
        Ok(Self { place, initialisers, computed: HashMap::new(), beside })
    }

    /// Returns whether `name` is a constant.
    pub fn has(&self, name: &str) -> bool {
        self.initialisers.contains_key(name) || self.computed.contains_key(name)
    }

    /// Returns the constant `name`, for the node `here`.
    ///
    /// # Errors
    /// Returns [`crate::BadInput`] if there is none, or its data are damaged or no numbers.
    pub fn get(&self, here: &str, name: &str) -> Result<Cow<'_, Constant>> {
        if let Some(constant) = self.computed.get(name) {
            return Ok(Cow::Borrowed(constant));
        }
        let tensor = self.initialisers.get(name);
        let tensor =
            tensor.ok_or_else(|| bad(here, "weights among the graph's constants", "a computed value"))?;
        let place = format!("{}, initialiser {}", self.place, quoted(name));
        Ok(Cow::Owned(self.decode(&place, tensor)?))
    }

    /// Returns the names in a list of classes, which holds strings or numbers.
    pub fn names(&self, here: &str, name: &str) -> Result<Vec<String>> {
        match self.initialisers.get(name) {
            Some(tensor) if tensor.data_type == kind::STRING => {
                Ok(tensor.string_data.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect())
            }
            _ => Ok(self.get(here, name)?.values.iter().map(f64::to_string).collect()),
        }
    }

    /// Computes a node whose inputs are all constants, and keeps its value; returns false for other nodes.
    pub fn compute(&mut self, here: &str, node: &'a NodeProto) -> Result<bool> {
        let standard = matches!(node.domain.as_str(), "" | "ai.onnx");
        if !standard || node.op_type != "Constant" && !node.input.first().is_some_and(|first| self.has(first))
        {
            return Ok(false);
        }
        let source = node.input.first().map_or("", String::as_str);
        let value = match node.op_type.as_str() {
            "Constant" => self.literal(here, node)?,
            "Identity" => self.get(here, source)?.into_owned(),
            "Cast" => {
                cast_is_plain(here, node)?;
                self.get(here, source)?.into_owned()
            }
            "Transpose" => {
                let plain = node.attribute("perm").is_none_or(|perm| perm.ints == [1, 0]);
                require!(plain, here, "perm = [1, 0]", "another order");
                self.get(here, source)?.transposed(here)?
            }
            _ => return Ok(false),
        };
        let [output] = node.output.as_slice() else {
            return Err(bad(here, "one output", node.output.len()));
        };
        require!(!self.has(output), here, "a value of a new name", quoted(output));
        self.computed.insert(output, value);
        Ok(true)
    }

    fn literal(&self, here: &str, node: &NodeProto) -> Result<Constant> {
        let [attribute] = node.attribute.as_slice() else {
            return Err(bad(here, "one value", node.attribute.len()));
        };
        let list = |values: Vec<f64>| Constant { name: String::new(), shape: vec![values.len()], values };
        let single = |value: f64| Constant { name: String::new(), shape: vec![], values: vec![value] };
        Ok(match attribute.name.as_str() {
            "value" => {
                let tensor = attribute.t.as_ref().ok_or_else(|| bad(here, "a tensor", "none"))?;
                self.decode(here, tensor)?
            }
            "value_float" => single(attribute.f.into()),
            "value_floats" => list(attribute.floats.iter().map(|&value| value.into()).collect()),
            "value_int" => single(attribute.i as f64),
            "value_ints" => list(attribute.ints.iter().map(|&value| value as f64).collect()),
            name => return Err(bad(here, "numbers", quoted(name))),
        })
    }

    fn decode(&self, here: &str, tensor: &TensorProto) -> Result<Constant> {
        let raw = match tensor.data_location {
            0 => Cow::Borrowed(tensor.raw_data.as_slice()),
            _ => Cow::Owned(self.beside.read(here, tensor)?),
        };
        let listed = |values: Vec<f64>| (values, 0);
        let (values, left) = if raw.is_empty() {
            match tensor.data_type {
                kind::FLOAT => listed(tensor.float_data.iter().map(|&value| value.into()).collect()),
                kind::DOUBLE => listed(tensor.double_data.clone()),
                kind::INT32 => listed(tensor.int32_data.iter().map(|&value| value.into()).collect()),
                kind::INT64 => listed(tensor.int64_data.iter().map(|&value| value as f64).collect()),
                kind::FLOAT16 => {
                    listed(tensor.int32_data.iter().map(|&bits| from_half(bits as u16).into()).collect())
                }
                kind::BFLOAT16 => listed(tensor.int32_data.iter().map(|&bits| brain(bits as u16)).collect()),
                other => return Err(bad(here, NUMBERS, format!("type {other}"))),
            }
        } else {
            let own = tensor.float_data.len() + tensor.double_data.len() + tensor.int32_data.len();
            require!(own + tensor.int64_data.len() == 0, here, "its values once", "in two fields");
            match tensor.data_type {
                kind::FLOAT => chunks(&raw, |bytes| f32::from_le_bytes(bytes).into()),
                kind::DOUBLE => chunks(&raw, f64::from_le_bytes),
                kind::INT32 => chunks(&raw, |bytes| i32::from_le_bytes(bytes).into()),
                kind::INT64 => chunks(&raw, |bytes| i64::from_le_bytes(bytes) as f64),
                kind::FLOAT16 => chunks(&raw, |bytes| from_half(u16::from_le_bytes(bytes)).into()),
                kind::BFLOAT16 => chunks(&raw, |bytes| brain(u16::from_le_bytes(bytes))),
                other => return Err(bad(here, NUMBERS, format!("type {other}"))),
            }
        };
        let shape: Vec<_> = tensor.dims.iter().map(|&d| usize::try_from(d).unwrap_or(usize::MAX)).collect();
        require!(left == 0, here, format!("values of shape {shape:?}"), format!("{left} bytes more"));
        require!(
            count(&shape) == Some(values.len()),
            here,
            format!("values of shape {shape:?}"),
            values.len()
        );
        Ok(Constant { name: tensor.name.clone(), shape, values })
    }
}

const NUMBERS: &str =
    "float32, float64, float16, bfloat16, int32 or int64 (quantised weights: export the float model)";

/// Converts every N bytes to a value; also returns how many bytes are left over.
fn chunks<const N: usize>(raw: &[u8], value: impl Fn([u8; N]) -> f64) -> (Vec<f64>, usize) {
    let (chunks, rest) = raw.as_chunks();
    (chunks.iter().map(|&bytes| value(bytes)).collect(), rest.len())
}

/// Returns the bfloat16 number with these bits.
fn brain(bits: u16) -> f64 {
    f32::from_bits(u32::from(bits) << 16).into()
}

/// Returns an error for a cast to anything but floats.
pub fn cast_is_plain(here: &str, node: &NodeProto) -> Result<()> {
    let to = node.integer("to", 0) as i32;
    let plain = matches!(to, kind::FLOAT | kind::DOUBLE | kind::FLOAT16);
    require!(plain, here, "float32, float64 or float16", format!("type {to}"));
    Ok(())
}
