//! Writes a model file as a C header.

use std::fmt::Write;

use fenchel_core::{Model, Names, PARAMETER_ALIGNMENT, Task};

/// Names without prefix, as in earlier headers, defined by the first header that a program includes.
const SHARED: [&str; 4] = ["BYTES", "INPUTS", "UNITS", "CLASSES"];

/// Returns a C99 and C++ header with the file's bytes as an aligned array `name_file`, its sizes and its
/// class names; `name` is an identifier ([`identifier`]).
pub fn write(name: &str, bytes: &[u8], model: &Model) -> String {
    let upper = name.to_ascii_uppercase();
    let network = model.network();
    let values = [bytes.len(), network.input_units(), network.units(), network.output_units()];
    let mut text = format!(
        "/* A Fenchel model file for the C interface, fenchel.h: include it in one source file.\n   \
         {name}_file holds the file. The names FENCHEL_FILE_… and fenchel_file stand for the model whose\n   \
         header is included first. */\n\
         #ifndef {upper}_FENCHEL_H\n#define {upper}_FENCHEL_H\n\n#include <stdint.h>\n\n"
    );
    for (what, value) in SHARED.iter().zip(values) {
        let _ = writeln!(text, "#define {upper}_{what} {value}");
    }
    let list = |what: &str, names: &Names| {
        format!(
            "static const char *const {name}_{what}_names[{upper}_CLASSES] = {{\n    {}\n}};\n\n",
            names.iter().map(literal).collect::<Vec<_>>().join(",\n    ")
        )
    };
    let names = match model.task() {
        Task::Classification { classes, .. } => list("class", classes),
        Task::Regression { targets, .. } => list("target", targets),
        Task::Reconstruction { .. } => String::new(),
    };
    let _ = write!(
        text,
        "\n#ifndef FENCHEL_ALIGNED\n\
         #if defined(__cplusplus) && __cplusplus >= 201103L\n#define FENCHEL_ALIGNED alignas({PARAMETER_ALIGNMENT})\n\
         #elif defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L\n\
         #define FENCHEL_ALIGNED _Alignas({PARAMETER_ALIGNMENT})\n\
         #else\n#define FENCHEL_ALIGNED __attribute__((aligned({PARAMETER_ALIGNMENT})))\n#endif\n#endif\n\n\
         {names}FENCHEL_ALIGNED static const uint8_t {name}_file[{upper}_BYTES] = {{"
    );
    for line in bytes.chunks(20) {
        text.push_str("\n    ");
        line.iter().for_each(|byte| {
            let _ = write!(text, "{byte},");
        });
    }
    text.push_str("\n};\n\n#ifndef FENCHEL_FILE_BYTES\n");
    for what in SHARED {
        let _ = writeln!(text, "#define FENCHEL_FILE_{what} {upper}_{what}");
    }
    let _ = write!(text, "#define fenchel_file {name}_file\n#endif\n\n#endif\n");
    text
}

/// Returns `text` as part of a name in C: letters, digits and underscores, beginning with a letter.
pub fn identifier(text: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let name: String = text.chars().map(plain).collect();
    if name.starts_with(|c: char| c.is_ascii_alphabetic()) { name } else { format!("model_{name}") }
}

/// Returns a C string literal, in which every character except letters, digits and spaces is an octal
/// escape.
fn literal(text: &str) -> String {
    let mut literal = String::from("\"");
    for byte in text.bytes() {
        let _ = match byte {
            b' ' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => write!(literal, "{}", char::from(byte)),
            _ => write!(literal, "\\{byte:03o}"),
        };
    }
    literal + "\""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_texts_are_valid_in_c() {
        assert_eq!(identifier("my-model 2"), "my_model_2");
        assert_eq!(identifier("3d"), "model_3d");
        assert_eq!(identifier(""), "model_");
        assert_eq!(literal("a\"1\\?é"), "\"a\\0421\\134\\077\\303\\251\"");
    }
}
