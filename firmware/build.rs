//! Puts the linker's memory map, the model and the samples where the build finds them.

use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    println!("cargo:rustc-link-search={}", out.display());
    place(Path::new("memory.x"), &out.join("memory.x"));
    for (variable, what) in [
        ("FENCHEL_MODEL", "a model file, as `fenchel export` writes it"),
        ("FENCHEL_SAMPLES", "a samples file, as `cargo xtask demo` writes it"),
    ] {
        println!("cargo:rerun-if-env-changed={variable}");
        let Some(path) = env::var_os(variable) else {
            panic!("set {variable} to the path of {what}");
        };
        place(Path::new(&path), &out.join(variable.to_lowercase()));
    }
}

fn place(from: &Path, to: &Path) {
    println!("cargo:rerun-if-changed={}", from.display());
    if let Err(error) = fs::copy(from, to) {
        panic!("copying {}: {error}", from.display());
    }
}
