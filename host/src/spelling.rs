//! Spells core's types on the command line, in settings and in reports.

use fenchel_core::{Activation, InputBlock, Perturbation, Schedule, Status};

/// A type with one spelling, the same in options, settings files and reports.
pub trait Spelled: Sized {
    /// Returns the value as it is written.
    fn spell(&self) -> String;

    /// Parses what was written.
    ///
    /// # Errors
    /// Returns what was expected.
    fn parse(text: &str) -> Result<Self, String>;
}

/// Parses a value as [`Spelled::parse`] does, in the form that clap needs.
///
/// # Errors
/// Returns what was expected.
pub fn parse<T: Spelled>(text: &str) -> Result<T, String> {
    T::parse(text)
}

/// Serialises a value by its spelling: `#[serde(with = "spelling::text")]`.
pub mod text {
    use super::Spelled;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    /// Serialises the value as a string.
    ///
    /// # Errors
    /// Returns errors of the serialiser.
    pub fn serialize<T: Spelled, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&value.spell())
    }

    /// Deserialises the value from a string.
    ///
    /// # Errors
    /// Returns what was expected.
    pub fn deserialize<'de, T: Spelled, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        T::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// Serialises a list by its values' spelling: `#[serde(with = "spelling::texts")]`.
pub mod texts {
    use super::Spelled;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    /// Serialises the values as strings.
    ///
    /// # Errors
    /// Returns errors of the serialiser.
    pub fn serialize<T: Spelled, S: Serializer>(values: &[T], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(values.iter().map(T::spell))
    }

    /// Deserialises the values from strings.
    ///
    /// # Errors
    /// Returns what was expected.
    pub fn deserialize<'de, T: Spelled, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
        let texts = Vec::<String>::deserialize(deserializer)?;
        texts.iter().map(|text| T::parse(text).map_err(D::Error::custom)).collect()
    }
}

/// The schedules that can be chosen.
pub const SCHEDULES: &[Schedule] = &[Schedule::ForwardBackward, Schedule::Unitwise, Schedule::Backward];

impl Spelled for Schedule {
    fn spell(&self) -> String {
        match self {
            Self::ForwardBackward => "forward-backward",
            Self::Unitwise => "unitwise",
            Self::Backward => "backward",
        }
        .into()
    }

    fn parse(text: &str) -> Result<Self, String> {
        let found = SCHEDULES.iter().find(|schedule| schedule.spell() == text);
        let names = || SCHEDULES.iter().map(Self::spell).collect::<Vec<_>>().join(", ");
        found.copied().ok_or_else(|| format!("expected one of {}", names()))
    }
}

/// Parses a finite number for which `holds` is true.
fn number(text: &str, holds: impl Fn(f32) -> bool) -> Option<f32> {
    text.parse().ok().filter(|value: &f32| value.is_finite() && holds(*value))
}

/// Default cost of a dropped unit.
const DROPOUT_MAGNITUDE: f32 = 100.0;

/// Perturbations are written `none`, `gaussian:STD`, `dropout:P` or `dropout:P:M`.
impl Spelled for Perturbation {
    fn spell(&self) -> String {
        match *self {
            Self::None => "none".into(),
            Self::Gaussian { std } => format!("gaussian:{std}"),
            Self::Dropout { probability, magnitude } if magnitude == DROPOUT_MAGNITUDE => {
                format!("dropout:{probability}")
            }
            Self::Dropout { probability, magnitude } => format!("dropout:{probability}:{magnitude}"),
        }
    }

    fn parse(text: &str) -> Result<Self, String> {
        let share = |text| number(text, |value| (0.0..=1.0).contains(&value));
        let found = match text.split(':').collect::<Vec<_>>()[..] {
            ["none"] => Some(Self::None),
            ["gaussian", std] => number(std, |std| std >= 0.0).map(|std| Self::Gaussian { std }),
            ["dropout", share_text] => share(share_text)
                .map(|probability| Self::Dropout { probability, magnitude: DROPOUT_MAGNITUDE }),
            ["dropout", share_text, magnitude] => share(share_text)
                .zip(number(magnitude, |_| true))
                .map(|(probability, magnitude)| Self::Dropout { probability, magnitude }),
            _ => None,
        };
        found.ok_or_else(|| {
            "expected none, gaussian:STD with a standard deviation of at least 0, or dropout:P or \
             dropout:P:M with a probability P in [0, 1] and a cost M"
                .into()
        })
    }
}

