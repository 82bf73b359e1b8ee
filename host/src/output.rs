//! What goes to stdout and stderr: the only place of the library that writes there.
//!
//! Results go to stdout, and an error there is returned. Progress and messages go to stderr, and never end
//! what they are about: a closed pipe or a full disk loses the message alone.

use std::fmt::{Display, Write as _};
use std::io::{IsTerminal, Write};
use std::path::Path;

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};

/// Print one line, or several, to stdout.
///
/// # Errors
/// Of the writing, such as a closed pipe.
pub fn print(line: impl Display) -> Result<()> {
    let line = escaped(&line.to_string(), &['\n', '\t']) + "\n";
    Ok(std::io::stdout().write_all(line.as_bytes())?)
}

/// Say one line on stderr, if anybody listens.
pub fn say(line: impl Display) {
    let line = harmless(&line.to_string()) + "\n";
    let _ = std::io::stderr().write_all(line.as_bytes());
}

/// [`say`], above the progress bar if there is one.
pub fn say_above(bar: Option<&ProgressBar>, line: impl Display) {
    match bar {
        Some(bar) => bar.suspend(|| say(line)),
        None => say(line),
    }
}

/// A progress bar of that template and length on a terminal; none elsewhere.
pub fn bar(template: &str, length: u64) -> Option<ProgressBar> {
    std::io::stderr().is_terminal().then(|| {
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        ProgressBar::new(length).with_style(style)
    })
}

/// A path as text, such as JSON needs; what isn't UTF-8 in it is replaced.
pub fn path(path: &Path) -> String {
    path.display().to_string()
}

/// Text of a file, a folder's name or an option as it may be shown in a line of a terminal: characters that
/// control it, break the line or turn its direction are escaped as in JSON.
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

/// Controls (C0, DEL, C1), separators of lines and paragraphs, marks of direction, and marks of byte order.
fn is_harmful(c: char) -> bool {
    let turns =
        matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || turns || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}
