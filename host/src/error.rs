//! Bad input: what a user can mend. The command ends with exit code 2 on it.

use std::fmt::Display;

use anyhow::Result;
use serde::de::DeserializeOwned;

use crate::output::harmless;

/// Return [`BadInput`] unless the condition holds.
macro_rules! require {
    ($condition:expr, $place:expr, $expected:expr, $got:expr) => {
        let holds: bool = $condition;
        if !holds {
            return Err($crate::BadInput::new($place, $expected, $got).into());
        }
    };
}
pub(crate) use require;

/// Where something is wrong, what was expected and what came.
#[derive(Debug, thiserror::Error)]
#[error("{place}: expected {expected}, got {got}")]
pub struct BadInput {
    /// File and line, or option.
    pub place: String,
    /// What would do.
    pub expected: String,
    /// What came.
    pub got: String,
}

impl BadInput {
    /// Put the three together.
    pub fn new(place: impl Display, expected: impl Display, got: impl Display) -> Self {
        Self { place: place.to_string(), expected: expected.to_string(), got: got.to_string() }
    }
}

/// A file's `text`, the TOML of `what`: a MiB at most, since it takes a hundred times as much memory.
pub(crate) fn toml<T: DeserializeOwned>(what: &str, expected: &str, text: &str) -> Result<T> {
    const LONGEST: usize = 1 << 20;
    require!(text.len() <= LONGEST, what, format!("at most {LONGEST} bytes"), text.len());
    own_toml(what, expected, text)
}

/// [`toml`] of any length. An error has the beginning of the line and the reason alone, since the file's
/// own text could hold anything.
pub(crate) fn own_toml<T: DeserializeOwned>(what: &str, expected: &str, text: &str) -> Result<T> {
    let bad = |error: toml::de::Error| {
        let start = error.span().map_or(0, |span| span.start);
        let before = text.get(..start).unwrap_or_default();
        let line = text.lines().nth(before.matches('\n').count()).unwrap_or_default();
        BadInput::new(format!("{what}, {}", quoted(line)), expected, printable(error.message()))
    };
    Ok(toml::from_str(text).map_err(bad)?)
}

/// Text of a file as an error shows it: in quotes, control characters escaped, and not long.
pub(crate) fn quoted(text: &str) -> String {
    const MOST: usize = 40;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}

/// What another library says of a file, harmless to a terminal and not long.
pub(crate) fn printable(text: &str) -> String {
    const MOST: usize = 300;
    harmless(text).chars().take(MOST).collect()
}
