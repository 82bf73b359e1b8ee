//! Writes a model file with narrower weights.

use anyhow::Result;
use fenchel_core::{
    Bounds, Model, ModelFields, Operator, PANEL, Packed, Precision, Scaling, Weights, pack, packed_len,
};

use super::columns;
use super::half::to_half;
use crate::store::model_file::{self, ModelBytes};

/// Returns the name of a form of weights, as `fenchel export --weights` takes it.
pub fn name(precision: Precision) -> String {
    format!("{precision:?}").to_lowercase()
}

/// Returns the model with its weights in another form: half precision rounded to the nearest, int8 to the
/// nearest multiple of the row's largest magnitude over 127. Where columns of the input have such unequal
/// ranges that int8 would lose some, the difference moves into the input's factors.
///
/// # Errors
/// Fails if a weight is too large for half precision, or the result wouldn't load.
pub fn quantise(model: &Model, precision: Precision) -> Result<ModelBytes> {
    let fields = model.fields();
    let input = fields.header.input;
    let powers = if precision == Precision::Int8 { columns::powers(&model.network()) } else { None };
    let moved = powers.and_then(|powers| {
        let scaling = columns::multiplied(input.scaling, &powers)?;
        let bounds = input
            .bounds
            .map(|bounds| (columns::spread(bounds.low, &powers), columns::spread(bounds.high, &powers)));
        Some((powers, scaling, bounds))
    });
    let panels = fields.connections.iter().zip(fields.weights).map(|(c, weights)| {
        let powers = moved.as_ref().map(|moved| moved.0.as_slice()).filter(|_| c.from == 0);
        Panels::new(weights, precision, powers)
    });
    let panels = panels.collect::<Result<Vec<_>>>()?;
    let weights = fields.weights.iter().zip(&panels).map(|(weights, panels)| {
        let (rows, columns) = weights.shape();
        let packed = match panels {
            Panels::F32(values) => Packed::new(rows, columns, values),
            Panels::F16(values) => Packed::from_halves(rows, columns, values),
            Panels::Int8 { scales, values } => Packed::from_bytes(rows, columns, scales, values),
        };
        Ok(packed?.into())
    });
    let weights = weights.collect::<Result<Vec<_>>>()?;
    let mut header = fields.header;
    if let Some((_, (offsets, factors), bounds)) = &moved {
        header.input.scaling = Scaling::new(offsets, factors)?;
        header.input.bounds = bounds.as_ref().map(|(low, high)| Bounds { low, high });
    }
    model_file::write(&ModelFields { header, weights: &weights, ..fields })
}

/// A matrix's panels in one form of weights.
enum Panels {
    F32(Vec<f32>),
    F16(Vec<u16>),
    Int8 { scales: Vec<f32>, values: Vec<i8> },
}

impl Panels {
    /// Converts the weights to a form, with each column divided by its power of two.
    fn new(weights: &Operator, precision: Precision, powers: Option<&[f32]>) -> Result<Self> {
        let (rows, columns) = weights.shape();
        let mut row_major: Vec<f32> = (0..rows).flat_map(|i| weights.row(i)).collect();
        if let Some(powers) = powers {
            row_major.iter_mut().zip(powers.iter().cycle()).for_each(|(w, power)| *w /= power);
        }
        let packed = |row_major: &[f32]| {
            let mut panels = vec![0.0; packed_len(rows, columns)];
            pack(rows, columns, row_major, &mut panels);
            panels
        };
        Ok(match precision {
            Precision::F32 => Self::F32(packed(&row_major)),
            Precision::F16 => Self::F16(packed(&row_major).into_iter().map(to_half).collect::<Result<_>>()?),
            Precision::Int8 => {
                let mut scales = round_rows(&mut row_major, columns);
                scales.resize(rows.next_multiple_of(PANEL), 0.0);
                Self::Int8 { scales, values: packed(&row_major).into_iter().map(|w| w as i8).collect() }
            }
        })
    }
}

/// Rounds weights to whole numbers from −127 to 127, in place, and returns the scale of each row.
fn round_rows(row_major: &mut [f32], columns: usize) -> Vec<f32> {
    let mut scales = Vec::new();
    for row in row_major.chunks_exact_mut(columns) {
        let largest = row.iter().fold(0.0, |largest: f32, w| largest.max(w.abs()));
        let scale = largest / 127.0;
        row.iter_mut().for_each(|w| *w = if scale == 0.0 { 0.0 } else { (*w / scale).round() });
        scales.push(scale);
    }
    scales
}
