//! `fenchel train --folds`: cross-validates without keeping the models.

use anyhow::Result;
use serde_json::json;

use crate::analysis::evaluate::accuracy;
use crate::analysis::statistics::paired_gain;
use crate::data::{self, Fold};
use crate::error::require;
use crate::output::say;
use crate::train::{Settings, export_run, train};

/// Trains on each of `folds` divisions of the data and prints the accuracy on each, their mean and its 95 % interval.
///
/// # Errors
/// Fails as training does, and returns [`crate::BadInput`] for data that come with test samples of their own.
pub fn run(settings: &Settings, folds: u32, quiet: bool, as_json: bool) -> Result<()> {
    require!((2..=100).contains(&folds), "--folds", "2 to 100", folds);
    let mut accuracies = Vec::new();
    let mut samples = Vec::new();
    for index in 0..folds {
        let mut settings = settings.clone();
        settings.reading.fold = Some(Fold { index, of: folds });
        let data = data::load_as(&settings.data.source, &settings.reading)?;
        let expected = "a CSV or NPZ file without test samples of its own, --split content, and no --window without --group";
        require!(data.folded, &data.name, expected, "data that are divided already");
        if index == 0 {
            let few = |line: &&String| !line.contains("samples validate") && !line.contains("no test sample");
            data.warnings.iter().filter(few).for_each(|line| say(format_args!("{}: {line}", data.name)));
        }
        let trained = train(&settings, &data, &mut |_| Ok(()))?;
        let model = export_run(&trained.parameters, &settings, trained.best.epoch, &data)?;
        let right = accuracy(&model.model("the trained model")?, &data.test)?;
        if !quiet {
            say(format_args!(
                "fold {} of {folds}: test accuracy {:.2} % of {} samples",
                index + 1,
                100.0 * right,
                data.test.len()
            ));
        }
        accuracies.push(right);
        samples.push(data.test.len());
    }
    let mean = paired_gain(&accuracies, &vec![0.0; accuracies.len()]);
    if as_json {
        return super::print(json!({
            "mean": mean.mean, "low": mean.low, "high": mean.high, "accuracies": accuracies, "samples": samples,
        }));
    }
    let percent = |value: f64| 100.0 * value;
    super::print(format_args!(
        "test accuracy {:.2} % [{:.2}, {:.2}], mean of {folds} folds and its 95 % interval",
        percent(mean.mean),
        percent(mean.low),
        percent(mean.high).min(100.0)
    ))
}
