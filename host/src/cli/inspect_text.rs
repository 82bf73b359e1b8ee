//! What `fenchel inspect` prints for people: the content of its JSON object as tables.

use anyhow::Result;
use serde_json::Value;

use super::table::table;

/// Names of the object's entries that are options of `fenchel train`.
const OPTIONS: [&str; 7] = ["data", "objective", "attack", "alpha", "beta", "perturbation", "seed"];

/// Entries of the object that have tables of their own.
const TABLES: [&str; 2] = ["blocks", "target"];

/// What an entry of the object is called in the table, where its name with spaces doesn't say enough.
const LABELS: [(&str, &str); 6] = [
    ("class_names", "classes"),
    ("macs", "multiply-adds of an inference"),
    ("file_bytes", "model file, bytes"),
    ("inference_ram_bytes", "RAM of an inference without stack, bytes"),
    ("relaxation_ram_bytes", "RAM of a relaxation without stack, bytes"),
    ("training, epoch", "epoch of training"),
];

/// Prints the `report` of a model.
pub fn print(report: &Value) -> Result<()> {
    let blocks: &[Value] = report["blocks"].as_array().map_or(&[], Vec::as_slice);
    let units: Vec<_> = blocks.iter().map(|block| block["units"].to_string()).collect();
    let mut rows = vec![vec!["units of the blocks".to_string(), units.join("-")]];
    for (name, value) in
        report.as_object().into_iter().flatten().filter(|(name, _)| !TABLES.contains(&name.as_str()))
    {
        add(&mut rows, name, value);
    }
    table(&rows)?;
    super::print("")?;
    let heading = ["block", "units", "activation", "potential", "from"].map(String::from).to_vec();
    let row = |block: &Value| {
        ["block", "units", "activation", "potential", "from"].map(|name| text(&block[name])).to_vec()
    };
    table(&std::iter::once(heading).chain(blocks.iter().map(row)).collect::<Vec<_>>())?;
    target(&report["target"])?;
    blocks.iter().try_for_each(weights)
}

/// Prints what the model takes on a board, if one was named: memory of three programs, then instructions by kernel.
fn target(target: &Value) -> Result<()> {
    let Value::Object(_) = target else { return Ok(()) };
    super::print(format_args!("\non {}, {}", text(&target["board"]), text(&target["core"])))?;
    let heading =
        ["program", "fits", "flash: model", "code at most", "of", "RAM: data", "stack at most", "of"];
    let mut rows = vec![heading.map(String::from).to_vec()];
    for name in ["inference", "relaxation", "template"] {
        let program = &target[name];
        let fits = if program["fits"] == true { "yes" } else { "no" };
        let (flash, ram) = (&program["flash"], &program["ram"]);
        let bytes = [
            &flash["model"],
            &flash["code_at_most"],
            &flash["of"],
            &ram["static"],
            &ram["stack_at_most"],
            &ram["of"],
        ];
        rows.push([name.to_string(), fits.to_string()].into_iter().chain(bytes.map(text)).collect());
    }
    table(&rows)?;
    super::print("")?;
    let mut rows = vec![["kernel", "of", "instructions", "modelled cycles"].map(String::from).to_vec()];
    for (kernel, costs) in target["costs"].as_object().into_iter().flatten() {
        for of in ["inference", "sweep"] {
            let cost = &costs[of];
            rows.push(vec![kernel.clone(), of.into(), text(&cost["instructions"]), text(&cost["cycles"])]);
        }
    }
    table(&rows)
}

/// Adds a row for `value`, or one for each of its entries.
fn add(rows: &mut Vec<Vec<String>>, name: &str, value: &Value) {
    match value {
        Value::Object(entries) => {
            entries.iter().for_each(|(inner, value)| match OPTIONS.contains(&inner.as_str()) {
                true => add(rows, &format!("--{inner}"), value),
                false => add(rows, &format!("{name}, {inner}"), value),
            })
        }
        value => {
            let label = LABELS.iter().find(|(entry, _)| *entry == name);
            rows.push(vec![
                label.map_or_else(|| name.replace('_', " "), |(_, label)| label.to_string()),
                text(value),
            ]);
        }
    }
}

/// Returns a value without quotes and brackets.
fn text(value: &Value) -> String {
    match value {
        Value::Null => "–".into(),
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(text).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// Prints the parameters of a block, if they are there: one row of weights on each line, with fan-in numbers.
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
