//! A model file with narrower weights.

use anyhow::{Result, anyhow};
use fenchel_core::{Edge, Model, ModelFields, PANEL, Precision, Weights, pack, packed_len};

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
                Precision::F16 => parameters.extend(half(weight)?.to_le_bytes()),
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

/// The bits of the half-precision number nearest to `value`, the even one of two.
fn half(value: f32) -> Result<u16> {
    let sign = ((value.to_bits() >> 16) & 0x8000) as u16;
    // Rounded to a multiple of the spacing there: 2⁻²⁴ below 2⁻¹⁴, 2⁻¹¹ of the power of two above.
    let magnitude = f64::from(value.abs());
    let exponent = magnitude.log2().floor().max(-14.0) as i32;
    let spacing = 2.0_f64.powi(exponent - 10);
    let steps = (magnitude / spacing).round_ties_even() as u32;
    let bits = if magnitude == 0.0 { 0 } else { ((exponent + 14) as u32) * 1024 + steps };
    if bits >= 0x7c00 {
        return Err(anyhow!("weight {value}: too large for half precision, 65,504 at most"));
    }
    Ok(sign | bits as u16)
}

#[cfg(test)]
mod tests {
    use super::half;

    #[test]
    fn halves() {
        for (value, bits) in [
            (0.0, 0),
            (-0.0, 0x8000),
            (1.0, 0x3c00),
            (-2.0, 0xc000),
            (65504.0, 0x7bff),
            (0.1, 0x2e66),
            (6.103_515_6e-5, 0x0400),
            (5.960_464_5e-8, 0x0001),
            (2.9e-8, 0x0000),
            (1.000_488_3, 0x3c00),
            (1.001_464_8, 0x3c02),
            (0.999_99, 0x3c00),
        ] {
            assert_eq!(half(value).expect("in range"), bits, "{value}");
        }
        assert!(half(65520.0).is_err());
    }
}
