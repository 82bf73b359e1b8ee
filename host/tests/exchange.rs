//! Networks in other programs' forms, out and in again.

use std::path::Path;
use std::process::{Command, Output};

use fenchel::convert::{Tensor, arrays};

fn fenchel(folder: &Path, arguments: &[&str]) -> Output {
    let output = Command::new(env!("CARGO_BIN_EXE_fenchel")).current_dir(folder).args(arguments).output();
    output.expect("it starts")
}

fn done(folder: &Path, arguments: &[&str]) -> String {
    let output = fenchel(folder, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn refused(folder: &Path, arguments: &[&str], words: &str) {
    let output = fenchel(folder, arguments);
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
    assert!(message.contains(words), "{arguments:?}: {words:?} isn't in: {message}");
}

fn trained(options: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    done(folder.path(), &[&["train", "--epochs", "8", "--quiet", "--out", "run"], options].concat());
    folder
}

#[test]
fn what_is_exported_comes_back_to_the_same_bits() {
    let folder = trained(&["--layers", "24,12"]);
    let folder = folder.path();
    done(folder, &["export", "run", "-o", "own.fenchel"]);
    let weights = |model: &str| done(folder, &["inspect", model, "--weights", "--json"]);
    let parameters = |model: &str| -> serde_json::Value {
        serde_json::from_str::<serde_json::Value>(&weights(model)).expect("JSON")["blocks"].clone()
    };
    for form in ["safetensors", "npz"] {
        let file = format!("weights.{form}");
        done(folder, &["export", "run", "-o", &file, "--format", form]);
        done(folder, &["import", &file, "--data", "digits", "-o", "back.fenchel"]);
        assert_eq!(parameters("own.fenchel"), parameters("back.fenchel"), "{form}");
        let answers = |model: &str| done(folder, &["eval", model, "--data", "digits", "--json"]);
        let accuracy = |model: &str| {
            serde_json::from_str::<serde_json::Value>(&answers(model)).expect("JSON")["accuracy"].clone()
        };
        assert_eq!(accuracy("own.fenchel"), accuracy("back.fenchel"));
        done(folder, &["relax", "back.fenchel", "--data", "digits"]);
        let bytes = std::fs::read(folder.join(&file)).expect("written");
        for cut in (0..bytes.len()).step_by(bytes.len() / 40 + 1) {
            std::fs::write(folder.join("cut"), &bytes[..cut]).expect("written");
            refused(folder, &["import", "cut", "-o", "no.fenchel"], "cut");
        }
        assert!(!folder.join("no.fenchel").exists());
    }
}

#[test]
fn what_is_no_perceptron_is_refused() {
    let folder = trained(&["--layers", "8", "--activation", "clip:0:1"]);
    let folder = folder.path();
    refused(folder, &["export", "run", "-o", "w.npz", "--format", "npz"], "a chain of ReLU blocks");
    assert!(!folder.join("w.npz").exists());
    std::fs::write(folder.join("text"), "not a network").expect("written");
    refused(folder, &["import", "text", "-o", "no.fenchel"], "text");
    // Offsets beyond the file, and a header that claims more than there is.
    for header in [
        r#"{"0.weight":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}}"#,
        r#"{"0.weight":{"dtype":"F32","shape":[4000000000,4000000000],"data_offsets":[0,4]}}"#,
    ] {
        let mut file = (header.len() as u64).to_le_bytes().to_vec();
        file.extend(header.as_bytes());
        file.extend([0; 4]);
        std::fs::write(folder.join("lie"), &file).expect("written");
        refused(folder, &["import", "lie", "-o", "no.fenchel"], "safetensors");
    }
}

#[test]
fn a_zip_bomb_is_refused_before_it_fills_the_memory() {
    use std::io::Write;
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    archive.start_file("0.weight.npy", zip::write::SimpleFileOptions::default()).expect("started");
    archive.write_all(&vec![0; 64 << 20]).expect("deflated");
    let bomb = archive.finish().expect("finished").into_inner();
    assert!(bomb.len() < 100_000);
    let error = format!("{:#}", arrays("bomb", &bomb).map(|arrays: Vec<Tensor>| arrays.len()).unwrap_err());
    assert!(error.contains("more data than its size allows"), "{error}");
}
