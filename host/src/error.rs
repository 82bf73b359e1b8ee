//! Bad input, which a user can correct. The command ends with exit code 2 on it.

use std::fmt::Display;

use anyhow::Result;
use serde::de::DeserializeOwned;

use crate::output::harmless;

/// Returns [`BadInput`] from the current function unless the condition holds.
macro_rules! require {
    ($condition:expr, $place:expr, $expected:expr, $got:expr) => {
        let holds: bool = $condition;
        if !holds {
            return Err($crate::BadInput::new($place, $expected, $got).into());
        }
    };
}
pub(crate) use require;

/// Says where something is wrong, what was expected and what was found.
#[derive(Debug, thiserror::Error)]
#[error("{place}: expected {expected}, got {got}")]
pub struct BadInput {
    /// File and line, or option.
    pub place: String,
    /// What was expected.
    pub expected: String,
    /// What was found.
    pub got: String,
}

impl BadInput {
    /// Builds an error from its three parts.
    pub fn new(place: impl Display, expected: impl Display, got: impl Display) -> Self {
        Self { place: place.to_string(), expected: expected.to_string(), got: got.to_string() }
    }
}

/// Parses a file's `text`, the TOML of `what`: at most 1 MiB, since parsing takes a hundred times as much
/// memory.
pub(crate) fn toml<T: DeserializeOwned>(what: &str, expected: &str, text: &str) -> Result<T> {
    const LONGEST: usize = 1 << 20;
    require!(text.len() <= LONGEST, what, format!("at most {LONGEST} bytes"), text.len());
    own_toml(what, expected, text)
}

/// Parses TOML of any length as [`toml`] does. An error contains only the beginning of the line and the
/// reason, since the file's own text could hold anything.
pub(crate) fn own_toml<T: DeserializeOwned>(what: &str, expected: &str, text: &str) -> Result<T> {
    let bad = |error: toml::de::Error| {
        let start = error.span().map_or(0, |span| span.start);
        let before = text.get(..start).unwrap_or_default();
        let line = text.lines().nth(before.matches('\n').count()).unwrap_or_default();
        BadInput::new(format!("{what}, {}", quoted(line)), expected, printable(error.message()))
    };
    Ok(toml::from_str(text).map_err(bad)?)
}

/// Returns a file's text as an error shows it: in quotes, with control characters escaped, and cut if it is
/// long.
pub(crate) fn quoted(text: &str) -> String {
    const MOST: usize = 40;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}

/// Returns another library's message about a file, with control characters escaped, and cut if it is long.
pub(crate) fn printable(text: &str) -> String {
    const MOST: usize = 300;
    harmless(text).chars().take(MOST).collect()
}
