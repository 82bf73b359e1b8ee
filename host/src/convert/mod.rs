//! Imports and exports multilayer perceptrons of other programs.
//!
//! To add a form, add a file here and a row to [`import`]'s or [`Form`]'s list.

mod affine;
mod columns;
mod foreign;
mod half;
mod header;
pub mod integer;
mod layers;
pub(crate) mod npz;
mod onnx;
mod order;
pub mod quantise;
mod rust;
mod safetensors;
pub mod scaling_file;
mod state_dict;

use std::fmt::Display;
use std::path::Path;

use anyhow::Result;
use fenchel_core::{Activation, Model};

use crate::data::InputScaling;
use crate::error::require;
use crate::store::model_file::ModelBytes;
use crate::{BadInput, Parameters};
pub use affine::Affine;
pub use header::identifier;
pub use layers::Layer;
pub use npz::arrays;

/// Content of a file.
struct Read {
    /// Layers, lowest first.
    layers: Vec<Layer>,
    /// Scaling of the first layer's input.
    scaling: Affine,
    /// Names of the classes, if the file has them.
    class_names: Option<Vec<String>>,
    /// Sentences about what was assumed or left out.
    notes: Vec<String>,
}

/// What an import knows beside the file.
#[derive(Clone, Debug, Default)]
pub struct Hints<'a> {
    /// Activations: one for all hidden blocks, one for each, or one for each and the output; if empty,
    /// those of the file, or ReLU and a linear output if the file has none.
    pub activations: &'a [Activation],
    /// Names of the layers, lowest first; if empty, the order that their shapes and names suggest.
    pub order: &'a [String],
    /// Folder of the weights that an ONNX model keeps in other files; `None` if it may have none.
    pub folder: Option<&'a Path>,
    /// Scaling from raw values to the file's input; `None` if they are the same.
    pub scaling: Option<Affine>,
    /// Whether outputs are quantities rather than values of classes, in which case a single output stays
    /// single.
    pub quantities: bool,
}

/// A network that was imported from another program.
#[derive(Debug)]
pub struct Imported {
    /// Blocks, weights, biases and γ = 1.
    pub parameters: Parameters,
    /// Scaling from raw values to the input.
    pub scaling: InputScaling,
    /// Whether the file itself contains a scaling of its input.
    pub scales_itself: bool,
    /// Names of the classes, if the file has them.
    pub class_names: Option<Vec<String>>,
    /// Sentences about what was assumed or left out.
    pub notes: Vec<String>,
}

/// Reads the network in `file`, whose format is recognised by its first bytes: an ONNX model, or
/// safetensors or NPZ with a PyTorch `state_dict`. Errors name `place`. The memory that is allocated is
/// bounded by the file's size.
///
/// # Errors
/// Returns [`BadInput`] for anything but a chain of linear layers with projections or nothing between them,
/// and for weights that aren't finite; [`fenchel_core::Error`] for larger layers than core takes.
pub fn import(place: impl Display, file: &[u8], hints: &Hints) -> Result<Imported> {
    let place = place.to_string();
    foreign::refuse(&place, file)?;
    let tensors = if file.starts_with(b"PK") {
        Some(npz::arrays(&place, file)?)
    } else if file.get(8) == Some(&b'{') {
        Some(safetensors::tensors(&place, file)?)
    } else {
        None
    };
    let mut read = match tensors {
        Some(tensors) => {
            let layers = state_dict::layers(&place, tensors)?;
            let (layers, note) = order::arrange(&place, layers, hints.order)?;
            let notes = note.into_iter().collect();
            Read { layers, scaling: Affine::identity(), class_names: None, notes }
        }
        None => {
            let read = onnx::read(&place, file, hints.folder)?;
            require!(
                hints.order.is_empty(),
                "--order",
                "a file without an order of its own",
                "an ONNX model"
            );
            read
        }
    };
    let scales_itself = !read.scaling.is_identity();
    if let Some(scaling) = &hints.scaling {
        read.scaling = scaling.then(&read.scaling);
    }
    if !hints.quantities && layers::split_single_output(&mut read.layers, hints.activations) {
        let note =
            "its one output becomes two, 0 and itself: class 1 where it is above 0 (--task regress keeps it)";
        read.notes.push(note.into());
    }
    let scaling = layers::scale_input(&place, &mut read.layers, &read.scaling)?;
    let parameters = layers::parameters(&place, read.layers, hints.activations)?;
    Ok(Imported { parameters, scaling, scales_itself, class_names: read.class_names, notes: read.notes })
}

/// The forms that `fenchel export` writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Form {
    /// The model file, which every command and the firmware take
    Model,
    /// A PyTorch Sequential's state_dict
    Safetensors,
    /// The weights as NumPy arrays, with the same names
    Npz,
    /// The model file's bytes in a C header, for core's C interface
    CHeader,
    /// Sizes and class names as Rust constants, and an aligned include of the model file, which is written beside it
    Rust,
}

/// Writes the model in a form. `name` begins the names of a C header, and is the stem of the model file
/// that Rust includes.
///
/// # Errors
/// Returns [`BadInput`] if safetensors or NPZ are to hold anything but a chain of linear layers with ReLU
/// between: they have no place for the rest.
pub fn write(form: Form, place: impl Display, name: &str, bytes: &ModelBytes) -> Result<Vec<u8>> {
    let place = place.to_string();
    let model = bytes.model(&place)?;
    match form {
        Form::Model => Ok(bytes.to_vec()),
        Form::Safetensors => safetensors::write(&tensors(&place, &model)?),
        Form::Npz => npz::write(&tensors(&place, &model)?),
        Form::CHeader => Ok(header::write(&identifier(name), bytes, &model).into_bytes()),
        Form::Rust => Ok(rust::write(&format!("{name}.fenchel"), &model).into_bytes()),
    }
}

/// A named array, with its values row after row.
#[derive(Clone, Debug)]
pub struct Tensor {
    /// Name in the file.
    pub name: String,
    /// Length of each dimension.
    pub shape: Vec<usize>,
    /// Values, as many as the shape says.
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

/// Returns the number of values in `shape`, or `None` if it overflows.
fn count(shape: &[usize]) -> Option<usize> {
    shape.iter().try_fold(1usize, |n, &d| n.checked_mul(d))
}

fn bad(place: &str, expected: impl Display, got: impl Display) -> anyhow::Error {
    BadInput::new(place, expected, got).into()
}
