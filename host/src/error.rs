//! Bad input: what a user can mend. The command ends with exit code 2 on it.

use std::fmt::Display;

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

/// Longest TOML that is parsed, bytes, which take a hundred times as much memory.
pub(crate) const LONGEST_TOML: usize = 1 << 20;

impl BadInput {
    /// Put the three together.
    pub fn new(place: impl Display, expected: impl Display, got: impl Display) -> Self {
        Self { place: place.to_string(), expected: expected.to_string(), got: got.to_string() }
    }

    /// What is wrong with `text`, the TOML of `what`: the beginning of the line and the reason alone, since
    /// the file's own text could hold anything.
    pub(crate) fn toml(what: &str, expected: &str, text: &str, error: &toml::de::Error) -> Self {
        let start = error.span().map_or(0, |span| span.start);
        let before = text.get(..start).unwrap_or_default();
        let line = text.lines().nth(before.matches('\n').count()).unwrap_or_default();
        Self::new(format!("{what}, {}", quoted(line)), expected, printable(error.message()))
    }
}

/// Text of a file as an error shows it: in quotes, control characters escaped, and not long.
pub(crate) fn quoted(text: &str) -> String {
    const MOST: usize = 40;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}

/// What another library says of a file, without the control characters that it quotes, and not long.
pub(crate) fn printable(text: &str) -> String {
    const MOST: usize = 300;
    text.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).take(MOST).collect()
}

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
