//! Recognises what a graph computes from a classifier's outputs: probabilities, the largest one's index, a
//! class's name. The label doesn't need it, so it is checked and left out.

use std::collections::HashSet;

use anyhow::Result;

use super::ACTIVATIONS;
use super::chain::Chain;
use super::constant::Constants;
use super::proto::NodeProto;
use crate::convert::bad;
use crate::error::{quoted, require};

/// The values that are computed from the outputs.
#[derive(Default)]
pub struct Tail {
    values: HashSet<String>,
    /// Name of the first operation.
    head: Option<String>,
    /// Name of the value 1 − p of a Sigmoid's p.
    complement: Option<String>,
    /// Names of the classes, if the graph has them.
    pub classes: Option<Vec<String>>,
}

impl Tail {
    /// Returns whether one of the values has that name.
    pub fn has(&self, name: &str) -> bool {
        self.values.contains(name)
    }

    /// Returns one line about what is left out.
    pub fn note(&self) -> Option<String> {
        let head = self.head.as_ref()?;
        Some(format!(
            "the {head} at the end is left out: labels are the same, outputs are the values before it"
        ))
    }

    /// Checks a node that follows `current`, the outputs, and keeps its value; returns false if it doesn't
    /// follow them.
    ///
    /// # Errors
    /// Returns [`crate::BadInput`] if it would change the label.
    pub fn takes(
        &mut self,
        here: &str,
        node: &NodeProto,
        current: &str,
        chain: &Chain,
        constants: &Constants,
    ) -> Result<bool> {
        let first = node.input.first().map_or("", String::as_str);
        let begins = matches!(
            (node.domain.as_str(), node.op_type.as_str()),
            ("" | "ai.onnx", "Softmax" | "LogSoftmax" | "Sigmoid" | "ArgMax")
        );
        let starts = begins && first == current && !chain.is_empty();
        if !starts && !node.input.iter().any(|input| self.has(input)) {
            return Ok(false);
        }
        let over_classes = || -> Result<()> {
            let axis = node.integer("axis", if node.op_type == "ArgMax" { 0 } else { -1 });
            require!(matches!(axis, 1 | -1), here, "axis = 1 or -1, over the classes", axis);
            Ok(())
        };
        match node.op_type.as_str() {
            "Softmax" | "LogSoftmax" => over_classes()?,
            "ArgMax" => {
                over_classes()?;
                require!(
                    chain.width() != Some(1) || self.complement.is_some(),
                    here,
                    "more than one class",
                    "one output"
                );
            }
            "Sigmoid" => {}
            "Cast" | "Identity" | "Reshape" | "Squeeze" | "Flatten" => {}
            "Sub" => {
                let one = constants.get(here, first).is_ok_and(|constant| constant.values == [1.0]);
                require!(one && self.head.as_deref() == Some("Sigmoid"), here, "1 − p", "another");
                self.complement = node.output.first().cloned();
            }
            "Concat" => {
                let pair = node.input.len() == 2 && self.complement.as_deref() == Some(first);
                require!(pair, here, "1 − p and p of one output", "others");
            }
            "ZipMap" => {
                let strings = node.attribute("classlabels_strings").map(|names| {
                    names.strings.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect()
                });
                let numbers = node
                    .attribute("classlabels_int64s")
                    .map(|names| names.ints.iter().map(i64::to_string).collect());
                self.classes = strings.or(numbers).or(self.classes.take());
            }
            "ArrayFeatureExtractor" => self.classes = Some(constants.names(here, first)?),
            operation => {
                let head = self.head.as_deref().unwrap_or_default();
                let expected = format!("nothing after {head} but labels (between layers: {ACTIVATIONS})");
                return Err(bad(here, expected, quoted(operation)));
            }
        }
        if self.head.is_none() {
            self.head = Some(node.op_type.clone());
        }
        self.values.extend(node.output.iter().filter(|name| !name.is_empty()).cloned());
        Ok(true)
    }
}
