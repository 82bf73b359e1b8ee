//! Finds the order of the layers of a file that doesn't give it, by their shapes, and by numbers and words
//! in their names.

use anyhow::Result;

use super::{Layer, bad};
use crate::error::{quoted, require};

/// Most steps of a search; more count as ambiguous.
const MOST_STEPS: usize = 100_000;
/// Beginnings of words in names that only the first layer has.
const FIRST: [&str; 4] = ["input", "first", "stem", "inp"];
/// Beginnings of words in names that only the last layer has.
const LAST: [&str; 6] = ["output", "out", "last", "final", "head", "logit"];

/// Returns the layers lowest first, and a sentence about the order if it isn't that of the names. `wanted`
/// holds all names in their order, or is empty.
///
/// # Errors
/// Returns [`crate::BadInput`] if `wanted` names other layers, or if several orders fit the shapes and the
/// names don't decide.
pub fn arrange(
    place: &str,
    mut layers: Vec<Layer>,
    wanted: &[String],
) -> Result<(Vec<Layer>, Option<String>)> {
    layers.sort_by_cached_key(|layer| parts(&layer.name));
    let names = |order: &[usize]| order.iter().map(|&k| layers[k].name.clone()).collect::<Vec<_>>().join(",");
    let by_name: Vec<_> = (0..layers.len()).collect();
    if !wanted.is_empty() {
        let order: Option<Vec<_>> =
            wanted.iter().map(|name| layers.iter().position(|layer| layer.name == *name)).collect();
        let complete = order.as_ref().is_some_and(|order| {
            let mut sorted = order.clone();
            sorted.sort_unstable();
            sorted == by_name
        });
        let expected = format!("the layers {}, lowest first", quoted(&names(&by_name)));
        let order = order.filter(|_| complete);
        let order = order.ok_or_else(|| bad("--order", expected, quoted(&wanted.join(","))))?;
        return Ok((taken(layers, &order), None));
    }
    let numbered = layers.windows(2).all(|pair| texts(&pair[0].name) == texts(&pair[1].name));
    if layers.len() < 2 || numbered && fits(&layers, &by_name) {
        return Ok((layers, None));
    }
    let found = Search::run(&layers, false);
    let found = if found.len() > 1 { Search::run(&layers, true) } else { found };
    match found.as_slice() {
        // No order fits: the names' order says where it breaks.
        [] => Ok((layers, None)),
        [order] => {
            let note = (!numbered || *order != by_name)
                .then(|| format!("layers in the order {}; --order takes another", names(order)));
            let order = order.clone();
            Ok((taken(layers, &order), note))
        }
        [first, ..] => {
            let expected = format!(
                "--order with the names of the layers, lowest first, such as --order {}",
                names(first)
            );
            let got = "shapes that several orders fit, and names that don't say which";
            require!(false, place, expected, got);
            Ok((layers, None))
        }
    }
}

fn taken(layers: Vec<Layer>, order: &[usize]) -> Vec<Layer> {
    let mut layers: Vec<_> = layers.into_iter().map(Some).collect();
    order.iter().filter_map(|&k| layers[k].take()).collect()
}

fn fits(layers: &[Layer], order: &[usize]) -> bool {
    order.windows(2).all(|pair| layers[pair[0]].rows == layers[pair[1]].columns)
}

/// Searches for orders that fit, and stops at the second.
struct Search<'a> {
    layers: &'a [Layer],
    /// Whether words such as "input" are considered.
    words: bool,
    steps: usize,
    found: Vec<Vec<usize>>,
}

impl<'a> Search<'a> {
    fn run(layers: &'a [Layer], words: bool) -> Vec<Vec<usize>> {
        let mut search = Self { layers, words, steps: 0, found: Vec::new() };
        search.extend(&mut Vec::new());
        search.found
    }

    fn extend(&mut self, order: &mut Vec<usize>) {
        self.steps += 1;
        if self.found.len() > 1 || self.steps > MOST_STEPS {
            return;
        }
        if order.len() == self.layers.len() {
            self.found.push(order.clone());
            return;
        }
        for next in 0..self.layers.len() {
            if self.may_follow(order, next) {
                order.push(next);
                self.extend(order);
                order.pop();
            }
        }
        if self.steps > MOST_STEPS && order.is_empty() {
            // As good as ambiguous: the names' order twice.
            self.found = vec![(0..self.layers.len()).collect(); 2];
        }
    }

