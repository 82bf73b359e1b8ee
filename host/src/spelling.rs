//! How core's types are written on the command line, in settings and in reports.

use fenchel_core::{Activation, Perturbation, Schedule, Status};

/// The schedules by name.
pub const SCHEDULES: &[(&str, Schedule)] = &[
    ("forward-backward", Schedule::ForwardBackward),
    ("unitwise", Schedule::Unitwise),
    ("backward", Schedule::Backward),
];

/// Name of a schedule.
pub fn schedule(schedule: Schedule) -> &'static str {
    SCHEDULES.iter().find(|row| row.1 == schedule).map_or("unknown", |row| row.0)
}

/// The schedule of that name.
///
/// # Errors
/// What the names are.
pub fn parse_schedule(text: &str) -> Result<Schedule, String> {
    let names: Vec<_> = SCHEDULES.iter().map(|row| row.0).collect();
    let found = SCHEDULES.iter().find(|row| row.0 == text);
    found.map(|row| row.1).ok_or_else(|| format!("expected one of {}", names.join(", ")))
}

/// `none` or `gaussian:STD`.
pub fn perturbation(perturbation: Perturbation) -> String {
    match perturbation {
        Perturbation::None => "none".into(),
        Perturbation::Gaussian { std } => format!("gaussian:{std}"),
        other => format!("{other:?}"),
    }
}

/// From `none` or `gaussian:STD`.
///
/// # Errors
/// What was expected.
pub fn parse_perturbation(text: &str) -> Result<Perturbation, String> {
    let std = |text: &str| text.parse().ok().filter(|std: &f32| *std >= 0.0 && std.is_finite());
    match text.split_once(':') {
        None if text == "none" => Ok(Perturbation::None),
        Some(("gaussian", value)) if std(value).is_some() => {
            Ok(Perturbation::Gaussian { std: std(value).unwrap_or_default() })
        }
        _ => Err("expected none, or gaussian:STD with a standard deviation of at least 0".into()),
    }
}

/// `linear`, `relu` or `clip:LOW:HIGH`.
pub fn activation(activation: Activation) -> String {
    match activation {
        Activation::Linear => "linear".into(),
        Activation::Relu => "relu".into(),
        Activation::Clip { low, high } => format!("clip:{low}:{high}"),
        other => format!("{other:?}"),
    }
}

/// Name of a status.
pub fn status(status: Status) -> &'static str {
    match status {
        Status::Converged => "converged",
        Status::SweepLimit => "sweep-limit",
        Status::Unbounded => "unbounded",
    }
}

/// Name of an objective, as the command line takes it.
pub fn objective(objective: crate::train::ObjectiveName) -> String {
    use clap::ValueEnum;
    objective.to_possible_value().map_or_else(String::new, |value| value.get_name().to_string())
}
