//! Trains on a data set of one's own, with names for its classes: points inside and outside a circle.

use anyhow::{Result, ensure};
use fenchel::analysis::evaluate;
use fenchel::data::{Dataset, InputScaling, Split, Values, divide};
use fenchel::train::{ObjectiveName, Settings, export_run, train};
use fenchel_core::Random;
use rand_core::{Rng, SeedableRng};

fn circle(samples: usize) -> Dataset {
    let mut random = Random::seed_from_u64(0);
    let mut coordinate = || (random.next_u32() >> 8) as f32 / 8_388_608.0 - 1.0;
    let points: Vec<f32> = (0..2 * samples).map(|_| coordinate()).collect();
    let labels = points.chunks(2).map(|p| usize::from(p[0] * p[0] + p[1] * p[1] > 0.6)).collect();
    let all = Split::classes(Values::Floats(points), labels);
    let names = vec!["inside".into(), "outside".into()];
    let scaling = InputScaling::one(-1.0, 0.5);
    Dataset::new("circle", vec![2], names, scaling, divide(&all, 2, samples / 10, samples / 5))
}

/// Ends with an error if the trained network is too inaccurate.
pub fn main() -> Result<()> {
    let data = circle(2000);
    let settings = Settings::new(&data.name, ObjectiveName::ArovrAb).with(|settings| {
        settings.optimiser.epochs = 60;
        settings.optimiser.learning_rate = 5e-3;
        settings.network.layers = vec![16, 16];
    });
    let trained = train(&settings, &data, &mut |_| Ok(()))?;
    let file = export_run(&trained.parameters, &settings, trained.best.epoch, &data)?;
    let model = file.model("the model")?;
    let accuracy = evaluate::accuracy(&model, &data.test)?;
    let names: Vec<_> = model.class_names().collect();
    println!("{names:?}: {:.1} % on test, epoch {}", 100.0 * accuracy, trained.best.epoch);
    ensure!(accuracy > 0.9, "a circle is easier than that");
    Ok(())
}
