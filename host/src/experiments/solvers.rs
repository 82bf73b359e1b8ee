//! Measures how exact each schedule's gradient is and what it costs, on trained networks.

use std::path::Path;

use anyhow::Result;
use fenchel_core::{Schedule, Weights};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::cells::{Cell, Choice, complete, label};
use super::plan::Plan;
use crate::analysis::statistics::mean;
use crate::data::Dataset;
use crate::spelling::Spelled;
use crate::train::{ObjectiveName, RelaxationSettings, Settings, batch_gradient, number};
use crate::{Parameters, spelling};

/// Objectives whose networks and problems are used, with g = 0.
const OBJECTIVES: [ObjectiveName; 2] = [ObjectiveName::ArovrAb, ObjectiveName::ArovrG];
/// Numbers of sweeps that each schedule is tried with; the reference makes [`REFERENCE`].
const SWEEPS: [u32; 9] = [1, 2, 3, 4, 6, 8, 12, 20, 40];
/// Number of forward–backward sweeps after which the state counts as the minimum.
const REFERENCE: u32 = 400;
/// Most batches over which the error is averaged.
const BATCHES: usize = 20;

/// The gradient of one schedule after some sweeps.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Row {
    /// Name of the data set.
    pub data: String,
    /// Objective whose network and problems are used.
    pub objective: String,
    /// Schedule, the order of updates.
    pub schedule: String,
    /// Number of sweeps.
    pub sweeps: u32,
    /// Relative error ‖gradient − reference‖/‖reference‖, averaged over batches of 50 samples and over the
    /// networks; the reference made 400 sweeps.
    #[serde(deserialize_with = "number")]
    pub error: f64,
    /// The relative error of each network, one value for each seed.
    #[serde(default)]
    pub errors: Vec<f64>,
    /// Multiply-adds divided by those of back-propagation.
    pub cost: f64,
}

/// Returns the multiply-adds of a training step for one sample, divided by those of back-propagation. With
/// F₀ for the input's weights and F for the others, back-propagation makes 2F₀ + 3F.
fn cost(parameters: &Parameters, schedule: Schedule, sweeps: u32) -> f64 {
    let (mut input, mut hidden) = (0.0, 0.0);
    for (c, weights) in parameters.connections.iter().zip(&parameters.weights) {
        let (rows, columns) = weights.shape();
        *(if c.from == 0 { &mut input } else { &mut hidden }) += (rows * columns) as f64;
    }
    let n = f64::from(sweeps);
    // Of both problems: a pass through the hidden weights is 2F.
    let passes = match schedule {
        Schedule::ForwardBackward => 2.0 * (n + 1.0) + 2.0 * n,
        Schedule::Backward => 2.0 * n + 2.0 * (n - 1.0),
        // Each unit reads its fan-out for the slope, its curvature and the update.
        Schedule::Unitwise => 2.0 * 3.0 * n,
    };
    (2.0 * input + (1.0 + passes + 2.0) * hidden) / (2.0 * input + 3.0 * hidden)
}

/// Returns the errors on one network.
fn errors(cell: &Cell) -> Result<Vec<Row>> {
    cell.kept("solvers", Choice::Last, |model| {
        let parameters = Parameters::of_model(model);
        let gradient = |schedule, sweeps, batch| {
            let settings = still(&cell.settings).with(|settings| {
                settings.relaxation = RelaxationSettings { schedule, sweeps, tolerance: 0.0 };
            });
            batch_gradient(&settings, &parameters, cell.data, batch)
        };
        let samples = cell.settings.data.samples.unwrap_or(cell.data.train.len());
        let references = (0..BATCHES.min(samples.div_ceil(cell.settings.optimiser.batch)))
            .map(|batch| gradient(Schedule::ForwardBackward, REFERENCE, batch))
            .collect::<Result<Vec<_>>>()?;
        let mut rows = Vec::new();
        for &schedule in spelling::SCHEDULES {
            for sweeps in SWEEPS {
                let errors = references.iter().enumerate().map(|(batch, reference)| {
                    let norm = |values: &mut dyn Iterator<Item = f32>| {
                        values.map(|value| f64::from(value).powi(2)).sum::<f64>().sqrt()
                    };
                    let gradient = gradient(schedule, sweeps, batch)?;
                    let away = norm(&mut gradient.iter().zip(reference).map(|(own, other)| own - other));
                    Ok(away / norm(&mut reference.iter().copied()))
                });
                rows.push(Row {
                    data: label(&cell.data.name),
                    objective: spelling::name(cell.settings.objective.name),
                    schedule: schedule.spell(),
                    sweeps,
                    error: mean(&errors.collect::<Result<Vec<_>>>()?),
                    errors: Vec::new(),
                    cost: cost(&parameters, schedule, sweeps),
                });
            }
        }
        Ok(rows)
    })
}

