//! Chooses the path of the integer kernels: rustc's own `cfg`s don't tell an ARMv7-M core from one with DSP instructions.

use std::env::var;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!(
        "cargo:rustc-check-cfg=cfg(fenchel_integer, values(\"plain\", \"v6m\", \"v7m\", \"dsp\", \"mve\"))"
    );
    // What the user chose by `--cfg fenchel_kernel="…"`.
    let kernel = var("CARGO_CFG_FENCHEL_KERNEL").unwrap_or_default();
    let path = match (kernel.as_str(), var("TARGET").unwrap_or_default().as_str()) {
        ("safe", _) => "plain",
        ("mve" | "fused", "thumbv8m.main-none-eabihf") => "mve",
        (_, "thumbv6m-none-eabi") => "v6m",
        (_, "thumbv7m-none-eabi" | "thumbv8m.main-none-eabi") => "v7m",
        // A core with a floating-point unit and without DSP instructions is possible, but none is known to be sold.
        (_, "thumbv7em-none-eabi" | "thumbv7em-none-eabihf" | "thumbv8m.main-none-eabihf") => "dsp",
        _ => "plain",
    };
    println!("cargo:rustc-check-cfg=cfg(fenchel_core, values(\"v8m\"))");
    if var("TARGET").is_ok_and(|target| target.starts_with("thumbv8m.main")) {
        println!("cargo:rustc-cfg=fenchel_core=\"v8m\"");
    }
    println!("cargo:rustc-cfg=fenchel_integer=\"{path}\"");
}
