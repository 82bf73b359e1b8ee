//! Writes models in other forms.

use std::path::Path;

use anyhow::Result;
use fenchel::convert::quantise::quantise;
use fenchel::convert::{self, Form, identifier};
use fenchel::store::files;
use fenchel::store::model_file::{self, ModelBytes};
use fenchel_core::{Bounds, Header, Input, ModelFields, Precision, Scaling};

use crate::guard::bad;
use crate::model::Model;
use crate::values::choice;

/// Writes the model file `bytes` to `path` in `form`; returns the number of bytes. A Rust source includes the model
/// file, which is then written beside it.
pub fn write(bytes: &ModelBytes, path: &Path, form: &str, name: Option<String>) -> Result<usize> {
    let form = choice::<Form>("format", form)?;
    let stem = || path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let named = matches!(form, Form::CHeader | Form::Rust);
    let name = match name {
        Some(name) if !named || name != identifier(&name) => {
            let expected = "letters, digits and underscores, a letter first, for c-header or rust";
            return Err(bad("name", expected, format!("{name:?}")));
        }
        Some(name) => name,
        None => stem(),
    };
    let written = convert::write(form, path.display(), &name, bytes)?;
    if form == Form::Rust {
        let model = path.with_file_name(format!("{name}.fenchel"));
        if model == path {
            return Err(bad(path.display(), "a name that ends in .rs", "the model file's"));
        }
        files::write(&model, bytes)?;
    }
    files::write(path, &written)?;
    Ok(written.len())
}

/// Returns the model with narrower weights.
pub fn quantised(model: &fenchel_core::Model, weights: &str) -> Result<Model> {
    let precision = match weights {
        "f32" => Precision::F32,
        "f16" => Precision::F16,
        "int8" => Precision::Int8,
        other => return Err(bad("weights", "f32, f16 or int8", format!("{other:?}"))),
    };
    Model::new(quantise(model, precision)?)
}

/// Returns the model for raw values that it scales by `offsets` and `factors`, one pair for each feature.
pub fn with_scaling(model: &fenchel_core::Model, offsets: &[f32], factors: &[f32]) -> Result<Model> {
    let fields = model.fields();
    let input = fields.header.input;
    let scaling = Scaling::new(offsets, factors)?;
    // The range of the scaled training values stays, spread over as many pairs.
    let spread = |values: &[f32]| -> Vec<f32> {
        let run = (offsets.len() / values.len().max(1)).max(1);
        values.iter().flat_map(|&value| std::iter::repeat_n(value, run)).collect()
    };
    let bounds = input.bounds.map(|Bounds { low, high }| (spread(low), spread(high)));
    let bounds = bounds.as_ref().map(|(low, high)| Bounds { low, high });
    let header = Header { input: Input { scaling, bounds, ..input }, ..fields.header };
    Model::new(model_file::write(&ModelFields { header, ..fields })?)
}