/// Returns the settings without g, with which two schedules may end in different minima.
fn still(settings: &Settings) -> Settings {
    settings.clone().with(|settings| settings.attack.perturbation = fenchel_core::Perturbation::None)
}

/// Merges the rows of several networks that differ only in their seed.
fn over_seeds(rows: &[&Row]) -> Row {
    let errors: Vec<f64> = rows.iter().map(|row| row.error).collect();
    Row { error: mean(&errors), errors, ..rows[0].clone() }
}

/// Trains what isn't trained yet, keeping cells in `folder`; returns the rows.
///
/// # Errors
/// Fails as training and the file system do.
pub fn run(plan: Plan, data: &[Dataset], folder: &Path, watch: &(dyn Fn(&Cell) + Sync)) -> Result<Vec<Row>> {
    let mut cells = Vec::new();
    for data in data {
        for objective in OBJECTIVES {
            for seed in 0..plan.seeds {
                cells.push(Cell::new(folder, plan.settings(&data.name, objective, seed), data)?);
            }
        }
    }
    complete(&cells, watch)?;
    let of_networks: Vec<Vec<Row>> = cells.par_iter().map(errors).collect::<Result<_>>()?;
    let rows = of_networks.chunks(plan.seeds as usize).flat_map(|of_seeds| {
        (0..of_seeds[0].len())
            .map(|row| over_seeds(&of_seeds.iter().map(|rows| &rows[row]).collect::<Vec<_>>()))
    });
    Ok(rows.collect())
}

/// Returns the rows as a Markdown table, with a block of columns for each schedule.
pub fn markdown(rows: &[Row]) -> String {
    let mut text = String::new();
    let mut groups: Vec<(&str, &str)> = Vec::new();
    for row in rows {
        if !groups.contains(&(&row.data, &row.objective)) {
            groups.push((&row.data, &row.objective));
        }
    }
    for (data, objective) in groups {
        text += &format!("\n## {data}, trained by {objective}\n\n| sweeps |");
        for schedule in spelling::SCHEDULES {
            text += &format!(" {}, error % | cost |", schedule.spell());
        }
        text += "\n|---|---|---|---|---|---|---|\n";
        for sweeps in SWEEPS {
            text += &format!("| {sweeps} |");
            for schedule in spelling::SCHEDULES {
                let name = schedule.spell();
                let here = |row: &&Row| {
                    row.data == data
                        && row.objective == objective
                        && row.schedule == name
                        && row.sweeps == sweeps
                };
                if let Some(row) = rows.iter().find(here) {
                    text += &format!(" {:.3} | {:.2} |", 100.0 * row.error, row.cost);
                }
            }
            text += "\n";
        }
        // What training makes unless told otherwise.
        let RelaxationSettings { schedule, sweeps, .. } =
            Settings::new(data, ObjectiveName::ArovrG).relaxation;
        let default = |row: &&Row| {
            (row.data.as_str(), row.objective.as_str(), row.sweeps) == (data, objective, sweeps)
                && row.schedule == schedule.spell()
        };
        if let Some(row) = rows.iter().find(default) {
            let errors: Vec<_> = row.errors.iter().map(|error| format!("{:.2}", 100.0 * error)).collect();
            let schedule = &row.schedule;
            text +=
                &format!("\nEach network, {sweeps} sweeps of {schedule}, error %: {}\n", errors.join(", "));
        }
    }
    text
}
