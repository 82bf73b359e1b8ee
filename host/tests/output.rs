//! Only one module writes to the terminal, and what it writes can't harm one.

use std::path::{Path, PathBuf};

/// Returns every Rust file below `folder`.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = folder.read_dir().expect("a folder").map(|entry| entry.expect("an entry").path());
    entries
        .flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|ending| ending == "rs"))
        .collect()
}

#[test]
fn only_the_output_module_writes_to_the_terminal() {
    // What panics when nobody reads (the macros), and what could be written to past the module.
    const WRITERS: [&str; 7] =
        ["println!", "eprintln!", "print!(", "eprint!(", "dbg!(", "stdout()", "stderr()"];
    let host = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = [sources(&host.join("src")), sources(&host.join("../core/src"))].concat();
    assert!(files.len() > 100, "only {} files looked at", files.len());
    let mut writers = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).expect("readable");
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            if WRITERS.iter().any(|writer| code.contains(writer)) {
                writers.push(format!("{}, line {}: {line}", file.display(), number + 1));
            }
        }
    }
    let outside: Vec<_> = writers.iter().filter(|place| !place.contains("host/src/output.rs")).collect();
    assert!(outside.is_empty(), "{outside:#?}");
    assert!(!writers.is_empty(), "the module itself isn't found: the test sees nothing");
}
