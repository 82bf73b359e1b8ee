//! Writes sizes and names of a model as Rust constants, around an aligned copy of its file.

use std::fmt::Write;

use fenchel_core::{Model, PARAMETER_ALIGNMENT, Task};

/// Returns a Rust source file, `no_std` and without dependencies, for `mod model;` in a program: INPUTS,
/// UNITS, OUTPUTS, CLASSES and CLASS_NAMES (TARGETS and TARGET_NAMES for regression), and FILE, which
/// includes the model file `include` beside it.
pub fn write(include: &str, model: &Model) -> String {
    let network = model.network();
    let mut text = format!("//! The model file {include:?}, by `fenchel export --format rust`.\n");
    for (name, value, what) in [
        ("INPUTS", network.input_units(), "Raw values of a sample."),
        ("UNITS", network.units(), "Units above the input, the size of `fenchel_core::State`."),
        ("OUTPUTS", network.output_units(), "Values of an answer."),
    ] {
        let _ = write!(text, "\n/// {what}\n#[allow(dead_code)]\npub const {name}: usize = {value};\n");
    }
    let named = match model.task() {
        Task::Classification { classes, .. } => Some(("CLASSES", "CLASS_NAMES", "classes", classes)),
        Task::Regression { targets, .. } => Some(("TARGETS", "TARGET_NAMES", "targets", targets)),
        Task::Reconstruction { .. } => None,
    };
    if let Some((count, list, what, names)) = named {
        let _ = write!(
            text,
            "\n/// Number of {what}, one an output.\n#[allow(dead_code)]\npub const {count}: usize = OUTPUTS;\n\n\
             /// Names of the {what}, in the order of the outputs.\n#[allow(dead_code)]\n#[rustfmt::skip]\n\
             pub const {list}: [&str; {count}] = [\n"
        );
        names.iter().for_each(|name| {
            let _ = writeln!(text, "    {name:?},");
        });
        text.push_str("];\n");
    }
    let _ = write!(
        text,
        "\n/// Weights are used where they lie, so the file must be aligned.\n\
         #[repr(C, align({PARAMETER_ALIGNMENT}))]\nstruct Aligned<T: ?Sized>(T);\n\n\
         static ALIGNED: &Aligned<[u8]> = &Aligned(*include_bytes!({include:?}));\n\n\
         /// The model file, for `fenchel_core::Model::load`.\n#[allow(dead_code)]\n\
         pub static FILE: &[u8] = &ALIGNED.0;\n"
    );
    text
}