    fn may_follow(&self, order: &[usize], next: usize) -> bool {
        let layer = &self.layers[next];
        let below = order.last().map(|&k| &self.layers[k]);
        if order.contains(&next) || below.is_some_and(|below| below.rows != layer.columns) {
            return false;
        }
        // Of names that differ by numbers alone, the lower number is lower.
        let earlier = |k: usize| !order.contains(&k) && texts(&self.layers[k].name) == texts(&layer.name);
        if (0..next).any(earlier) {
            return false;
        }
        let says = |words: &[&str]| has_word(&layer.name, words);
        let (first, last) = (order.is_empty(), order.len() + 1 == self.layers.len());
        let others = |words: &[&str]| self.layers.iter().any(|layer| has_word(&layer.name, words));
        !self.words || (says(&FIRST) == first || !others(&FIRST)) && (says(&LAST) == last || !others(&LAST))
    }
}

fn has_word(name: &str, words: &[&str]) -> bool {
    let name = name.to_lowercase();
    let mut tokens = name.split(|c: char| !c.is_alphabetic());
    tokens.any(|token| words.iter().any(|word| token.starts_with(word)))
}

/// Splits a name into text and numbers, so that fc2 comes before fc10.
pub fn parts(name: &str) -> Vec<(String, u64)> {
    let mut parts = vec![(String::new(), 0u64)];
    let mut in_number = false;
    for c in name.chars() {
        let digit = c.to_digit(10);
        if in_number && digit.is_none() {
            parts.push((String::new(), 0));
        }
        in_number = digit.is_some();
        if let Some((text, number)) = parts.last_mut() {
            match digit {
                Some(digit) => *number = number.saturating_mul(10).saturating_add(digit.into()),
                None => text.push(c),
            }
        }
    }
    parts
}

/// Returns the texts of a name without its numbers.
fn texts(name: &str) -> Vec<String> {
    parts(name).into_iter().map(|(text, _)| text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layers(shapes: &[(&str, usize, usize)]) -> Vec<Layer> {
        let layer = |&(name, rows, columns): &(&str, usize, usize)| Layer {
            name: name.into(),
            rows,
            columns,
            weights: vec![0.0; rows * columns],
            biases: vec![0.0; rows],
            activation: None,
        };
        shapes.iter().map(layer).collect()
    }

    fn order(shapes: &[(&str, usize, usize)], wanted: &[&str]) -> Result<(String, bool)> {
        let wanted: Vec<_> = wanted.iter().map(|name| name.to_string()).collect();
        let (layers, note) = arrange("file", layers(shapes), &wanted)?;
        let names: Vec<_> = layers.iter().map(|layer| layer.name.as_str()).collect();
        Ok((names.join(" "), note.is_some()))
    }

    #[test]
    fn numbers_in_names_order_by_value() {
        let square = [("net.10", 4, 4), ("net.2", 4, 4), ("net.0", 4, 4)];
        assert_eq!(order(&square, &[]).expect("numbered"), ("net.0 net.2 net.10".into(), false));
        let up = [("b", 5, 4), ("a", 3, 5), ("c", 4, 6)];
        assert_eq!(order(&up, &[]).expect("shapes"), ("c b a".into(), true));
        // Numbers that the shapes contradict.
        let down = [("fc1", 3, 5), ("fc2", 5, 4)];
        assert_eq!(order(&down, &[]).expect("nothing else fits").0, "fc1 fc2");
    }

    #[test]
    fn words_decide_where_shapes_do_not() {
        let net = [("hidden_layer", 8, 8), ("input_layer", 8, 8), ("output_layer", 3, 8)];
        let expected = "input_layer hidden_layer output_layer";
        assert_eq!(order(&net, &[]).expect("words"), (expected.into(), true));
        let net = [("body.0", 8, 8), ("body.2", 8, 8), ("head", 8, 8)];
        assert_eq!(order(&net, &[]).expect("words"), ("body.0 body.2 head".into(), true));
    }

    #[test]
    fn what_stays_open_is_asked_for() {
        let net = [("alpha", 8, 8), ("beta", 8, 8), ("gamma", 3, 8)];
        let error = format!("{:#}", order(&net, &[]).expect_err("two orders"));
        assert!(error.contains("--order alpha,beta,gamma"), "{error}");
        assert_eq!(order(&net, &["beta", "alpha", "gamma"]).expect("said").0, "beta alpha gamma");
        for wrong in [&["beta", "alpha"][..], &["beta", "beta", "gamma"], &["a", "b", "c"]] {
            assert!(order(&net, wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_search_ends() {
        // Fifteen layers whose shapes fit nowhere but late.
        let names: Vec<String> = (0..15).map(|k| format!("{}", char::from(b'a' + k))).collect();
        let mut shapes: Vec<_> = names.iter().map(|name| (name.as_str(), 8, 8)).collect();
        shapes[14] = ("o", 3, 7);
        assert!(order(&shapes, &[]).is_err());
    }
}
