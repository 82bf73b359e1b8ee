//! Decides which columns of a table are values, label and group.

use anyhow::Result;

use crate::data::{Reading, Target};
use crate::error::{BadInput, quoted, require};

/// Names that headers give a column of labels, the most likely first.
const LABELS: [&str; 8] = ["label", "labels", "class", "target", "y", "category", "species", "activity"];

/// How the column of the label was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Found {
    /// The column was named by an option, or no other could be meant.
    #[default]
    Named,
    /// The column was found by its name in the header.
    Header,
    /// The last column was taken.
    Last,
}

/// The columns of a table by their use, as numbers from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Columns {
    /// Columns of the values, in the order of the inputs.
    pub features: Vec<usize>,
    /// Columns of the label or the targets.
    pub labels: Vec<usize>,
    /// Column of the group, if there is one.
    pub group: Option<usize>,
    /// How the column of the label was found.
    pub found: Found,
    /// What was assumed, one line each.
    pub notes: Vec<String>,
}

/// Returns a name for each of `count` columns without a header: their numbers from 1.
pub fn numbered(count: usize) -> Vec<String> {
    (1..=count).map(|column| column.to_string()).collect()
}

/// Returns the column that `text` means: by name, by number from 1, or `first` or `last`.
///
/// # Errors
/// Returns [`BadInput`] at `option` if there is none, or if several have that name.
pub fn find(option: &str, text: &str, names: &[String]) -> Result<usize> {
    let text = text.trim();
    let by = |same: &dyn Fn(&str) -> bool| -> Vec<usize> {
        names.iter().enumerate().filter(|(_, name)| same(name)).map(|(column, _)| column).collect()
    };
    for found in [by(&|name| name == text), by(&|name| name.eq_ignore_ascii_case(text))] {
        match found[..] {
            [] => {}
            [column] => return Ok(column),
            [first, second, ..] => {
                let expected = format!("one column (its number: {} or {})", first + 1, second + 1);
                return Err(BadInput::new(option, expected, format!("several named {}", quoted(text))).into());
            }
        }
    }
    let found = match text {
        "first" => Some(0),
        "last" => names.len().checked_sub(1),
        _ => text.parse().ok().and_then(|number: usize| number.checked_sub(1)),
    };
    found.filter(|&column| column < names.len()).ok_or_else(|| {
        let shown: Vec<_> = names.iter().take(12).map(|name| quoted(name)).collect();
        let more = if names.len() > shown.len() { ", …" } else { "" };
        let expected = format!("a column: {}{more}, or a number from 1 to {}", shown.join(", "), names.len());
        BadInput::new(option, expected, quoted(text)).into()
    })
}

/// Chooses the columns as `reading` says, by their `names`, which come from a `header` or are numbers.
///
/// # Errors
/// Returns [`BadInput`] for a column that isn't there, and if none is left for values.
pub fn choose(place: &str, names: &[String], header: bool, reading: &Reading) -> Result<Columns> {
    let all = |option: &str, texts: &[String]| -> Result<Vec<usize>> {
        texts.iter().map(|text| find(option, text, names)).collect()
    };
    let ignored = all("--ignore", &reading.ignore)?;
    let chosen = all("--columns", &reading.columns)?;
    let group = reading.group.as_deref().map(|text| find("--group", text, names)).transpose()?;
    let mut labels = all("--label", &reading.label)?;
    let (mut found, mut notes) = (Found::Named, Vec::new());
    let free =
        |column: &usize| !ignored.contains(column) && group != Some(*column) && !chosen.contains(column);
    if labels.is_empty() {
        let named = if header { known(names) } else { Default::default() };
        let named: Vec<_> = named.into_iter().filter(free).collect();
        let last = (0..names.len()).rev().find(free);
        if let Some(&column) = named.iter().find(|&&column| Some(column) == last).or(named.first()) {
            if Some(column) != last {
                let name = quoted(&names[column]);
                notes.push(format!(
                    "the label is the column {name} (number {} of {}), by its name; --label names another",
                    column + 1,
                    names.len()
                ));
            }
            labels = vec![column];
            found = Found::Header;
        } else if reading.target != Target::Nothing {
            let expected = "a column for the label (--label)";
            labels = vec![last.ok_or_else(|| BadInput::new(place, expected, "none that is left"))?];
            found = Found::Last;
        }
    }
    let one = reading.target == Target::Classes;
    let expected = "one column (several are targets of --task regress)";
    require!(!one || labels.len() <= 1, "--label", expected, labels.len());
    let used =
        |column: &usize| !ignored.contains(column) && group != Some(*column) && !labels.contains(column);
    let features: Vec<usize> = if chosen.is_empty() {
        (0..names.len()).filter(used).collect()
    } else {
        chosen.into_iter().filter(used).collect()
    };
    let got = format!("{} ({} columns)", features.len(), names.len());
    require!(
        !features.is_empty(),
        place,
        "at least a value and a label (--delimiter sets what separates them)",
        got
    );
    Ok(Columns { features, labels, group, found, notes })
}

/// Returns the columns whose names are usual for labels, the most likely first.
fn known(names: &[String]) -> Vec<usize> {
    let with = |label: &&str| names.iter().position(|name| name.eq_ignore_ascii_case(label));
    LABELS.iter().filter_map(with).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(names: &str, reading: &Reading) -> (Vec<usize>, Vec<usize>) {
        let names: Vec<_> = names.split(',').map(String::from).collect();
        let columns = choose("file", &names, true, reading).expect("chosen");
        (columns.features, columns.labels)
    }

    #[test]
    fn columns_are_found_by_name_number_and_place() {
        let names = |list: &[&str]| list.iter().map(|name| name.to_string()).collect::<Vec<_>>();
        let reading = Reading::default();
        assert_eq!(chosen("a,b,label", &reading), (vec![0, 1], vec![2]));
        assert_eq!(chosen("Label,a,b", &reading), (vec![1, 2], vec![0]));
        assert_eq!(chosen("y,a,class", &reading), (vec![0, 1], vec![2]));
        assert_eq!(chosen("a,b,c", &reading), (vec![0, 1], vec![2]));
        let reading = Reading { label: names(&["first"]), ignore: names(&["3"]), ..Reading::default() };
        assert_eq!(chosen("a,b,c,d", &reading), (vec![1, 3], vec![0]));
        let reading = Reading { columns: names(&["c", "a"]), group: Some("b".into()), ..Reading::default() };
        assert_eq!(chosen("a,b,c,d", &reading), (vec![2, 0], vec![3]));
        let reading = Reading { target: Target::Nothing, ..Reading::default() };
        assert_eq!(chosen("a,b", &reading), (vec![0, 1], vec![]));
        assert!(find("--label", "x", &names(&["a"])).is_err());
        assert!(find("--label", "a", &names(&["a", "a"])).is_err());
    }
}
