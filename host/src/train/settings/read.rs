//! Reads settings from TOML: in groups, or flat as version 0.1.0 wrote them.

use anyhow::Result;
use serde::Deserialize;
use toml::{Table, Value};

use super::Settings;
use crate::error;
use crate::train::ObjectiveName;

pub(super) const EXPECTED: &str = "what `fenchel train` writes";

/// Each setting of a flat file: its name there, its group, and its name in the group.
const FLAT: &[(&str, &str, &str)] = &[
    ("data", "data", "source"),
    ("samples", "data", "samples"),
    ("layers", "network", "layers"),
    ("activation", "network", "activation"),
    ("skip", "network", "skip"),
    ("potential", "network", "potential"),
    ("distance", "network", "distance"),
    ("gamma", "network", "gamma"),
    ("objective", "objective", "name"),
    ("alpha", "objective", "alpha"),
    ("beta", "objective", "beta"),
    ("attack", "attack", "loss"),
    ("perturbation", "attack", "perturbation"),
    ("perturbed-blocks", "attack", "perturbed-blocks"),
    ("perturbed-per", "attack", "perturbed-per"),
    ("input-block", "attack", "input-block"),
    ("input-noise", "attack", "input-noise"),
    ("hidden-noise", "attack", "hidden-noise"),
    ("weight-clip", "optimiser", "weight-clip"),
    ("pretrain", "optimiser", "pretrain"),
    ("epochs", "optimiser", "epochs"),
    ("batch", "optimiser", "batch"),
    ("rate", "optimiser", "learning-rate"),
    ("schedule", "relaxation", "schedule"),
    ("sweeps", "relaxation", "sweeps"),
    ("tolerance", "relaxation", "tolerance"),
];

/// The settings on which the defaults depend.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Head {
    data: Source,
    objective: Name,
}

#[derive(Default, Deserialize)]
struct Source {
    source: Option<String>,
}

#[derive(Default, Deserialize)]
struct Name {
    name: Option<ObjectiveName>,
}

impl Settings {
    /// Reads settings from TOML. Whatever the file leaves out is as in [`new`](Self::new).
    ///
    /// # Errors
    /// Returns an error for unknown names, values of another kind or out of range, and more than 1 MiB of
    /// text.
    pub fn from_toml(text: &str) -> Result<Self> {
        let given = grouped(error::toml("settings", EXPECTED, text)?);
        let head: Head = error::own_toml("settings", EXPECTED, &toml::to_string(&given)?)?;
        let objective = head.objective.name.unwrap_or(ObjectiveName::ArovrG);
        let defaults = Self::new(head.data.source.as_deref().unwrap_or("digits"), objective);
        let mut all = Table::try_from(&defaults)?;
        for (name, value) in given {
            put(&mut all, name, value);
        }
        error::own_toml("settings", EXPECTED, &toml::to_string(&all)?)
    }
}

/// Returns `given` with each flat setting moved to its group.
pub(super) fn grouped(given: Table) -> Table {
    let mut all = Table::new();
    for (key, value) in given {
        match FLAT.iter().find(|row| row.0 == key && !value.is_table()) {
            Some((_, group, name)) => {
                let moved = Table::from_iter([(name.to_string(), value)]);
                put(&mut all, group.to_string(), moved.into());
            }
            None => put(&mut all, key, value),
        }
    }
    all
}

/// Sets `name` to `value`; a table replaces only the entries that it has. `hardware` is replaced as a
/// whole, because its own reader knows the defaults.
fn put(all: &mut Table, name: String, value: Value) {
    match (all.get_mut(&name), value) {
        (Some(Value::Table(present)), Value::Table(more)) => present.extend(more),
        (_, value) => {
            all.insert(name, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A flat file had every setting that has a value by default except the seed, which is still at the
    /// top; both forms must mean the same.
    #[test]
    fn a_flat_file_reads_as_a_grouped_one() {
        let flat = "data = \"iris.csv\"\nobjective = \"backprop\"\nattack = \"none\"\nrate = 0.5\nseed = 3\n\
                    weight-clip = 2.0\nsamples = 40\nlayers = [5]\n";
        let settings = Settings::from_toml(flat).expect("a flat file");
        assert_eq!(settings.data.source, "iris.csv");
        assert_eq!((settings.data.samples, settings.optimiser.weight_clip), (Some(40), Some(2.0)));
        assert_eq!((settings.optimiser.learning_rate, settings.seed), (0.5, 3));
        let text = toml::to_string(&settings).expect("text");
        assert!(text.contains("[objective]\nname = \"backprop\""), "{text}");
        let again = Settings::from_toml(&text).expect("a grouped file");
        assert_eq!(toml::to_string(&again).expect("text"), text);
    }

    #[test]
    fn what_is_unknown_is_refused() {
        for (text, named) in [
            ("epocs = 3", "epocs"),
            ("[optimiser]\nepocs = 3", "epocs"),
            ("network = 3", "network"),
            ("[data]\nsource = 3", "source"),
        ] {
            let error = format!("{:#}", Settings::from_toml(text).expect_err(text));
            assert!(error.contains(named), "{error}");
        }
    }
}
