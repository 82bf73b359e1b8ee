//! Narrow weights: a model of f16 or int8 gives the bits of the f32 model of its widened weights, and
//! what isn't finite is refused.

use fenchel::convert::quantise::quantise;
use fenchel::store::model_file::{ModelBytes, export_classifier};
use fenchel::{Architecture, Parameters};
use fenchel_core::{
    Attack, Error, Model, Objective, Packed, Perturbation, Potential, Precision, Random, Scaling, Training,
    Weights, pack, packed_len,
};
use rand_core::SeedableRng;

fn model() -> ModelBytes {
    let architecture =
        Architecture::new(&[13, 19, 11, 3], &[], Potential::FenchelYoung, &[], &[]).expect("fits together");
    let parameters = Parameters::new(&architecture, &mut Random::seed_from_u64(4));
    let training = Training {
        objective: Objective::ArovrAb,
        attack: Attack::Targeted,
        alpha: 0.49,
        beta: 0.25,
        perturbation: Perturbation::None,
        seed: 4,
        epoch: 1,
    };
    let names = ["a", "b", "c"].map(String::from);
    export_classifier(&parameters, training, Scaling::new(&[0.0], &[1.0]).expect("finite"), &names)
        .expect("exports")
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

#[test]
fn narrow_products_have_the_bits_of_the_widened_matrix() {
    let bytes = model();
    let full = bytes.model("model").expect("loads");
    for precision in [Precision::F16, Precision::Int8] {
        let quantised = quantise(&full, precision).expect("quantises");
        let model = quantised.model("quantised").expect("loads");
        assert_eq!(model.precision(), Some(precision));
        let (narrow, full) = (model.network(), full.network());
        for (weights, before) in narrow.weights().iter().zip(full.weights()) {
            let (rows, columns) = weights.shape();
            let wide: Vec<f32> = (0..rows).flat_map(|i| weights.row(i)).collect();
            assert_eq!(wide.len(), rows * columns);
            for (i, row) in wide.chunks(columns).enumerate() {
                let largest = row.iter().fold(0.0_f32, |largest, w| largest.max(w.abs()));
                for (w, exact) in row.iter().zip(before.row(i)) {
                    assert!((w - exact).abs() <= largest / 250.0, "{precision:?}: {exact} became {w}");
                }
            }
            for j in 0..columns {
                let column: Vec<f32> = (0..rows).map(|i| wide[i * columns + j]).collect();
                assert_eq!(bits(&weights.fan_out(j).map(|(_, w)| w).collect::<Vec<_>>()), bits(&column));
            }
            let mut panels = vec![0.0; packed_len(rows, columns)];
            pack(rows, columns, &wide, &mut panels);
            let packed = Packed::new(rows, columns, &panels).expect("fits");
            for zeros in [1, 2, 3, usize::MAX] {
                let value = |i: usize| if i.is_multiple_of(zeros) { 0.0 } else { 0.37 - 0.1 * i as f32 };
                let (z, u): (Vec<f32>, Vec<f32>) =
                    ((0..columns).map(value).collect(), (0..rows).map(value).collect());
                let (mut a, mut expected) = (vec![0.5; rows], vec![0.5; rows]);
                weights.apply(&z, &mut a);
                packed.apply(&z, &mut expected);
                assert_eq!(bits(&a), bits(&expected), "W z");
                let (mut e, mut expected) = (vec![-0.25; columns], vec![-0.25; columns]);
                weights.apply_transposed(&u, &mut e);
                packed.apply_transposed(&u, &mut expected);
                assert_eq!(bits(&e), bits(&expected), "Wᵀ u");
            }
        }
    }
}

#[test]
fn every_half_is_widened_exactly() {
    for bits in 0..=u16::MAX {
        let panels = [bits, 0, 0, 0, 0, 0, 0, 0];
        let packed = Packed::from_halves(1, 1, &panels);
        let (sign, exponent, fraction) = (bits >> 15, i32::from(bits >> 10) & 31, f64::from(bits & 1023));
        if exponent == 31 {
            assert!(matches!(packed, Err(Error::NotFinite { .. })), "{bits:04x}");
            continue;
        }
        let magnitude = match exponent {
            0 => fraction * 2.0_f64.powi(-24),
            _ => (1024.0 + fraction) * 2.0_f64.powi(exponent - 25),
        };
        let value = packed.expect("finite").row(0).next().expect("a weight");
        assert_eq!(f64::from(value.abs()), magnitude, "{bits:04x}");
        assert_eq!(value.is_sign_negative(), sign == 1, "{bits:04x}");
    }
}

#[test]
fn scales_whose_weights_may_overflow_are_refused() {
    for scale in [f32::NAN, f32::INFINITY, f32::MAX] {
        let scales = [scale, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        assert!(matches!(Packed::from_bytes(1, 1, &scales, &[1; 8]), Err(Error::NotFinite { index: 0, .. })));
    }
}

#[test]
fn every_flipped_bit_of_a_narrow_file_is_refused() {
    let bytes = model();
    let full = bytes.model("model").expect("loads");
    for precision in [Precision::F16, Precision::Int8] {
        let quantised = quantise(&full, precision).expect("quantises");
        for bit in 0..8 * quantised.len() {
            let mut damaged = quantised.to_vec();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(Model::load(&ModelBytes::new(&damaged)).is_err(), "bit {bit}");
        }
    }
}
