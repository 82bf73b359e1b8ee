//! What a test expects of a command: an object, or a refusal.

use std::path::Path;
use std::process::Output;

use serde_json::Value;

use super::commands::{fenchel, said, text};

/// Checks that it succeeded, and returns the object that it printed.
pub fn json(output: &Output) -> Value {
    serde_json::from_str(&text(output)).expect("JSON")
}

/// Checks that it is refused with exit code 2 and these words.
pub fn refused(folder: &Path, arguments: &[&str], words: &[&str]) {
    let output = fenchel(folder, arguments);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", said(&output));
    assert!(words.iter().all(|word| said(&output).contains(word)), "{arguments:?}: {}", said(&output));
}
