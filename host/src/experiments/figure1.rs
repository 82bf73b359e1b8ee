//! Figure 1 of the paper: Lipschitz estimates and test accuracy over the epochs.

use std::path::Path;

use anyhow::Result;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::cells::{Cell, label};
use super::plan::{Plan, RATIO_4};
use crate::analysis::evaluate::{outputs, score};
use crate::analysis::robustness::Samples;
use crate::analysis::robustness::lipschitz::Lipschitz;
use crate::data::Dataset;
use crate::train::{ObjectiveName, Trainer};

/// Number of samples at which the local estimates are taken.
const LOCAL_SAMPLES: usize = 1000;
/// Number of epochs from one point of a curve to the next.
const EVERY: u32 = 5;
/// Values of γ with γ_{k+1}/γ_k = 2 and γ_L = 1.
const RATIO_2: &[f32] = &[0.25, 0.5, 1.0];

/// The curves: name, objective, β and γ of each.
const CURVES: [(&str, ObjectiveName, f32, &[f32]); 6] = [
    ("BP", ObjectiveName::Backprop, 0.25, &[1.0]),
    ("AROVR, β = 1/16", ObjectiveName::Arovr, 1.0 / 16.0, &[1.0]),
    ("AROVR, β = 1/4", ObjectiveName::Arovr, 0.25, &[1.0]),
    ("AROVR, β = 1/2", ObjectiveName::Arovr, 0.5, &[1.0]),
    ("AROVR, β = 1/4, γ ratio 2", ObjectiveName::Arovr, 0.25, RATIO_2),
    ("AROVR, β = 1/4, γ ratio 4", ObjectiveName::Arovr, 0.25, RATIO_4),
];

/// One point of a curve.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Point {
    /// Number of epochs so far.
    pub epoch: u32,
    /// Share of right labels on the test split.
    pub test_accuracy: f64,
    /// Lipschitz estimates: the product of spectral norms, and the largest and mean local norm over 1,000
    /// test samples.
    #[serde(flatten)]
    pub lipschitz: Lipschitz,
    /// Number of samples dropped from gradients as unbounded since the previous point.
    pub unbounded: usize,
}

/// A curve of the figure.
#[derive(Clone, Debug, Serialize)]
pub struct Curve {
    /// Name of the data set.
    pub data: String,
    /// Size of the random subset that was trained on.
    pub samples: usize,
    /// Name of the curve.
    pub curve: &'static str,
    /// The points, one for every five epochs, and the first.
    pub points: Vec<Point>,
}

/// Trains every curve that isn't kept in `folder`, with each of `sizes` samples.
///
/// # Errors
/// Fails as training and the file system do.
pub fn run(
    plan: Plan,
    sizes: &[usize],
    data: &[Dataset],
    folder: &Path,
    watch: &(dyn Fn(&Cell) + Sync),
) -> Result<Vec<Curve>> {
    let mut tasks = Vec::new();
    for data in data {
        for &samples in sizes {
            for (name, objective, beta, gamma) in CURVES {
                let plan = Plan { samples, ..plan };
                let settings = plan.settings(&data.name, objective, 0).with(|settings| {
                    settings.objective.beta = beta;
                    settings.network.gamma = gamma.to_vec();
                });
                tasks.push((name, samples, Cell::new(folder, settings, data)?));
            }
        }
    }
    tasks
        .par_iter()
        .map(|(name, samples, cell)| {
            let points = cell.kept_without_model("curve", || {
                let points = points(cell)?;
                watch(cell);
                Ok(points)
            })?;
            Ok(Curve { data: label(&cell.data.name), samples: *samples, curve: name, points })
        })
        .collect()
}

fn points(cell: &Cell) -> Result<Vec<Point>> {
    let data = cell.data;
    let local = Samples::new(&data.test, data.features, data.scaling.view(), LOCAL_SAMPLES);
    let mut trainer = Trainer::new(&cell.settings, data)?;
    let mut points = Vec::new();
    let mut unbounded = 0;
    for epoch in 1..=cell.settings.optimiser.epochs {
        unbounded += trainer.epoch()?;
        if epoch == 1 || epoch % EVERY == 0 || epoch == cell.settings.optimiser.epochs {
            let parameters = trainer.parameters();
            let answers = outputs(&parameters.network(), &data.test, data.scaling.view())?;
            points.push(Point {
                epoch,
                test_accuracy: score(&answers, &data.test.labels).0,
                lipschitz: Lipschitz::new(parameters, &local)?,
                unbounded: std::mem::take(&mut unbounded),
            });
        }
    }
    Ok(points)
}
