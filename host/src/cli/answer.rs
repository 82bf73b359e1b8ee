//! Formats a model's answer to one sample as a line.

use anyhow::Result;
use fenchel_core::{Model, Names, Scaling, Task, label, margin, reconstruction_error, softmax};
use serde_json::{Value, json};

use crate::output::harmless;

/// Formats what a model answers, according to its task.
pub struct Answers<'a> {
    task: Task<'a>,
    scaling: Scaling<'a>,
    /// Smallest margin of an answer that is given.
    reject: Option<f32>,
}

impl<'a> Answers<'a> {
    /// Builds the answers of `model`; answers with a smaller margin than `reject`, or than the model's own threshold, are unknown.
    pub fn new(model: &Model<'a>, reject: Option<f32>) -> Self {
        let own = match model.task() {
            Task::Classification { confidence, .. } => confidence.rejection.map(|rejection| rejection.margin),
            Task::Regression { .. } | Task::Reconstruction { .. } => None,
        };
        Self { task: *model.task(), scaling: model.scaling(), reject: reject.or(own) }
    }

    /// Returns the scaled input of `raw` values. A missing one, NaN, becomes 0, which is the mean if features are standardised.
    pub fn input(&self, raw: &[f32]) -> Result<Vec<f32>> {
        let mut input = vec![0.0; raw.len()];
        self.scaling.apply(raw, &mut input)?;
        input.iter_mut().filter(|x| x.is_nan()).for_each(|x| *x = 0.0);
        Ok(input)
    }

    /// Returns the names of the columns of [`csv`](Self::csv).
    pub fn header(&self) -> String {
        let names = |names: Names| names.iter().map(field).collect::<Vec<_>>().join(",");
        match self.task {
            Task::Classification { classes, .. } => {
                format!("index,class,probability,margin,{}", names(classes))
            }
            Task::Regression { targets, .. } => format!("index,{}", names(targets)),
            Task::Reconstruction { .. } => "index,score,anomaly".into(),
        }
    }

    /// Returns the answer to sample `index` as a line of CSV.
    pub fn csv(&self, index: usize, input: &[f32], outputs: &[f32]) -> String {
        let list = |values: &[f32]| values.iter().map(f32::to_string).collect::<Vec<_>>().join(",");
        match self.task {
            Task::Classification { .. } => {
                let (class, name) = self.class(outputs);
                let probability =
                    self.probability(outputs, class).map_or(String::new(), |p| format!("{p:.4}"));
                format!("{index},{},{probability},{},{}", field(name), margin(outputs), list(outputs))
            }
            Task::Regression { .. } => format!("{index},{}", list(&self.values(outputs))),
            Task::Reconstruction { .. } => {
                let (score, anomaly) = self.score(input, outputs);
                let verdict = anomaly.map_or(String::new(), |anomaly| anomaly.to_string());
                format!("{index},{score},{verdict}")
            }
        }
    }

    /// Returns the answer to sample `index` as a JSON object.
    pub fn json(&self, index: usize, input: &[f32], outputs: &[f32]) -> Value {
        match self.task {
            Task::Classification { .. } => {
                let (class, name) = self.class(outputs);
                let given = Some(class).filter(|_| self.accepts(outputs));
                json!({
                    "index": index, "label": given, "name": name, "outputs": outputs, "margin": margin(outputs),
                    "probability": self.probability(outputs, class),
                })
            }
            Task::Regression { .. } => json!({ "index": index, "outputs": self.values(outputs) }),
            Task::Reconstruction { .. } => {
                let (score, anomaly) = self.score(input, outputs);
                json!({ "index": index, "score": score, "anomaly": anomaly })
            }
        }
    }

    fn accepts(&self, outputs: &[f32]) -> bool {
        self.reject.is_none_or(|least| margin(outputs) >= least)
    }

    /// Returns the class with the largest output, and its name or "unknown".
    fn class(&self, outputs: &[f32]) -> (usize, &'a str) {
        let class = label(outputs);
        let name = match self.task {
            Task::Classification { classes, .. } => classes.iter().nth(class),
            Task::Regression { .. } | Task::Reconstruction { .. } => None,
        };
        (class, name.filter(|_| self.accepts(outputs)).unwrap_or("unknown"))
    }

    /// Returns the calibrated probability of `class`; `None` if the model has no temperature.
    fn probability(&self, outputs: &[f32], class: usize) -> Option<f32> {
        let temperature = match self.task {
            Task::Classification { confidence, .. } => confidence.temperature?,
            Task::Regression { .. } | Task::Reconstruction { .. } => return None,
        };
        let mut probabilities = outputs.to_vec();
        softmax(&mut probabilities, temperature);
        probabilities.get(class).copied()
    }

    /// Returns the outputs in the user's unit.
    fn values(&self, outputs: &[f32]) -> Vec<f32> {
        let mut values = outputs.to_vec();
        if let Task::Regression { scaling, .. } = self.task
            && scaling.restore(&mut values).is_err()
        {
            values.copy_from_slice(outputs);
        }
        values
    }

    /// Returns the anomaly score, and whether it is above the threshold, if there is one.
    fn score(&self, input: &[f32], outputs: &[f32]) -> (f32, Option<bool>) {
        let score = reconstruction_error(input, outputs);
        let threshold = match self.task {
            Task::Reconstruction { threshold } => threshold,
            Task::Classification { .. } | Task::Regression { .. } => None,
        };
        (score, threshold.map(|threshold| threshold.is_exceeded(score)))
    }
}

/// Returns a text as a field of CSV, in quotes if it needs them.
fn field(text: &str) -> String {
    let text = harmless(text);
    if text.contains([',', '"']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}
