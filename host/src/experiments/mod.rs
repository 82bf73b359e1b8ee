//! The paper's experiments, and comparisons with strong baselines; each is one command.
//!
//! Every experiment is a list of [`Cell`](cells::Cell)s: trainings that are done once and kept.

pub mod bench;
pub mod cells;
pub mod figure1;
pub mod flaw_figure;
pub mod hardware;
pub mod hardware_page;
pub mod plan;
pub mod plots;
pub mod provenance;
pub mod robustness;
pub mod robustness_figure;
pub mod solvers;
pub mod table1;
