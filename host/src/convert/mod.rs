//! Networks of other programs: multilayer perceptrons in and out.
//!
//! A new form is a file here and a row in [`import`]'s or [`Form`]'s list.

mod header;
mod layers;
pub(crate) mod npz;
mod onnx;
mod protobuf;
pub mod quantise;
mod safetensors;
mod state_dict;

use std::fmt::Display;

use anyhow::Result;
use fenchel_core::{Activation, Model};

use crate::store::model_file::ModelBytes;
use crate::{BadInput, Parameters};
pub use layers::Layer;
pub use npz::arrays;

/// The network in `file`, recognised by its first bytes: an ONNX model, safetensors or NPZ with a
/// PyTorch `state_dict`. `activations`: one for all hidden blocks, one each, or one each and one for
/// the output; none for what the file says, or ReLU and a linear output if it says nothing.
/// `place` is where errors say that it is. What is allocated is bounded by the file's size.
///
/// # Errors
/// [`BadInput`] for anything but a chain of linear layers with ReLU or nothing between, and for
/// weights that aren't finite; [`fenchel_core::Error`] for more or larger layers than core takes.
pub fn import(place: impl Display, file: &[u8], activations: &[Activation]) -> Result<Parameters> {
    let place = place.to_string();
    let layers = if file.starts_with(b"PK") {
        state_dict::layers(&place, npz::arrays(&place, file)?)?
    } else if file.get(8) == Some(&b'{') {
        state_dict::layers(&place, safetensors::tensors(&place, file)?)?
    } else {
        onnx::layers(&place, file)?
    };
    layers::parameters(&place, layers, activations)
}

/// What `fenchel export` writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Form {
    /// The model file, which every command and the firmware take
    Model,
    /// A PyTorch Sequential's state_dict
    Safetensors,
    /// The same names as arrays for numpy
    Npz,
    /// The model file's bytes in a C header, for core's C interface
    CHeader,
}

/// The model in that form.
///
/// # Errors
/// [`BadInput`] if safetensors or NPZ are to hold anything but a chain of linear layers with ReLU
/// between: they have no place for the rest.
pub fn write(form: Form, place: impl Display, bytes: &ModelBytes) -> Result<Vec<u8>> {
    let place = place.to_string();
    let model = bytes.model(&place)?;
    match form {
        Form::Model => Ok(bytes.to_vec()),
        Form::Safetensors => safetensors::write(&tensors(&place, &model)?),
        Form::Npz => npz::write(&tensors(&place, &model)?),
        Form::CHeader => Ok(header::write(bytes, &model).into_bytes()),
    }
}

/// An array by name, its values row after row.
#[derive(Clone, Debug)]
pub struct Tensor {
    /// As in the file.
    pub name: String,
    /// Length of each dimension.
    pub shape: Vec<usize>,
    /// As many as the shape says.
    pub values: Vec<f32>,
}

fn tensors(place: &str, model: &Model) -> Result<Vec<Tensor>> {
    let layers = layers::of_model(place, model)?;
    let tensors = layers.into_iter().enumerate().flat_map(|(index, layer)| {
        let name = |part: &str| format!("{}.{part}", 2 * index);
        let shape = vec![layer.rows, layer.columns];
        [
            Tensor { name: name("weight"), shape, values: layer.weights },
            Tensor { name: name("bias"), shape: vec![layer.rows], values: layer.biases },
        ]
    });
    Ok(tensors.collect())
}

/// The number of values in `shape`, unless it overflows.
fn count(shape: &[usize]) -> Option<usize> {
    shape.iter().try_fold(1usize, |n, &d| n.checked_mul(d))
}

fn bad(place: &str, expected: impl Display, got: impl Display) -> anyhow::Error {
    BadInput::new(place, expected, got).into()
}
