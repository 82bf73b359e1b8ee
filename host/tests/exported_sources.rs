//! C headers and Rust sources of models, compiled and run.

use std::path::Path;
use std::process::{Command, Output};

fn fenchel(folder: &Path, arguments: &[&str]) -> Output {
    let output = Command::new(env!("CARGO_BIN_EXE_fenchel")).current_dir(folder).args(arguments).output();
    output.expect("it starts")
}

fn run(folder: &Path, program: &str, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new(program).current_dir(folder).args(arguments).output();
    let output =
        output.unwrap_or_else(|error| panic!("{program}: {error}; `cargo xtask test` installs compilers"));
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && message.is_empty(), "{program} {arguments:?}: {message}");
    output.stdout
}

/// Makes a folder with two models of different sizes, gesture.fenchel and voice.fenchel.
fn two_models() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, layers) in [("gesture", "8"), ("voice", "12,6")] {
        let model = format!("{name}.fenchel");
        for arguments in [
            &["train", "--epochs", "1", "--quiet", "--layers", layers, "--out", name][..],
            &["export", name, "-o", &model],
        ] {
            let output = fenchel(folder.path(), arguments);
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
    }
    folder
}

fn export(folder: &Path, arguments: &[&str]) -> String {
    let output = fenchel(folder, &[&["export"], arguments].concat());
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Compilers and language standards that must accept a header.
const COMPILERS: [(&str, &str, &[&str]); 4] = [
    ("gcc", "c", &["c99", "c11", "c17"]),
    ("clang", "c", &["c99", "c11", "c17"]),
    ("g++", "c++", &["c++11", "c++14", "c++17", "c++20"]),
    ("clang++", "c++", &["c++11", "c++14", "c++17", "c++20"]),
];

/// Compiles `source` with every compiler that is installed (gcc must be), and returns what each program
/// prints.
fn compiled(folder: &Path, source: &str) -> Vec<Vec<u8>> {
    let mut printed = Vec::new();
    for (compiler, language, standards) in COMPILERS {
        let here = Command::new(compiler).arg("--version").output().is_ok();
        assert!(here || compiler != "gcc", "gcc: run `cargo xtask test`, which installs it");
        for standard in standards.iter().filter(|_| here) {
            let standard = format!("-std={standard}");
            let warnings = ["-Wall", "-Wextra", "-Werror", "-pedantic"];
            let flags = [&[standard.as_str(), "-x", language], &warnings[..], &[source, "-o", "program"]];
            run(folder, compiler, &flags.concat());
            let output = Command::new(folder.join("program")).output().expect("it starts");
            printed.push(output.stdout);
        }
    }
    printed
}

#[test]
fn a_header_compiles_as_c_and_cpp_without_a_warning_and_holds_the_file() {
    let folder = two_models();
    let folder = folder.path();
    export(folder, &["gesture", "-o", "gesture.h", "--format", "c-header"]);
    let program = "#include <stdio.h>\n#include \"gesture.h\"\nint main(void) {\n\
                   return fwrite(gesture_file, 1, GESTURE_BYTES, stdout) != GESTURE_BYTES; }\n";
    std::fs::write(folder.join("program.c"), program).expect("written");
    let file = std::fs::read(folder.join("gesture.fenchel")).expect("written");
    for printed in compiled(folder, "program.c") {
        assert_eq!(printed, file);
    }
    // The names of earlier headers still stand for the one that is included first.
    let earlier = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/convert/header_in_cpp.cpp");
    std::fs::copy(earlier, folder.join("header_in_cpp.cpp")).expect("copied");
    assert!(!compiled(folder, "header_in_cpp.cpp").is_empty());
}

#[test]
fn two_models_fit_in_one_program() {
    let folder = two_models();
    let folder = folder.path();
    export(folder, &["gesture", "-o", "gesture.h", "--format", "c-header"]);
    export(folder, &["voice", "-o", "other.h", "--format", "c-header", "--name", "voice"]);
    let program = "#include <stdio.h>\n#include \"gesture.h\"\n#include \"other.h\"\nint main(void) {\n\
                   printf(\"%d %d %d %d %s %s\\n\", GESTURE_UNITS, (int)sizeof gesture_file, VOICE_UNITS,\n\
                   (int)sizeof voice_file, gesture_class_names[3], voice_class_names[GESTURE_CLASSES - 1]);\n\
                   return 0; }\n";
    std::fs::write(folder.join("program.c"), program).expect("written");
    let bytes = |name: &str| std::fs::metadata(folder.join(name)).expect("written").len();
    let expected = format!("18 {} 28 {} 3 9\n", bytes("gesture.fenchel"), bytes("voice.fenchel"));
    for printed in compiled(folder, "program.c") {
        assert_eq!(String::from_utf8_lossy(&printed), expected);
    }
    export(folder, &["voice", "-o", "voice.h", "--format", "c-header"]);
    let both = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/convert/two_models.c");
    std::fs::copy(both, folder.join("two_models.c")).expect("copied");
    for printed in compiled(folder, "two_models.c") {
        assert_eq!(
            String::from_utf8_lossy(&printed),
            format!("64 inputs, {} bytes\n", bytes("gesture.fenchel"))
        );
    }
}

#[test]
fn names_that_c_does_not_take_are_mended_or_refused() {
    let folder = two_models();
    let folder = folder.path();
    export(folder, &["gesture", "-o", "3-axis model.h", "--format", "c-header"]);
    let text = std::fs::read_to_string(folder.join("3-axis model.h")).expect("written");
    assert!(text.contains("model_3_axis_model_file["), "{}", &text[..400]);
    for (arguments, words) in [
        (&["--format", "c-header", "--name", "3d"], "letters, digits"),
        (&["--format", "npz", "--name", "voice"], "c-header or rust"),
    ] {
        let output = fenchel(folder, &[&["export", "gesture", "-o", "no.h"], &arguments[..]].concat());
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(2) && message.contains(words), "{message}");
        assert!(!folder.join("no.h").exists());
    }
}

#[test]
fn rust_constants_compile_without_std_and_include_the_file() {
    let folder = two_models();
    let folder = folder.path();
    std::fs::create_dir(folder.join("src")).expect("made");
    let printed = export(folder, &["voice", "-o", "src/model.rs", "--format", "rust"]);
    assert!(printed.starts_with("src/model.rs: "), "{printed}");
    let file = std::fs::read(folder.join("src/model.fenchel")).expect("written");
    assert_eq!(file, std::fs::read(folder.join("voice.fenchel")).expect("written"));
    let library = "#![no_std]\n#![deny(warnings)]\nmod model;\npub fn sizes() -> [usize; 2] { [model::UNITS, model::FILE.len()] }\n";
    std::fs::write(folder.join("src/lib.rs"), library).expect("written");
    let rustc = |source, kind| {
        run(folder, "rustc", &["--edition", "2024", "--crate-type", kind, "--out-dir", ".", source])
    };
    rustc("src/lib.rs", "rlib");
    let program = "mod model;\nfn main() { println!(\"{} {} {} {} {:?} {} {}\", model::INPUTS, model::UNITS,\n\
                   model::OUTPUTS, model::CLASSES, &model::CLASS_NAMES[8..], model::FILE.len(),\n\
                   model::FILE.as_ptr().addr() % 16); }\n";
    std::fs::write(folder.join("src/main.rs"), program).expect("written");
    rustc("src/main.rs", "bin");
    let printed = Command::new(folder.join("main")).output().expect("it starts").stdout;
    let expected = format!("64 28 10 10 [\"8\", \"9\"] {} 0\n", file.len());
    assert_eq!(String::from_utf8_lossy(&printed), expected);
}
