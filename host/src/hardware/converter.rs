//! The digital-to-analog converters at a chip's inputs and the analog-to-digital converters at its outputs.

/// Rounds each input x in \[0, 1\] to the nearest of 2^bits evenly spaced values; without `bits` nothing
/// changes.
pub fn convert_input(bits: Option<u32>, input: &mut [f32]) {
    if let Some(bits) = bits {
        let steps = ((1u32 << bits) - 1) as f32;
        input.iter_mut().for_each(|x| *x = (x.clamp(0.0, 1.0) * steps).round() / steps);
    }
}

/// Rounds each output to the nearest of 2^bits − 1 evenly spaced values from −range to range; without
/// `bits` nothing changes.
pub fn convert_output(bits: Option<u32>, range: f32, output: &mut [f32]) {
    if let Some(bits) = bits {
        let steps = ((1u32 << (bits - 1)) - 1) as f32;
        output.iter_mut().for_each(|z| *z = (z.clamp(-range, range) / range * steps).round() / steps * range);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn converters_err_by_at_most_half_a_step() {
        let values: Vec<f32> = (0..=1000).map(|i| i as f32 / 1000.0).collect();
        let mut converted = values.clone();
        convert_input(Some(3), &mut converted);
        let error = |a: &[f32], b: &[f32]| a.iter().zip(b).fold(0.0f32, |e, (a, b)| e.max((a - b).abs()));
        assert!((error(&values, &converted) - 0.5 / 7.0).abs() < 1e-3);
        converted.dedup();
        assert_eq!(converted.len(), 8);
        let signed: Vec<f32> = values.iter().map(|x| 4.0 * x - 2.0).collect();
        let mut converted = signed.clone();
        convert_output(Some(4), 2.0, &mut converted);
        assert!((error(&signed, &converted) - 1.0 / 7.0).abs() < 4e-3);
        converted.dedup();
        assert_eq!(converted.len(), 15);
        let mut beyond = [3.0, -7.0];
        convert_output(Some(4), 2.0, &mut beyond);
        assert_eq!(beyond, [2.0, -2.0]);
    }
}
