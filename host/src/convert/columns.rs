//! Evens out the ranges of the input's columns before int8. A row has one int8 scale, so a column whose
//! weights are far below the others' would lose them. Powers of two move from such columns to the input's
//! factors, which changes no output.

use fenchel_core::{Network, Operator, Scaling, Weights};

/// Steps, of 127, that the largest weight of a column must have; with fewer its weights have less than
/// three bits.
const FEWEST_STEPS: f32 = 8.0;
/// Largest exponent that keeps factors and weights normal numbers.
const EXPONENTS: i32 = 40;

/// Returns what each column's factor is multiplied by and its weights are divided by: powers of two, which
/// make the columns' largest weights alike. `None` if no column would lose its weights.
pub fn powers(network: &Network<Operator>) -> Option<Vec<f32>> {
    let inputs = network.input_units();
    let (mut largest, mut steps) = (vec![0.0f32; inputs], vec![0.0f32; inputs]);
    for (_, weights) in network.weights_from(0) {
        for i in 0..weights.shape().0 {
            let row: Vec<f32> = weights.row(i).collect();
            let most = row.iter().fold(0.0, |most: f32, w| most.max(w.abs()));
            for ((w, largest), steps) in row.iter().zip(&mut largest).zip(&mut steps) {
                *largest = largest.max(w.abs());
                *steps = steps.max(if most > 0.0 { (127.0 * w / most).abs() } else { 0.0 });
            }
        }
    }
    let lost = largest.iter().zip(&steps).any(|(&largest, &steps)| largest > 0.0 && steps < FEWEST_STEPS);
    let power = |&largest: &f32| {
        let exponent = if largest > 0.0 { largest.log2().round() as i32 } else { 0 };
        2.0f32.powi(exponent.clamp(-EXPONENTS, EXPONENTS))
    };
    lost.then(|| largest.iter().map(power).collect())
}

/// Returns offsets and factors, one for each feature, with each factor multiplied by its power; `None` if a
/// factor would leave f32's range.
pub fn multiplied(scaling: Scaling, powers: &[f32]) -> Option<(Vec<f32>, Vec<f32>)> {
    let run = powers.len() / scaling.factors().len().max(1);
    let each = |values: &[f32]| -> Vec<f32> {
        values.iter().flat_map(|&value| std::iter::repeat_n(value, run)).collect()
    };
    let factors: Vec<f32> = each(scaling.factors()).iter().zip(powers).map(|(f, p)| f * p).collect();
    let normal = factors.iter().all(|factor| *factor == 0.0 || factor.is_normal());
    normal.then(|| (each(scaling.offsets()), factors))
}

/// Returns the bounds of scaled inputs, one for each feature, multiplied likewise.
pub fn spread(bounds: &[f32], powers: &[f32]) -> Vec<f32> {
    let run = powers.len() / bounds.len().max(1);
    bounds.iter().flat_map(|&bound| std::iter::repeat_n(bound, run)).zip(powers).map(|(b, p)| b * p).collect()
}
