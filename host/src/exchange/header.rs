//! A model file as a C header.

use std::fmt::Write;

use fenchel_core::{Model, PARAMETER_ALIGNMENT};

/// The bytes as an aligned array, and the sizes that a program around them needs.
pub fn write(bytes: &[u8], model: &Model) -> String {
    let network = model.network();
    let mut text = String::from(
        "/* A Fenchel model file for core's C interface, fenchel.h: include it in one source file. */\n\
         #ifndef FENCHEL_MODEL_H\n#define FENCHEL_MODEL_H\n\n#include <stdalign.h>\n#include <stdint.h>\n\n",
    );
    for (name, value) in [
        ("BYTES", bytes.len()),
        ("INPUTS", network.input_units()),
        ("UNITS", network.units()),
        ("CLASSES", network.output_units()),
    ] {
        let _ = writeln!(text, "#define FENCHEL_MODEL_{name} {value}");
    }
    let _ = write!(
        text,
        "\nstatic const alignas({PARAMETER_ALIGNMENT}) uint8_t fenchel_model_file[FENCHEL_MODEL_BYTES] = {{"
    );
    for line in bytes.chunks(20) {
        text.push_str("\n    ");
        line.iter().for_each(|byte| {
            let _ = write!(text, "{byte},");
        });
    }
    text.push_str("\n};\n\n#endif\n");
    text
}
