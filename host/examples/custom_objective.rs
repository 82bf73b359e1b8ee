//! Trains by an objective that core's table doesn't have, in its own loop: a symmetric contrast. The first
//! problem is nudged towards the target by β/2, the second away from it by as much, so that the gradient's
//! error is of second order in β.

use anyhow::{Result, ensure};
use fenchel::analysis::evaluate;
use fenchel::data::{self, permutation};
use fenchel::train::{ObjectiveName, Settings};
use fenchel::{DenseGradient, Optimiser, OptimiserName, Parameters};
use fenchel_core::{Nudge, Problem, Random, StateView};
use rand_core::SeedableRng;

const BETA: f32 = 0.25;
const BATCH: usize = 50;

/// Ends with an error if the trained network is too inaccurate.
pub fn main() -> Result<()> {
    let digits = data::load("digits")?;
    let settings = Settings::new("digits", ObjectiveName::Arovr).with(|s| s.network.layers = vec![32]);
    let mut random = Random::seed_from_u64(0);
    let mut parameters = Parameters::new(&settings.architecture(&digits)?, &mut random);
    let mut adam = Optimiser::new(OptimiserName::Adam, &parameters);
    let mut gradient = DenseGradient::zeros(&parameters);
    let half = Nudge { s: BETA / 2.0, weight_target: BETA / 2.0, weight_attack: 0.0 };
    let nudges = [half, Nudge { s: -half.s, weight_target: -half.weight_target, weight_attack: 0.0 }];
    for _ in 0..40 {
        for indices in permutation(digits.train.len(), &mut random).chunks(BATCH) {
            let (mut input, mut target) = (Vec::new(), Vec::new());
            for &index in indices {
                digits.train.append_input(index, digits.features, digits.scaling.view(), &mut input);
                let label = digits.train.labels[index];
                target.extend((0..digits.classes()).map(|class| f32::from(u8::from(class == label))));
            }
            let network = parameters.network();
            let problem = Problem::new(&input, &nudges, &target);
            let rows = problem.rows(&network);
            let mut memory = vec![0.0; StateView::len(network.units(), rows)];
            let mut state = StateView::new(network.units(), rows, &mut memory)?;
            network.relax(&problem, &mut state, &settings.relaxation.settings())?;
            let factor = 1.0 / (BETA * indices.len() as f32);
            network.contrastive_gradient(&problem, &mut state, &[factor, -factor], &mut gradient)?;
            adam.step(&mut parameters, &gradient, 1e-3);
        }
    }
    let outputs = evaluate::outputs(&parameters.network(), &digits.test, digits.scaling.view())?;
    let (accuracy, loss) = evaluate::score(&outputs, &digits.test.labels);
    println!("{:.1} % on test, loss {loss:.4}", 100.0 * accuracy);
    ensure!(accuracy > 0.9, "digits are easier than that");
    Ok(())
}
