//! Labels as they are written in a file, and the classes that they stand for.

use std::collections::HashMap;

use anyhow::Result;

use super::columns::Found;
use crate::data::labels::MOST_CLASSES;
use crate::error::{BadInput, quoted, require};

/// Most classes of a column of numbers that no option or header named as the label.
const MOST_ASSUMED: usize = 50;
/// Number of classes up to which it isn't suspicious that most have a single sample.
const FEW: usize = 10;
/// Number of classes up to which it isn't suspicious that they have fewer than three samples on average.
const FEWEST: usize = 5;
/// Least number of samples in a class, on average, if there are more than 50 classes.
const SEVERAL: usize = 10;
/// Longest name of a class, in bytes.
const LONGEST: usize = 64;

/// A column of labels: every distinct text once, and which of them each row has.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Labels {
    /// The distinct labels, in order of appearance.
    pub texts: Vec<String>,
    /// Index in `texts` of each row's label.
    pub codes: Vec<usize>,
    seen: HashMap<String, usize>,
}

impl Labels {
    /// Appends the label of a row. A number such as 1.0 is the same label as 1.
    ///
    /// # Errors
    /// Returns what was expected.
    pub fn push(&mut self, text: &str) -> Result<(), String> {
        let plain = plain(text);
        if let Some(&code) = self.seen.get(plain.as_str()) {
            self.codes.push(code);
            return Ok(());
        }
        if plain.is_empty() || plain.len() > LONGEST {
            return Err(format!("a label of 1 to {LONGEST} bytes"));
        }
        self.seen.insert(plain.clone(), self.texts.len());
        self.codes.push(self.texts.len());
        self.texts.push(plain);
        Ok(())
    }

    /// Appends the labels of other rows.
    pub fn extend(&mut self, others: &Self) {
        let mut codes = Vec::new();
        for text in &others.texts {
            let code = self.texts.iter().position(|own| own == text).unwrap_or_else(|| {
                self.seen.insert(text.clone(), self.texts.len());
                self.texts.push(text.clone());
                self.texts.len() - 1
            });
            codes.push(code);
        }
        self.codes.extend(others.codes.iter().map(|&code| codes[code]));
    }

    /// Returns whether every label is a number.
    pub fn are_numbers(&self) -> bool {
        self.texts.iter().all(|text| number(text).is_some())
    }

    /// Checks that the column doesn't look like one of values, unless it was named. Refused are more than
    /// 50 numbers with few samples each, and in a last column more than 50 numbers at all, or numbers that
    /// appear once or twice. Numbers with fractions are always refused.
    ///
    /// # Errors
    /// Returns [`BadInput`] at `place`, with the options that help.
    pub fn check(&self, place: &str, found: Found) -> Result<()> {
        let count = self.texts.len();
        let numbers = self.are_numbers();
        let got = format!("{count} different numbers");
        let remedy =
            "--label names another column, or this one if it is the label; --task regress predicts numbers";
        if found != Found::Named && numbers {
            let expected =
                format!("at most {MOST_ASSUMED} classes, of several samples each, as labels ({remedy})");
            let mut counts = vec![0usize; count];
            self.codes.iter().for_each(|&code| counts[code] += 1);
            let single = counts.iter().filter(|&&count| count == 1).count();
            let values = count > MOST_ASSUMED && self.codes.len() < SEVERAL * count;
            let rare = count > FEW && 2 * single > count || count > FEWEST && self.codes.len() < 3 * count;
            let values = values || found == Found::Last && (count > MOST_ASSUMED || rare);
            require!(!values, place, expected, got);
        }
        let whole = |text: &String| number(text).is_some_and(|value| value.fract() == 0.0);
        let fraction = self.texts.iter().find(|text| !whole(text)).filter(|_| numbers);
        if let Some(text) = fraction {
            let expected = format!("whole numbers or texts as labels ({remedy})");
            return Err(BadInput::new(place, expected, quoted(text)).into());
        }
        require!(count <= MOST_CLASSES, place, format!("at most {MOST_CLASSES} classes ({remedy})"), count);
        Ok(())
    }

