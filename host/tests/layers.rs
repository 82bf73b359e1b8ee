//! Folders of the host depend on each other in one direction only: each imports only from those after it in
//! the list.

use std::path::{Path, PathBuf};

/// The layers, highest first. `analysis` stands below `hardware` and `train`, which measure by it: it asks
/// about a network, whoever trained it. `store` stands below `data`, which keeps the files that it fetches.
const LAYERS: [&str; 19] = [
    "main",
    "cli",
    "report",
    "experiments",
    "train",
    "adapt",
    "hardware",
    "analysis",
    "convert",
    "task",
    "data",
    "store",
    "optim",
    "model",
    "gemm",
    "npz",
    "spelling",
    "error",
    "output",
];

/// Names that `lib.rs` exports, and the layer that defines each.
const EXPORTED: [(&str, &str); 7] = [
    ("Architecture", "model"),
    ("BadInput", "error"),
    ("DenseGradient", "model"),
    ("Matrix", "model"),
    ("Optimiser", "optim"),
    ("OptimiserName", "optim"),
    ("Parameters", "model"),
];

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn rank(layer: &str) -> usize {
    LAYERS
        .iter()
        .position(|name| *name == layer)
        .unwrap_or_else(|| panic!("a folder without a layer: {layer}"))
}

/// Returns the names that follow `crate::` in `code`, including each name of a group.
fn imports(code: &str) -> Vec<String> {
    let mut names = Vec::new();
    for path in code.split("crate::").skip(1) {
        let (group, mut depth) = (path.starts_with('{'), 0);
        let mut name = String::new();
        for c in path.chars() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ if c.is_alphanumeric() || c == '_' => name.push(c),
                ',' if depth == 1 => names.push(std::mem::take(&mut name)),
                _ if depth <= 1 && !c.is_whitespace() => name.push(c),
                _ => {}
            }
            if depth == 0 && (group || !(c.is_alphanumeric() || c == '_')) {
                break;
            }
        }
        names.push(name);
    }
    let first =
        |name: String| name.split(|c: char| !c.is_alphanumeric() && c != '_').next().map(str::to_string);
    names.into_iter().filter_map(first).filter(|name| !name.is_empty() && name != "self").collect()
}

#[test]
fn imports_point_one_way() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    for path in files(&source).iter().filter(|path| path.extension().is_some_and(|ending| ending == "rs")) {
        let inside = path.strip_prefix(&source).expect("inside");
        let first = inside.iter().next().expect("a name").to_str().expect("text");
        let own = first.strip_suffix(".rs").unwrap_or(first);
        let text = std::fs::read_to_string(path).expect("text");
        let code =
            text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
        for name in imports(&code) {
            let layer = EXPORTED.iter().find(|row| row.0 == name).map_or(name.as_str(), |row| row.1);
            if own != "lib" && layer != own && rank(layer) <= rank(own) {
                wrong.push(format!("{} imports {name}", inside.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
