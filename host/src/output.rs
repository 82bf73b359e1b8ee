//! Writes to stdout and stderr; no other part of the library does.
//!
//! Results go to stdout, and an error there is returned. Progress and messages go to stderr and never end a
//! command: if its pipe is closed or the disk is full, only the message is lost.

use std::fmt::{Display, Write as _};
use std::io::{IsTerminal, Write};
use std::path::Path;

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};

/// Prints one line or several to stdout.
///
/// # Errors
/// Returns errors of writing, such as a closed pipe.
pub fn print(line: impl Display) -> Result<()> {
    let line = escaped(&line.to_string(), &['\n', '\t']) + "\n";
    Ok(std::io::stdout().write_all(line.as_bytes())?)
}

/// Prints one line to stderr; errors are ignored.
pub fn say(line: impl Display) {
    let line = harmless(&line.to_string()) + "\n";
    let _ = std::io::stderr().write_all(line.as_bytes());
}

/// Prints one line to stderr as [`say`] does, above the progress bar if there is one.
pub fn say_above(bar: Option<&ProgressBar>, line: impl Display) {
    match bar {
        Some(bar) => bar.suspend(|| say(line)),
        None => say(line),
    }
}

/// Returns a progress bar with that template and length on a terminal; `None` elsewhere.
pub fn bar(template: &str, length: u64) -> Option<ProgressBar> {
    std::io::stderr().is_terminal().then(|| {
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        ProgressBar::new(length).with_style(style)
    })
}

/// Returns a path as text, for example for JSON; bytes that aren't UTF-8 are replaced.
pub fn path(path: &Path) -> String {
    path.display().to_string()
}

/// Returns text of a file, a folder's name or an option as it may be shown in a line of a terminal:
/// characters that control the terminal, break the line or change the direction of text are escaped as in
/// JSON.
///
/// ```
/// use fenchel::output::harmless;
/// assert_eq!(harmless("\u{1b}[2J\n\u{9b}\u{202e}ü"), r"\u001b[2J\u000a\u009b\u202eü");
/// ```
pub fn harmless(text: &str) -> String {
    escaped(text, &[])
}

fn escaped(text: &str, kept: &[char]) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if !is_harmful(c) || kept.contains(&c) {
            shown.push(c);
        } else {
            let _ = write!(shown, "\\u{:04x}", u32::from(c));
        }
    }
    shown
}

/// Returns whether a character is a control (C0, DEL, C1), a line or paragraph separator, a mark of
/// direction, or a byte order mark.
fn is_harmful(c: char) -> bool {
    let turns =
        matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || turns || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}
