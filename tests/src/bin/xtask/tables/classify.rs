//! Measures classification on one set: scikit-learn's network and each of ours, over the seeds.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::{Places, SEEDS};

/// The objectives of the table, as `--objective` takes them.
pub const OBJECTIVES: [&str; 2] = ["backprop", "arovr-g"];

/// One method on one set, with one entry for each seed.
pub struct Measured {
    /// Shares of right labels among the test samples.
    pub accuracy: Vec<f64>,
    /// Means over classes of the share of right labels.
    pub balanced: Vec<f64>,
    /// Wall-clock seconds of a training, the whole command.
    pub seconds: Vec<f64>,
    /// Processor seconds of a training, over all threads.
    pub processor: Vec<f64>,
}

/// A set and its results.
pub struct Row {
    /// Name of the set.
    pub name: String,
    /// Sizes of the set, by tests/tables/fetch.py: features, classes, train, test.
    pub set: Value,
    /// Results of scikit-learn's MLPClassifier after a StandardScaler.
    pub baseline: Measured,
    /// Results of our networks, in the order of [`OBJECTIVES`].
    pub ours: Vec<Measured>,
}

impl Row {
    /// Trains and measures on the set of that name.
    pub fn of(places: &Places, name: &str, set: &Value) -> Result<Self> {
        eprintln!("{name}: scikit-learn, {}", OBJECTIVES.join(", "));
        let path = places.sets.join(format!("{name}.npz"));
        let baseline = Measured::parse(&places.baseline(&path)?)?;
        let ours = OBJECTIVES.iter().map(|objective| {
            let mut measured = Measured::none();
            for seed in 0..SEEDS {
                let [seconds, processor] = places.train(&path, objective, seed)?;
                let evaluated = places.evaluate()?;
                measured.accuracy.push(evaluated["accuracy"].as_f64().context("an accuracy")?);
                measured.balanced.push(balanced(&evaluated["classes"])?);
                measured.seconds.push(seconds);
                measured.processor.push(processor);
            }
            Ok(measured)
        });
        let ours = ours.collect::<Result<_>>()?;
        Ok(Self { name: name.to_string(), set: set.clone(), baseline, ours })
    }

    /// Returns the number of test samples.
    pub fn test(&self) -> f64 {
        self.set["test"].as_f64().unwrap_or_default()
    }

    /// Returns the mean accuracy of the objective at `index` of [`OBJECTIVES`] minus that of the baseline.
    pub fn gain(&self, index: usize) -> f64 {
        mean(&self.ours[index].accuracy) - mean(&self.baseline.accuracy)
    }

    /// Returns everything that was measured, by method.
    pub fn json(&self) -> Value {
        let mut row = self.set.clone();
        row["sklearn_mlp"] = self.baseline.json();
        for (objective, measured) in OBJECTIVES.iter().zip(&self.ours) {
            row[*objective] = measured.json();
        }
        row
    }
}

impl Measured {
    fn none() -> Self {
        Self { accuracy: Vec::new(), balanced: Vec::new(), seconds: Vec::new(), processor: Vec::new() }
    }

    fn parse(object: &Value) -> Result<Self> {
        let list = |name: &str| -> Result<Vec<f64>> {
            let list = object[name].as_array().with_context(|| format!("{name} of baseline.py"))?;
            list.iter().map(|value| value.as_f64().context("a number")).collect()
        };
        Ok(Self {
            accuracy: list("accuracy")?,
            balanced: list("balanced_accuracy")?,
            seconds: list("seconds")?,
            processor: list("processor_seconds")?,
        })
    }

    fn json(&self) -> Value {
        json!({
            "accuracy": self.accuracy,
            "balanced_accuracy": self.balanced,
            "seconds": self.seconds,
            "processor_seconds": self.processor,
        })
    }
}

/// Returns the mean, over the classes that have samples, of the share of right labels.
fn balanced(classes: &Value) -> Result<f64> {
    let classes = classes.as_array().context("classes of eval")?;
    let shares: Vec<f64> = classes.iter().filter_map(|class| class["accuracy"].as_f64()).collect();
    Ok(mean(&shares))
}

/// Returns the mean of the values.
pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}
