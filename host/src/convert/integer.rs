//! Writes a model for integer arithmetic.

use anyhow::Result;
use fenchel_core::{
    Activation, Arithmetic, Bounds, IntegerModel, Model, ModelFields, Operator, PANEL, Packed, Precision,
    Scaling, Task, Weights,
};

use super::quantise::quantise;
use crate::error::require;
use crate::store::model_file::{self, ModelBytes};

/// Inputs beyond this many times the largest of the training data saturate.
const HEADROOM: f32 = 2.0;
/// Largest whole number of an input, unless a unit has so many inputs that its sum could overflow.
const LARGEST: u32 = 1 << 14;

/// Returns the model for integer arithmetic: int8 weights as [`quantise`] rounds them, and an input of whole numbers.
///
/// `largest` is the largest size of a scaled input. With one factor for all inputs, a raw value becomes a whole number
/// by a power of two, so that bytes and counts lose nothing.
///
/// # Errors
/// Returns [`crate::BadInput`] for a reconstruction, for a block of the simplex, and for an input that is always 0.
pub fn to_integer(place: &str, model: &Model, largest: f32) -> Result<ModelBytes> {
    let is_reconstruction = matches!(model.task(), Task::Reconstruction { .. });
    let expected = "a model of classes or values, or f32 arithmetic";
    require!(!is_reconstruction, place, expected, "a reconstruction for integer arithmetic");
    let simplex = model.network().blocks().iter().position(|block| block.activation == Activation::Simplex);
    let got = format!("a simplex in block {}", simplex.unwrap_or(0));
    require!(simplex.is_none(), place, "blocks that are linear, relu or clip for integer arithmetic", got);
    require!(largest > 0.0 && largest.is_finite(), place, "an input that varies", "one that is always 0");
    let narrow = quantise(model, Precision::Int8)?;
    let narrow = narrow.model(place)?;
    let fields = narrow.fields();
    // Column powers, if any, have moved ranges between weights and inputs.
    let moved = largest_of(narrow.header().input.bounds).unwrap_or(largest);
    let unit = unit(narrow.scaling(), moved, most(&fields));
    let own: Vec<(usize, usize, Vec<f32>, Vec<i8>)> = fields
        .connections
        .iter()
        .zip(fields.weights)
        .map(|(c, weights)| {
            let (rows, columns) = weights.shape();
            let (mut scales, mut values) = parts(weights);
            let unit = if c.from == 0 { unit } else { 1.0 };
            for (row, scale) in scales.iter_mut().enumerate() {
                *scale *= unit;
                if !scale.is_normal() {
                    // Weights this small are 0.
                    *scale = 0.0;
                    let panel = values.iter_mut().skip(row / PANEL * PANEL * columns + row % PANEL);
                    panel.step_by(PANEL).take(columns).for_each(|w| *w = 0);
                }
            }
            (rows, columns, scales, values)
        })
        .collect();
    let weights = own.iter().map(|(rows, columns, scales, values)| {
        Ok(Packed::from_bytes(*rows, *columns, scales, values)?.into())
    });
    let weights: Vec<Operator> = weights.collect::<Result<_>>()?;
    let divided = |values: &[f32]| -> Vec<f32> { values.iter().map(|value| value / unit).collect() };
    let mut header = fields.header;
    let factors = divided(header.input.scaling.factors());
    let bounds = header.input.bounds.map(|bounds| (divided(bounds.low), divided(bounds.high)));
    header.input.scaling = Scaling::new(header.input.scaling.offsets(), &factors)?;
    header.input.bounds = bounds.as_ref().map(|(low, high)| Bounds { low, high });
    let bytes =
        model_file::write_for(&ModelFields { header, weights: &weights, ..fields }, Arithmetic::Integer)?;
    IntegerModel::load(&bytes)?;
    Ok(bytes)
}

/// Returns the largest size of a scaled input in the training data, as the model knows it.
pub fn largest_of(bounds: Option<Bounds>) -> Option<f32> {
    let bounds = bounds?;
    Some(bounds.low.iter().chain(bounds.high).fold(0.0, |most: f32, x| most.max(x.abs())))
}

/// Returns the size of the input's unit: what a whole number is multiplied by to be x.
fn unit(scaling: Scaling, largest: f32, most: f32) -> f32 {
    match scaling.factors() {
        [factor] if *factor != 0.0 => {
            // A power of two for each step of the raw value.
            let raw = largest / factor.abs();
            let steps = (most / (HEADROOM * raw)).log2().floor();
            factor.abs() / 2f32.powi(steps.clamp(-100.0, 100.0) as i32)
        }
        _ => HEADROOM * largest / most,
    }
}

/// Returns the largest whole number of an input with which no sum overflows.
fn most(fields: &ModelFields) -> f32 {
    let mut norm = 1u32;
    for (c, weights) in fields.connections.iter().zip(fields.weights) {
        let (rows, columns) = weights.shape();
        if c.from == 0 {
            let (_, values) = parts(weights);
            for (index, row) in (0..rows).enumerate() {
                let at = |j: usize| values[row / PANEL * PANEL * columns + j * PANEL + index % PANEL];
                norm = norm.max((0..columns).map(|j| u32::from(at(j).unsigned_abs())).sum());
            }
        }
    }
    (i32::MAX as u32 / norm).min(LARGEST) as f32
}

/// Returns the scales and values of int8 weights.
fn parts(weights: &Operator) -> (Vec<f32>, Vec<i8>) {
    match weights {
        Operator::Dense(packed) => {
            let (scales, values) = packed.int8().expect("quantised to int8");
            (scales.to_vec(), values.to_vec())
        }
    }
}

/// Returns the `f32` model with the same weights, header and parameters as an integer one: for what a command says of
/// the model, and to compare both arithmetics.
///
/// # Errors
/// Never fails for a model that was loaded.
pub fn in_f32(model: &IntegerModel) -> Result<ModelBytes> {
    let signed = |bytes: &[u8]| bytes.iter().map(|byte| (byte ^ 128).cast_signed()).collect::<Vec<i8>>();
    let values: Vec<Vec<i8>> = model.weights().iter().map(|matrix| signed(matrix.bytes())).collect();
    let weights = model.weights().iter().zip(&values).map(|(matrix, values)| {
        let (rows, columns) = matrix.shape();
        Ok(Packed::from_bytes(rows, columns, matrix.scales(), values)?.into())
    });
    let weights: Vec<Operator> = weights.collect::<Result<_>>()?;
    let graph = model.graph();
    model_file::write(&ModelFields {
        header: *model.header(),
        blocks: graph.blocks(),
        connections: graph.connections(),
        weights: &weights,
        biases: model.biases(),
        gammas: model.gammas(),
        originals: None,
    })
}
