//! Reads names of classes.

use std::path::Path;

use anyhow::Result;

use crate::error::{BadInput, quoted, require};

/// Most classes; larger labels are more likely another column that was mistaken for labels.
pub const MOST_CLASSES: usize = 1000;
/// Longest name, in bytes.
const LONGEST: usize = 64;

/// Returns the names of the classes 0..n: their numbers.
pub fn numbered(classes: usize) -> Vec<String> {
    (0..classes).map(|class| class.to_string()).collect()
}

/// Returns the names in the file at `path`, or numbers if there is none; `classes` is the number of classes
/// that the labels need.
///
/// # Errors
/// Fails as [`parse`] does.
pub fn named(path: &Path, classes: usize) -> Result<Vec<String>> {
    Ok(beside(path, classes)?.unwrap_or_else(|| numbered(classes)))
}

/// Returns the names in the file at `path`, if there is one.
///
/// # Errors
/// Fails as [`parse`] does.
pub fn beside(path: &Path, classes: usize) -> Result<Option<Vec<String>>> {
    match std::fs::read(path) {
        Ok(file) => Ok(Some(parse(&path.display().to_string(), &file, classes)?)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(BadInput::new(path.display(), "a readable file of names", error).into()),
    }
}

/// Reads one name from each line, for the classes from 0.
///
/// # Errors
/// Returns [`BadInput`] with the line for an empty or long name, or if there are fewer names than
/// `classes`.
pub fn parse(place: &str, file: &[u8], classes: usize) -> Result<Vec<String>> {
    let file = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
    let text = std::str::from_utf8(file).map_err(|error| BadInput::new(place, "text in UTF-8", error))?;
    let mut names = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let place = format!("{place}, line {}", index + 1);
        let name = line.trim();
        let fits = !name.is_empty() && name.len() <= LONGEST;
        require!(fits, place, format!("a name of 1 to {LONGEST} bytes"), quoted(line));
        require!(index < MOST_CLASSES, place, format!("at most {MOST_CLASSES} names"), "more");
        names.push(name.to_string());
    }
    require!(names.len() >= classes, place, format!("{classes} names, one a class"), names.len());
    Ok(names)
}
