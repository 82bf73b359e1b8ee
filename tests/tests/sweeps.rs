//! Measures how many sweeps a trained network needs.

use fenchel::data;
use fenchel::train::{ObjectiveName, Settings, train};
use fenchel::{DenseGradient, Parameters};
use fenchel_core::{Problem, StateView};

fn settings() -> Settings {
    Settings::new("digits", ObjectiveName::ArovrG).with(|settings| settings.optimiser.epochs = 60)
}

/// Returns the mean AROVR_αβ gradient of the first 50 samples after `sweeps` sweeps, with g = 0.
fn gradient(parameters: &Parameters, data: &data::Dataset, sweeps: u32) -> Vec<f32> {
    let settings = settings();
    let network = parameters.network();
    let (samples, classes) = (50, data.classes());
    let mut input = Vec::new();
    let mut target = vec![0.0; samples * classes];
    let mut attack = target.clone();
    for i in 0..samples {
        data.train.append_input(i, data.features, data.scaling.view(), &mut input);
        target[i * classes + data.train.labels[i]] = 1.0;
        attack[i * classes + (data.train.labels[i] + 3) % classes] = 1.0;
    }
    let contrast = settings.contrast().expect("a contrast");
    let problem = Problem::new(&input, &contrast.nudges, &target).with_attack(&attack);
    let rows = 2 * samples;
    let mut memory = vec![0.0; StateView::len(network.units(), rows)];
    let mut state = StateView::new(network.units(), rows, &mut memory).expect("fits");
    let relaxation = fenchel_core::Settings { sweeps, ..settings.relaxation.settings() };
    network.relax(&problem, &mut state, &relaxation).expect("fits");
    let factor = 1.0 / (contrast.divisor * samples as f32);
    let mut gradient = DenseGradient::zeros(parameters);
    network.contrastive_gradient(&problem, &mut state, &[factor, -factor], &mut gradient).expect("fits");
    gradient.tensors().flatten().copied().collect()
}

fn relative_error(values: &[f32], reference: &[f32]) -> f64 {
    let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>().sqrt();
    let difference = norm(&mut values.iter().zip(reference).map(|(v, r)| f64::from(v - r)));
    difference / norm(&mut reference.iter().map(|&r| f64::from(r)))
}

#[test]
fn twenty_sweeps_and_four_hundred_give_the_same_gradient() {
    let data = data::load("digits").expect("compiled in");
    let trained = train(&settings(), &data, &mut |_| Ok(())).expect("trains");
    let reference = gradient(&trained.parameters, &data, 400);
    let error = |sweeps| relative_error(&gradient(&trained.parameters, &data, sweeps), &reference);
    let (two, twenty) = (error(2), error(20));
    println!("relative gradient error: {two:.1e} after 2 sweeps, {twenty:.1e} after 20");
    assert!(twenty < 1e-3, "{twenty}");
    assert!(two < 5e-2, "{two}");
}
