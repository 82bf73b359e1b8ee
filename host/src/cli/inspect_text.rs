//! What `fenchel inspect` prints for people: the JSON object's content as rows.

use anyhow::Result;
use serde_json::Value;

use super::table::table;

/// Names of the object's entries that are options of `fenchel train`.
const OPTIONS: [&str; 7] = ["data", "objective", "attack", "alpha", "beta", "perturbation", "seed"];

/// Print the `report` of a model.
pub fn print(report: &Value) -> Result<()> {
    let blocks: &[Value] = report["blocks"].as_array().map_or(&[], Vec::as_slice);
    let units: Vec<_> = blocks.iter().map(|block| block["units"].to_string()).collect();
    let mut rows = vec![vec!["units of the blocks".to_string(), units.join("-")]];
    for (name, value) in report.as_object().into_iter().flatten().filter(|(name, _)| *name != "blocks") {
        add(&mut rows, name, value);
    }
    table(&rows)?;
    super::print("")?;
    let heading = ["block", "units", "activation", "potential", "from"].map(String::from).to_vec();
    let row = |block: &Value| {
        ["block", "units", "activation", "potential", "from"].map(|name| text(&block[name])).to_vec()
    };
    table(&std::iter::once(heading).chain(blocks.iter().map(row)).collect::<Vec<_>>())?;
    blocks.iter().try_for_each(weights)
}

/// A row for `value`, or one for each of its entries.
fn add(rows: &mut Vec<Vec<String>>, name: &str, value: &Value) {
    match value {
        Value::Object(entries) => {
            entries.iter().for_each(|(inner, value)| match OPTIONS.contains(&inner.as_str()) {
                true => add(rows, &format!("--{inner}"), value),
                false => add(rows, &format!("{name}, {inner}"), value),
            })
        }
        value => rows.push(vec![name.replace('_', " "), text(value)]),
    }
}

/// A value without quotes and brackets.
fn text(value: &Value) -> String {
    match value {
        Value::Null => "–".into(),
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(text).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// The parameters of a block, if they are there: a row of weights a line, fan-in numbers each.
fn weights(block: &Value) -> Result<()> {
    let line = |values: &Value| match values {
        Value::Array(values) => values.iter().map(Value::to_string).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    };
    let matrix = |title: String, rows: &Value| {
        super::print(format_args!("\n{title}"))?;
        rows.as_array().into_iter().flatten().try_for_each(|row| super::print(line(row)))
    };
    let number = &block["block"];
    if block["weights"].is_array() {
        matrix(format!("weights into block {number} from the one below"), &block["weights"])?;
    }
    for skip in block["skips"].as_array().into_iter().flatten() {
        matrix(format!("weights into block {number} from block {}", skip["from"]), &skip["weights"])?;
    }
    for name in ["bias", "gamma"].into_iter().filter(|name| block[name].is_array()) {
        super::print(format_args!("\n{name} of block {number}\n{}", line(&block[name])))?;
    }
    Ok(())
}
