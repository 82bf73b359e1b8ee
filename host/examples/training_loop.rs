//! Writes a training loop around the library's steps: digits, AROVR^g, the best model exported.

use anyhow::{Context, Result, ensure};
use fenchel::analysis::evaluate;
use fenchel::data;
use fenchel::train::{self, ObjectiveName, Settings, Step, Trainer};

/// Ends with an error if the trained network is too inaccurate.
pub fn main() -> Result<()> {
    let digits = data::load("digits")?;
    let settings = Settings::new("digits", ObjectiveName::ArovrG).with(|settings| {
        settings.optimiser.epochs = 40;
        settings.network.layers = vec![32];
    });
    let mut trainer = Trainer::new(&settings, &digits)?;
    while let Step::Epoch(epoch) = trainer.advance(&|| false)? {
        println!("epoch {}: {:.1} % on validation", epoch.epoch, 100.0 * epoch.validation_accuracy);
        if epoch.validation_accuracy > 0.99 {
            break;
        }
    }
    let (parameters, epoch) = trainer.best().context("an epoch is over")?;
    let file = train::export_run(parameters, &settings, epoch.epoch, &digits)?;
    let accuracy = evaluate::accuracy(&file.model("the model")?, &digits.test)?;
    println!("{} bytes, {:.1} % on test", file.len(), 100.0 * accuracy);
    ensure!(accuracy > 0.9, "digits are easier than that");
    Ok(())
}