/// Activations are written `linear`, `relu`, `clip:LOW:HIGH` or `simplex`.
impl Spelled for Activation {
    fn spell(&self) -> String {
        match self {
            Self::Linear => "linear".into(),
            Self::Relu => "relu".into(),
            Self::Clip { low, high } => format!("clip:{low}:{high}"),
            Self::Simplex => "simplex".into(),
        }
    }

    fn parse(text: &str) -> Result<Self, String> {
        let found = match text.split(':').collect::<Vec<_>>()[..] {
            ["linear"] => Some(Self::Linear),
            ["relu"] => Some(Self::Relu),
            ["simplex"] => Some(Self::Simplex),
            ["clip", low, high] => number(low, |_| true)
                .and_then(|low| number(high, |high| low < high).map(|high| Self::Clip { low, high })),
            _ => None,
        };
        found.ok_or_else(|| "expected relu, linear, simplex, or clip:LOW:HIGH with LOW < HIGH".into())
    }
}

/// Input blocks are written `none`, `box:RADIUS` or `quadratic:RATIO`.
impl Spelled for InputBlock {
    fn spell(&self) -> String {
        match self {
            Self::None => "none".into(),
            Self::Box { radius } => format!("box:{radius}"),
            Self::Quadratic { ratio } => format!("quadratic:{ratio}"),
        }
    }

    fn parse(text: &str) -> Result<Self, String> {
        let size = |text| number(text, |value| value >= 0.0);
        let found = match text.split(':').collect::<Vec<_>>()[..] {
            ["none"] => Some(Self::None),
            ["box", radius] => size(radius).map(|radius| Self::Box { radius }),
            ["quadratic", ratio] => size(ratio).map(|ratio| Self::Quadratic { ratio }),
            _ => None,
        };
        found.ok_or_else(|| "expected none, box:RADIUS or quadratic:RATIO, numbers of at least 0".into())
    }
}

/// Returns the name of a status.
pub fn status(status: Status) -> &'static str {
    match status {
        Status::Converged => "converged",
        Status::SweepLimit => "sweep-limit",
        Status::Unbounded => "unbounded",
    }
}

/// Returns the name of a choice, as the command line takes it.
pub fn name(choice: impl clap::ValueEnum) -> String {
    choice.to_possible_value().map_or_else(String::new, |value| value.get_name().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip<T: Spelled + PartialEq + std::fmt::Debug>(texts: &[&str], refused: &[&str]) {
        for text in texts {
            assert_eq!(T::parse(text).expect(text).spell(), *text);
        }
        for text in refused {
            assert!(T::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_spelled_is_read_back() {
        let bad = ["", "nonsense", "none:1"];
        round_trip::<Perturbation>(&["none", "gaussian:0.0625", "dropout:0.2", "dropout:0.2:5"], &bad);
        round_trip::<Perturbation>(&[], &["gaussian:-1", "gaussian:nan", "dropout:1.5", "dropout:0.1:inf"]);
        round_trip::<Activation>(&["relu", "linear", "simplex", "clip:0:1", "clip:-0.5:2"], &bad);
        round_trip::<Activation>(&[], &["clip:1:0", "clip:0", "clip:0:nan", "relu:1"]);
        round_trip::<InputBlock>(&["none", "box:0.02", "quadratic:0.25"], &bad);
        round_trip::<InputBlock>(&[], &["box", "box:-1", "quadratic:inf"]);
        round_trip::<Schedule>(&["forward-backward", "unitwise", "backward"], &bad);
    }
}
