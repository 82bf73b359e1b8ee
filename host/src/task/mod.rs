//! The tasks of a network: its targets, the targets of an attack, and how answers are scored. To add one,
//! add a file here and a row in the list.

mod classification;
mod confusion;
mod reconstruction;
mod regression;

use clap::ValueEnum;
use fenchel_core::Random;
use serde::{Deserialize, Serialize};

use crate::data::{Dataset, Split, Target};
pub use classification::{Classification, runner_up, score};
pub use confusion::Confusion;
pub use reconstruction::Reconstruction;
pub use regression::{Line, Regression, goodness, lines, worst};

/// The quality of a network's answers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// Share of right labels, or R² for real-valued targets.
    pub score: f64,
    /// Mean over samples of ½‖z_L − y‖².
    pub loss: f64,
    /// Mean over classes of the share of right labels; `None` if there are no classes.
    pub balanced_accuracy: Option<f64>,
}

/// The interface of a kind of task. Rows are samples, n_L values each.
trait Kind {
    /// Returns the number of outputs n_L of the network.
    fn outputs(&self) -> usize;

    /// Appends the target y of sample `index` of `split`, whose scaled input is `input`.
    fn append_target(&self, split: &Split, index: usize, input: &[f32], target: &mut Vec<f32>);

    /// Sets `attack` to y⁻, shape (B, n_L), drawn for each row of `target`, shape (B, n_L).
    fn draw_attack(&self, target: &[f32], random: &mut Random, attack: &mut Vec<f32>);

    /// Sets `attack` to the y⁻, shape (B, n_L), that the `outputs`, shape (B, n_L), favour most.
    fn worst_attack(&self, target: &[f32], outputs: &[f32], attack: &mut Vec<f32>);

    /// Returns the quality of the `outputs`, shape (samples, n_L), for all of `split`.
    fn score(&self, outputs: &[f32], split: &Split, data: &Dataset) -> Score;
}

/// Defines the list of tasks: each kind's name, as in `--task`, its type, and what is read from a file for
/// it.
macro_rules! tasks {
    ($($(#[$doc:meta])* $name:ident: $kind:ident, $target:ident);*) => {
        /// Name of a kind of task.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum TaskName {
            $($(#[$doc])* $name),*
        }

        impl TaskName {
            /// Returns what is read from a file for it.
            pub fn target(self) -> Target {
                match self {
                    $(Self::$name => Target::$target),*
                }
            }
        }

        /// A task on given data.
        #[derive(Clone, Debug)]
        pub enum Task {
            $($(#[$doc])* $kind($kind)),*
        }

        impl Task {
            /// Builds the task of that name for `data`.
            pub fn new(name: TaskName, data: &Dataset) -> Self {
                match name {
                    $(TaskName::$name => Self::$kind($kind::new(data))),*
                }
            }

            fn kind(&self) -> &dyn Kind {
                match self {
                    $(Self::$kind(kind) => kind),*
                }
            }
        }
    };
}

tasks! {
    /// Tell classes apart
    Classify: Classification, Classes;
    /// Predict one or more real values
    Regress: Regression, Values;
    /// Give the input back, so that what differs from the training data is found as an anomaly
    Reconstruct: Reconstruction, Nothing
}

impl TaskName {
    /// Returns the task of a model, which says what its outputs mean.
    pub fn of(task: &fenchel_core::Task) -> Self {
        match task {
            fenchel_core::Task::Classification { .. } => Self::Classify,
            fenchel_core::Task::Regression { .. } => Self::Regress,
            fenchel_core::Task::Reconstruction { .. } => Self::Reconstruct,
        }
    }

    /// Returns the name of [`Score::score`] in JSON: accuracy, or r2.
    pub fn measure(self) -> &'static str {
        match self {
            Self::Classify => "accuracy",
            Self::Regress | Self::Reconstruct => "r2",
        }
    }

    /// Formats a [`Score::score`] for people: in percent, or as R².
    pub fn shown(self, score: f64) -> String {
        match self {
            Self::Classify => format!("{:.2} %", 100.0 * score),
            Self::Regress | Self::Reconstruct => format!("R² {score:.4}"),
        }
    }
}

impl Task {
    /// Returns the number of outputs n_L of the network.
    pub fn outputs(&self) -> usize {
        self.kind().outputs()
    }

    /// Appends the target y of sample `index` of `split`, whose scaled input is `input`.
    pub fn append_target(&self, split: &Split, index: usize, input: &[f32], target: &mut Vec<f32>) {
        self.kind().append_target(split, index, input, target);
    }

    /// Sets `attack` to y⁻, shape (B, n_L), drawn for each row of `target`, shape (B, n_L).
    pub fn draw_attack(&self, target: &[f32], random: &mut Random, attack: &mut Vec<f32>) {
        attack.clear();
        self.kind().draw_attack(target, random, attack);
    }

    /// Sets `attack` to the y⁻, shape (B, n_L), that the `outputs`, shape (B, n_L), favour most.
    pub fn worst_attack(&self, target: &[f32], outputs: &[f32], attack: &mut Vec<f32>) {
        attack.clear();
        self.kind().worst_attack(target, outputs, attack);
    }

    /// Returns the quality of the `outputs`, shape (samples, n_L), for all of `split`.
    pub fn score(&self, outputs: &[f32], split: &Split, data: &Dataset) -> Score {
        self.kind().score(outputs, split, data)
    }
}
