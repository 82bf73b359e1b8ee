//! A model file with narrower weights.

use anyhow::Result;
use fenchel_core::{Edge, Model, ModelFields, PANEL, Precision, Weights, pack, packed_len};

use super::half::narrowed;
use crate::store::model_file::ModelBytes;

/// A form of weights as `fenchel export --weights` has it.
pub fn name(precision: Precision) -> String {
    format!("{precision:?}").to_lowercase()
}

/// The model with its weights in another form: half precision rounded to the nearest, int8 to the
/// nearest multiple of the row's largest magnitude over 127.
///
/// # Errors
/// If a weight is too large for half precision, or the result wouldn't load.
pub fn narrow(model: &Model, precision: Precision) -> Result<ModelBytes> {
    let network = model.network();
    let (mut parameters, mut edges) = (Vec::new(), Vec::new());
    for c in network.connections() {
        let (rows, columns) = c.weights.shape();
        let mut row_major: Vec<f32> = (0..rows).flat_map(|i| c.weights.row(i)).collect();
        if precision == Precision::Int8 {
            let scales = quantise(&mut row_major, columns);
            let padded = scales.iter().copied().chain(std::iter::repeat(0.0));
            parameters.extend(padded.take(rows.next_multiple_of(PANEL)).flat_map(f32::to_le_bytes));
        }
        let mut panels = vec![0.0; packed_len(rows, columns)];
        pack(rows, columns, &row_major, &mut panels);
        for weight in panels {
            match precision {
                Precision::F16 => parameters.extend(narrowed(weight)?.to_le_bytes()),
                Precision::Int8 => parameters.extend((weight as i8).to_le_bytes()),
                Precision::F32 => parameters.extend(weight.to_le_bytes()),
            }
        }
        edges.push(Edge { from: c.from as u8, to: c.to as u8 });
    }
    for k in 1..=network.output() {
        parameters.extend(network.bias(k).iter().flat_map(|b| b.to_le_bytes()));
    }
    for k in 1..=network.output() {
        parameters.extend(network.gamma(k).iter().flat_map(|gamma| gamma.to_le_bytes()));
    }
    let fields = ModelFields {
        training: *model.training(),
        scaling: model.scaling(),
        class_names: &model.class_names().collect::<Vec<_>>().join("\n"),
        blocks: network.blocks(),
        connections: &edges,
        precision,
        parameters: &parameters,
    };
    ModelBytes::of(&fields, "the narrowed model")
}

/// Weights to whole numbers from −127 to 127, in place; the scale of each row.
fn quantise(row_major: &mut [f32], columns: usize) -> Vec<f32> {
    let mut scales = Vec::new();
    for row in row_major.chunks_exact_mut(columns) {
        let largest = row.iter().fold(0.0, |largest: f32, w| largest.max(w.abs()));
        let scale = largest / 127.0;
        row.iter_mut().for_each(|w| *w = if scale == 0.0 { 0.0 } else { (*w / scale).round() });
        scales.push(scale);
    }
    scales
}
