//! A model file as a C header.

use std::fmt::Write;

use fenchel_core::{Model, PARAMETER_ALIGNMENT};

/// The bytes as an aligned array, and the sizes that a program around them needs.
pub fn write(bytes: &[u8], model: &Model) -> String {
    let network = model.network();
    let mut text = String::from(
        "/* A Fenchel model file for core's C interface, fenchel.h: include it in one source file. */\n\
         #ifndef FENCHEL_FILE_H\n#define FENCHEL_FILE_H\n\n#include <stdint.h>\n\n",
    );
    for (name, value) in [
        ("BYTES", bytes.len()),
        ("INPUTS", network.input_units()),
        ("UNITS", network.units()),
        ("CLASSES", network.output_units()),
    ] {
        let _ = writeln!(text, "#define FENCHEL_FILE_{name} {value}");
    }
    let _ = write!(
        text,
        "\n#if defined(__cplusplus)\n#define FENCHEL_ALIGNED alignas({PARAMETER_ALIGNMENT})\n\
         #elif defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L\n\
         #define FENCHEL_ALIGNED _Alignas({PARAMETER_ALIGNMENT})\n\
         #else\n#define FENCHEL_ALIGNED __attribute__((aligned({PARAMETER_ALIGNMENT})))\n#endif\n\n\
         static const FENCHEL_ALIGNED uint8_t fenchel_file[FENCHEL_FILE_BYTES] = {{"
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
