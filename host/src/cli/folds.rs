//! `fenchel train --folds`: cross-validates without keeping the models.

use anyhow::Result;
use serde_json::json;

use super::options::Options;
use crate::analysis::quality::Quality;
use crate::analysis::statistics::paired_gain;
use crate::data::{self, Fold};
use crate::error::require;
use crate::output::say;
use crate::task::TaskName;
use crate::train::{Settings, export_run, train};

/// Trains on each of `folds` divisions of the data and prints the accuracy, or R², on each, their mean and its 95 % interval.
///
/// # Errors
/// Fails as training does, and returns [`crate::BadInput`] for data that come with test samples of their own.
pub fn run(options: &Options, settings: &Settings, folds: u32, quiet: bool, as_json: bool) -> Result<()> {
    require!((2..=100).contains(&folds), "--folds", "2 to 100", folds);
    let scored = settings.task != TaskName::Reconstruct || !settings.reading.normal.is_empty();
    require!(scored, "--folds", "--normal CLASS beside it, for anomalies to be found", "none");
    let mut scores = Vec::new();
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
        let said = options.fit_to(&mut settings, &data);
        said.iter().filter(|_| index == 0 && !quiet).for_each(say);
        let trained = train(&settings, &data, &mut |_| Ok(()))?;
        let model = export_run(&trained.parameters, &settings, trained.best.epoch, &data)?;
        let quality = Quality::of(&model.model("the trained model")?, &data.test)?;
        if !quiet {
            say(format_args!("fold {} of {folds}: test {quality} of {} samples", index + 1, data.test.len()));
        }
        scores.push(quality.score());
        samples.push(data.test.len());
    }
    let mean = paired_gain(&scores, &vec![0.0; scores.len()]);
    let (name, measure) = match settings.task {
        TaskName::Classify => ("accuracies", "accuracy"),
        TaskName::Regress => ("r2", "R²"),
        TaskName::Reconstruct => ("auroc", "AUROC"),
    };
    if as_json {
        return super::print(json!({
            "mean": mean.mean, "low": mean.low, "high": mean.high, name: scores, "samples": samples,
        }));
    }
    let (low, high) = (mean.low, mean.high.min(1.0));
    let shown = match settings.task {
        TaskName::Classify => {
            let [mean, low, high] = [mean.mean, low, high].map(|value| 100.0 * value);
            format!("{mean:.2} % [{low:.2}, {high:.2}]")
        }
        TaskName::Regress | TaskName::Reconstruct => format!("{:.4} [{low:.4}, {high:.4}]", mean.mean),
    };
    super::print(format_args!("test {measure} {shown}, mean of {folds} folds and its 95 % interval"))
}
