//! Model files with a right CRC that are wrong by docs/format.md: every command refuses each, with exit code 2
//! and one message, and writes nothing.

mod hostile;

use std::path::Path;
use std::process::{Command, Output};

use fenchel::store::model_file::ModelBytes;
use fenchel_core::Model;
use hostile::{Hostile, files, right};

/// Every command that takes a model, and its options.
const COMMANDS: [&[&str]; 15] = [
    &["inspect"],
    &["inspect", "--json", "--weights"],
    &["inspect", "--target", "netduinoplus2"],
    &["inspect", "--safe-beta"],
    &["infer"],
    &["eval"],
    &["eval", "--hardware", "reram", "--chips", "2"],
    &["relax"],
    &["export", "-o", "out.fenchel"],
    &["export", "--weights", "int8", "-o", "out.fenchel"],
    &["export", "--format", "safetensors", "-o", "out.safetensors"],
    &["export", "--format", "npz", "-o", "out.npz"],
    &["export", "--format", "c-header", "-o", "out.h"],
    &["export", "--format", "rust", "-o", "out.rs"],
    &["spice", "--out", "out.cir"],
];

fn run(folder: &Path, command: &[&str], model: &str) -> Output {
    let mut fenchel = Command::new(env!("CARGO_BIN_EXE_fenchel"));
    fenchel.current_dir(folder).args(command).arg(model).output().expect("it starts")
}

/// Returns what is wrong with how `command` ended on a hostile file, if anything.
fn fault(output: &Output) -> Option<String> {
    let text = String::from_utf8_lossy(&output.stderr);
    let refused =
        output.status.code() == Some(2) && text.contains("hostile.fenchel") && text.lines().count() == 1;
    (!refused || text.contains("panicked")).then(|| format!("{}: {text}", output.status))
}

#[test]
fn the_right_files_load() {
    for file in right() {
        let bytes = ModelBytes::new(&file);
        Model::load(&bytes).expect("loads");
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("model.fenchel"), &file).expect("writes");
        assert!(run(folder.path(), &["inspect"], "model.fenchel").status.success());
    }
}

#[test]
fn core_refuses_every_hostile_file() {
    let files = files();
    assert!(files.len() >= 132, "{} files", files.len());
    let accepted = files.iter().filter(|file| Model::load(&ModelBytes::new(&file.bytes)).is_ok());
    assert_eq!(accepted.map(|file| &file.what).collect::<Vec<_>>(), Vec::<&String>::new());
}

#[test]
fn every_command_refuses_every_hostile_file() {
    let files = files();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let faults: Vec<String> = std::thread::scope(|scope| {
        let parts = files.chunks(files.len().div_ceil(threads)).map(|part| scope.spawn(|| try_all(part)));
        // All start before the first is waited for.
        let parts: Vec<_> = parts.collect();
        parts.into_iter().flat_map(|part| part.join().expect("it ends")).collect()
    });
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

fn try_all(files: &[Hostile]) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let mut faults = Vec::new();
    for Hostile { what, bytes } in files {
        std::fs::write(folder.path().join("hostile.fenchel"), bytes).expect("writes");
        for command in COMMANDS {
            let fault = fault(&run(folder.path(), command, "hostile.fenchel"));
            faults.extend(fault.map(|fault| format!("{what}, {}: {fault}", command.join(" "))));
        }
        let left = std::fs::read_dir(folder.path()).expect("a folder").count();
        if left != 1 {
            faults.push(format!("{what}: something was written"));
        }
    }
    faults
}
