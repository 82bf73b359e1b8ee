//! `fenchel export --arithmetic integer`.

use std::path::Path;

use anyhow::Result;
use fenchel_core::{Model, label};
use serde_json::json;

use super::{errors, export};
use crate::analysis::any_model::AnyBytes;
use crate::analysis::quality::Quality;
use crate::convert::integer::{largest_of, to_integer};
use crate::data::{Dataset, Split};
use crate::error::require;
use crate::output::{self, say};
use crate::store::files;
use crate::task::TaskName;

/// Writes the model at `path` for integer arithmetic to `to`, and prints what that costs on its test data.
pub fn run(path: &Path, to: &Path, model: &Model, as_json: bool) -> Result<()> {
    let data = export::data(path, model);
    // The range of the training data calibrates the input: as the model knows it, or as the data have it.
    let known = largest_of(model.header().input.bounds);
    let largest = known.or_else(|| data.as_ref().ok().map(|data| largest(data, model)));
    let expected = "a model that knows the range of its training data, or the data themselves, which calibrate its input";
    let reason = data.as_ref().err().map_or(String::new(), |error| errors::line(error).to_string());
    require!(largest.is_some(), path.display(), expected, reason);
    let integer = to_integer(&path.display().to_string(), model, largest.unwrap_or_default())?;
    files::write(to, &integer)?;
    let bytes = integer.len();
    let test = match &data {
        Ok(data) => &data.test,
        Err(error) => {
            say(format_args!("what integer arithmetic costs is unknown: {}", errors::line(error)));
            &Split::default()
        }
    };
    if test.is_empty() {
        if as_json {
            return super::print(json!({ "model": output::path(to), "bytes": bytes }));
        }
        return super::print(format_args!("{}: {bytes} bytes", to.display()));
    }
    let integer = AnyBytes::new(integer)?;
    let cost = Cost::of(model, &integer, test)?;
    if as_json {
        let measure = match TaskName::of(model.task()) {
            TaskName::Classify => "accuracy",
            TaskName::Regress => "r2",
            TaskName::Reconstruct => "auroc",
        };
        return super::print(json!({
            "model": output::path(to),
            "bytes": bytes,
            measure: { "f32": cost.quality[0].score(), "integer": cost.quality[1].score() },
            "labels_differ": cost.labels_differ,
            "largest_error": cost.largest_error,
        }));
    }
    super::print(format_args!("{}: {bytes} bytes", to.display()))?;
    super::print(format_args!("test {} as f32, {} as integer", cost.quality[0], cost.quality[1]))?;
    let error = format!("outputs are off by at most {:.2} % of the largest", 100.0 * cost.largest_error);
    let labels = match cost.labels_differ {
        Some(share) => format!("labels differ on {:.2} %; ", 100.0 * share),
        None => String::new(),
    };
    super::print(format_args!("{labels}{error}"))
}

/// What integer arithmetic costs on samples.
struct Cost {
    /// How good the answers are, in f32 and in integers.
    quality: [Quality; 2],
    /// Share of the samples whose label differs; `None` without classes.
    labels_differ: Option<f64>,
    /// Largest difference of an output, as a share of the largest output of all samples in f32.
    largest_error: f64,
}

impl Cost {
    fn of(model: &Model, integer: &AnyBytes, split: &Split) -> Result<Self> {
        let any = integer.model("the written model")?;
        let exact = crate::analysis::evaluate::outputs(&model.network(), split, model.scaling())?;
        let whole = any.outputs(split)?;
        let width = model.network().output_units().max(1);
        let rows = || exact.chunks_exact(width).zip(whole.chunks_exact(width));
        let differ = rows().filter(|(exact, whole)| label(exact) != label(whole)).count();
        let size = exact.iter().fold(f32::MIN_POSITIVE, |most, z| most.max(z.abs()));
        let error = exact.iter().zip(&whole).fold(0f32, |most, (a, b)| most.max((a - b).abs()));
        let is_classifier = TaskName::of(model.task()) == TaskName::Classify;
        Ok(Self {
            quality: [
                Quality::of_outputs(model, split, &exact)?,
                Quality::of_outputs(&any.model, split, &whole)?,
            ],
            labels_differ: is_classifier.then(|| differ as f64 / split.len() as f64),
            largest_error: f64::from(error) / f64::from(size),
        })
    }
}

/// Returns the largest size of a scaled input in the training data.
fn largest(data: &Dataset, model: &Model) -> f32 {
    let mut input = Vec::new();
    let mut largest = 0f32;
    for index in 0..data.train.len() {
        input.clear();
        data.train.append_input(index, data.features, model.scaling(), &mut input);
        largest = input.iter().fold(largest, |most, x| most.max(x.abs()));
    }
    largest
}