    /// Returns the class of each distinct label, and the names of the classes: in the order of numbers or
    /// of letters, or as `known` has them.
    ///
    /// # Errors
    /// Returns [`BadInput`] at `place` for a label that `known` doesn't have.
    pub fn classes(&self, place: &str, known: Option<&[String]>) -> Result<(Vec<usize>, Vec<String>)> {
        let mut order: Vec<usize> = (0..self.texts.len()).collect();
        if self.are_numbers() {
            let value = |code: usize| number(&self.texts[code]).unwrap_or_default();
            order.sort_by(|&a, &b| value(a).total_cmp(&value(b)));
        } else {
            order.sort_by(|&a, &b| self.texts[a].cmp(&self.texts[b]));
        }
        let mut rank = vec![0; order.len()];
        order.iter().enumerate().for_each(|(class, &code)| rank[code] = class);
        let Some(known) = known else {
            return Ok((rank, order.iter().map(|&code| self.texts[code].clone()).collect()));
        };
        let by_name = |text: &String| known.iter().position(|name| name == text);
        let by_number = |text: &String| text.parse().ok().filter(|&class: &usize| class < known.len());
        let all = |class: &dyn Fn(&String) -> Option<usize>| -> Option<Vec<usize>> {
            self.texts.iter().map(class).collect()
        };
        let found = all(&by_name).or_else(|| all(&by_number));
        if let Some(classes) = found {
            return Ok((classes, known.to_vec()));
        }
        if self.are_numbers() && known.len() == rank.len() {
            return Ok((rank, known.to_vec()));
        }
        let shown: Vec<_> = known.iter().take(12).map(|name| quoted(name)).collect();
        let more = if known.len() > shown.len() { ", …" } else { "" };
        let odd = self.texts.iter().find(|text| by_name(text).is_none()).map_or("", String::as_str);
        Err(BadInput::new(place, format!("labels of {}{more}", shown.join(", ")), quoted(odd)).into())
    }
}

/// Returns `text` without a fraction of zeros, since 1.0 and 1 are the same label.
fn plain(text: &str) -> String {
    let whole = text.split_once('.').filter(|(_, rest)| rest.bytes().all(|byte| byte == b'0'));
    let digits = |text: &&str| {
        let digits = text.strip_prefix('-').unwrap_or(text);
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    whole.map(|(whole, _)| whole).filter(digits).unwrap_or(text).to_string()
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(texts: &str) -> Labels {
        let mut labels = Labels::default();
        texts.split(' ').for_each(|text| labels.push(text).expect(text));
        labels
    }

    fn numbered(texts: &str, known: Option<&str>) -> Option<(Vec<usize>, String)> {
        let labels = labels(texts);
        let known: Option<Vec<String>> = known.map(|names| names.split(' ').map(String::from).collect());
        let (classes, names) = labels.classes("file", known.as_deref()).ok()?;
        Some((labels.codes.iter().map(|&code| classes[code]).collect(), names.join(" ")))
    }

    #[test]
    fn labels_of_every_kind_become_classes_from_0() {
        for (texts, known, classes, names) in [
            ("2 0 1", None, vec![2, 0, 1], "0 1 2"),
            ("10 9 10", None, vec![1, 0, 1], "9 10"),
            ("42 0 7 7.0", None, vec![2, 0, 1, 1], "0 7 42"),
            ("1.0 -1.0", None, vec![1, 0], "-1 1"),
            ("dog cat", None, vec![1, 0], "cat dog"),
            ("False True", None, vec![0, 1], "False True"),
            ("1 2", Some("low high"), vec![0, 1], "low high"),
            ("0 1", Some("low high top"), vec![0, 1], "low high top"),
            ("1 2", Some("1 2 3"), vec![0, 1], "1 2 3"),
            ("high low", Some("low high"), vec![1, 0], "low high"),
        ] {
            assert_eq!(numbered(texts, known), Some((classes, names.into())), "{texts} {known:?}");
        }
        assert_eq!(numbered("high odd", Some("low high")), None);
        assert!(labels("1.5 2.5").check("file", Found::Named).is_err());
        let many: Vec<_> = (0..51).map(|n: u32| n.to_string()).collect();
        assert!(labels(&many.join(" ")).check("file", Found::Last).is_err());
        assert!(labels(&many.join(" ")).check("file", Found::Named).is_ok());
    }
}
