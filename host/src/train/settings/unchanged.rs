//! Checks that a run's settings file still says what its checkpoint says.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use toml::{Table, Value};

use super::Settings;
use super::read::{EXPECTED, grouped};
use crate::BadInput;
use crate::error;

/// End of the error: what to do instead of editing a run's settings.
const REMEDY: &str =
    "a run's settings can't be edited: `epochs` with --resume trains on, --config begins another run";

/// Checks that `found`, the text of the settings file at `place`, differs from `kept`, the settings of the
/// run, at most in the setting `changeable`, and lacks no setting.
///
/// # Errors
/// Returns [`BadInput`] that names the first other setting and both values.
pub fn check_unchanged(place: &str, kept: &str, found: &str, changeable: Option<&str>) -> Result<()> {
    if kept == found {
        return Ok(());
    }
    let read = |text| Settings::from_toml(text).with_context(|| place.to_string());
    let given =
        leaves(&grouped(error::toml("settings", EXPECTED, found).with_context(|| place.to_string())?));
    // Both by way of the settings: 2 and 2.0 are the same learning rate.
    let found = leaves(&Table::try_from(read(found)?)?);
    let kept = leaves(&Table::try_from(read(kept)?)?);
    let refuse = |name: &str, expected: Option<&Value>, got: Option<&Value>| {
        let value = |value: Option<&Value>| value.map_or("nothing".into(), Value::to_string);
        let expected = format!("{}, as the checkpoint has it ({REMEDY})", value(expected));
        Err(BadInput::new(format!("{place}, {name}"), expected, value(got)).into())
    };
    let is_fixed = |name: &&String| Some(name.as_str()) != changeable;
    for name in kept.keys().chain(found.keys()).filter(is_fixed) {
        let got = found.get(name).filter(|_| given.contains_key(name) || !kept.contains_key(name));
        if kept.get(name) != got {
            return refuse(name, kept.get(name), got);
        }
    }
    Ok(())
}

/// Returns every value that isn't a table, by its names joined by dots.
fn leaves(table: &Table) -> BTreeMap<String, Value> {
    let mut all = BTreeMap::new();
    for (name, value) in table {
        match value {
            Value::Table(inner) => {
                all.extend(leaves(inner).into_iter().map(|(rest, value)| (format!("{name}.{rest}"), value)));
            }
            value => {
                all.insert(name.clone(), value.clone());
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::ObjectiveName;

    #[test]
    fn what_differs_or_lacks_is_named_with_both_values() {
        let kept = toml::to_string(&Settings::new("digits", ObjectiveName::Arovr)).expect("text");
        let check = |found: &str, changeable| check_unchanged("settings.toml", &kept, found, changeable);
        check(&format!("# mine\n{kept}"), None).expect("a comment changes nothing");
        check(&kept.replace("beta = 0.25", "beta = 2.5e-1"), None).expect("the same number");
        for (from, to, words) in [
            ("epochs = 100", "epochs = 10", ["optimiser.epochs", "expected 100", "got 10"]),
            ("beta = 0.25", "beta = 0.5", ["objective.beta", "expected 0.25", "got 0.5"]),
            ("epochs = 100\n", "", ["optimiser.epochs", "expected 100", "got nothing"]),
            (
                "epochs = 100\n",
                "epochs = 100\nweight-clip = 2.0\n",
                ["weight-clip", "expected nothing", "got 2.0"],
            ),
            ("seed = 0", "seed = 1", ["seed", "expected 0", "got 1"]),
        ] {
            let error = check(&kept.replace(from, to), None).expect_err(to).to_string();
            assert!(words.iter().all(|word| error.contains(word)), "{error}");
        }
        check(&kept.replace("epochs = 100", "epochs = 10"), Some("optimiser.epochs")).expect("may change");
        // The file ends with a number, `0.0`, of which `0` is the same value.
        let end = kept.trim_end().trim_end_matches(".0").len();
        for cut in 0..end {
            assert!(check(&kept[..cut], None).is_err(), "cut after {cut} bytes: {}", &kept[..cut]);
        }
    }
}
