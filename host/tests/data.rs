//! Data sets from files: NPZ, names of classes, and what `fenchel data list` says of them.

use std::io::{Cursor, Write};
use std::path::Path;
use std::process::{Command, Output};

use fenchel::data::{self, Values};
use npyz::WriterBuilder;
use serde_json::Value;

fn fenchel(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fenchel"));
    command.current_dir(folder).args(arguments).output().expect("it starts")
}

fn lines(output: &Output) -> Vec<Value> {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout.clone()).expect("text");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// Returns an array as numpy saves it.
fn array<T: npyz::AutoSerialize + Copy>(shape: &[u64], values: &[T]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer =
        npyz::WriteOptions::new().default_dtype().shape(shape).writer(&mut bytes).begin_nd().expect("begun");
    writer.extend(values.iter().copied()).expect("written");
    writer.finish().expect("finished");
    bytes
}

fn archive(arrays: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in arrays {
        archive.start_file(format!("{name}.npy"), zip::write::SimpleFileOptions::default()).expect("started");
        archive.write_all(bytes).expect("deflated");
    }
    archive.finish().expect("finished").into_inner()
}

/// Returns 40 images of 2×3 pixels and three channels, of two classes.
fn images() -> (Vec<u8>, Vec<i64>) {
    let pixel = |n: usize| if (n / 18).is_multiple_of(2) { n % 7 } else { 200 + n % 5 };
    ((0..40 * 18).map(|n| pixel(n) as u8).collect(), (0..40).map(|n| n % 2).collect())
}

#[test]
fn an_npz_file_of_any_shape_trains_by_its_own_names() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let (x, y) = images();
    let file = archive(&[("x", array(&[40, 2, 3, 3], &x)), ("y", array(&[40], &y))]);
    std::fs::write(folder.join("images.npz"), file).expect("written");
    std::fs::write(folder.join("images.labels.txt"), "dark\n<b>\x1b[31mbright\n").expect("written");
    let [set] = &lines(&fenchel(folder, &["data", "list", "images.npz", "--json"]))[..] else {
        panic!("one")
    };
    assert_eq!(set["shape"], serde_json::json!([2, 3, 3]));
    let counts = ["train", "validation", "test"].map(|part| set["samples"][part].as_u64().expect("a number"));
    assert_eq!(counts.iter().sum::<u64>(), 40);
    assert!(counts.iter().all(|&count| count >= 2) && counts[0] > 20, "{counts:?}");
    assert_eq!(set["classes"], serde_json::json!(["dark", "<b>\u{1b}[31mbright"]));

    let options = ["--epochs", "60", "--batch", "7", "--rate", "0.01", "--quiet", "--out", "run"];
    let train = [&["train", "--data", "images.npz"], &options[..]].concat();
    assert!(fenchel(folder, &train).status.success());
    let report = &lines(&fenchel(folder, &["eval", "run", "--classes", "--json"]))[0];
    assert_eq!(report["accuracy"], 1.0, "dark and bright are easily told apart: {report}");
    assert_eq!(report["classes"][0]["name"], "dark");
    for command in [&["eval", "run", "--classes"][..], &["infer", "run"], &["data", "list", "images.npz"]] {
        let output = fenchel(folder, command);
        assert!(output.status.success());
        assert!(!output.stdout.contains(&0x1b), "{command:?}: {}", String::from_utf8_lossy(&output.stdout));
    }
}

#[test]
fn an_npz_file_with_a_test_set_keeps_it() {
    let (x, y) = images();
    let floats: Vec<f32> = x.iter().map(|&pixel| f32::from(pixel) / 2.0 - 10.0).collect();
    let whole = [
        ("X_train", array(&[30, 18], &floats[..540])),
        ("y_train", array(&[30, 1], &y[..30])),
        ("x_test", array(&[10, 18], &floats[540..])),
        ("y_test", array(&[10], &y[30..].iter().map(|&label| label as u8).collect::<Vec<_>>())),
    ];
    let set = data::npz::parse("file", &archive(&whole), &Default::default()).expect("read");
    assert_eq!((set.train.len() + set.validation.len(), set.test.len()), (30, 10));
    assert!((2..15).contains(&set.validation.len()));
    let Values::Floats(test) = &set.test.values else { panic!("floats") };
    assert_eq!(test, &floats[540..]);
    assert_eq!(set.scaling.view().factors().len(), 18, "one a feature");
    let (low, high) = set.bounds().expect("samples");
    assert!(low.iter().all(|&low| low < 0.0) && high.iter().all(|&high| high > 0.0), "the mean becomes 0");

    let replaced = |index: usize, name: &'static str, bytes: Vec<u8>| {
        let mut arrays = whole.clone();
        arrays[index] = (name, bytes);
        format!("{:#}", data::npz::parse("file", &archive(&arrays), &Default::default()).expect_err(name))
    };
    let nan = vec![f32::NAN; 540];
    for (error, words) in [
        (replaced(0, "x_train", array(&[30, 18], &nan)), "file, array x_train: expected finite numbers"),
        (replaced(0, "x_train", array(&[15, 36], &floats[..540])), "30 samples, one a label"),
        (replaced(1, "y_train", array(&[30], &[0.5f32; 30])), "whole numbers or texts as labels"),
        (replaced(1, "y_train", array(&[30, 2], &[1i64; 60])), "one label a sample"),
        (replaced(1, "y_train", array(&[15, 2], &y[..30])), "15 samples, one a label"),
        (replaced(2, "x_test", array(&[10, 6, 3], &floats[540..])), "samples of shape [18]"),
        (replaced(3, "other", array(&[10], &y[30..])), "no y_test"),
    ] {
        assert!(error.contains(words), "{words:?} isn't in: {error}");
    }
}

#[test]
fn a_zip_bomb_of_samples_is_refused_before_it_fills_the_memory() {
    let zeros = vec![0u8; 64 << 20];
    let bomb = archive(&[("x", array(&[1 << 20, 64], &zeros)), ("y", array(&[1 << 20], &zeros[..1 << 20]))]);
    assert!(bomb.len() < 200_000);
    let error = format!("{:#}", data::npz::parse("bomb", &bomb, &Default::default()).expect_err("a bomb"));
    assert!(error.contains("more data than its size allows"), "{error}");
}

/// Returns an IDX file of this shape.
fn idx(shape: &[u32], bytes: &[u8]) -> Vec<u8> {
    let mut file = vec![0, 0, 8, shape.len() as u8];
    shape.iter().for_each(|d| file.extend(d.to_be_bytes()));
    file.extend(bytes);
    file
}

#[test]
fn a_published_set_is_found_by_name_and_labels_get_names() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let kmnist = folder.join("data/kmnist");
    let missing = fenchel(folder, &["train", "--data", "kmnist"]);
    assert_eq!(missing.status.code(), Some(2));
    let message = String::from_utf8_lossy(&missing.stderr).into_owned();
    assert!(message.contains("data/kmnist") && message.contains("fenchel data fetch kmnist"), "{message}");
    std::fs::create_dir_all(&kmnist).expect("made");
    for (part, count) in [("train", 60u32), ("t10k", 20)] {
        let pixels: Vec<u8> = (0..count * 12).map(|n| n as u8).collect();
        let labels: Vec<u8> = (0..count).map(|n| (n % 10) as u8).collect();
        let write = |name: &str, file: Vec<u8>| std::fs::write(kmnist.join(name), file).expect("written");
        write(&format!("{part}-images-idx3-ubyte"), idx(&[count, 3, 4], &pixels));
        write(&format!("{part}-labels-idx1-ubyte"), idx(&[count], &labels));
    }
    let sets = lines(&fenchel(folder, &["data", "list", "--json"]));
    let set = sets.iter().find(|set| set["name"] == "kmnist").expect("listed");
    assert_eq!(set["place"], "data/kmnist");
    assert_eq!(set["shape"], serde_json::json!([3, 4]));
    assert_eq!(set["classes"][9], "wo");
    let digits = sets.iter().find(|set| set["name"] == "digits").expect("listed");
    assert_eq!(digits["place"], "compiled in");

    // The same folder by its path has names only if a file says so.
    let classes = || lines(&fenchel(folder, &["data", "list", "data/kmnist", "--json"]))[0].clone();
    assert_eq!(classes()["classes"][9], "9");
    let names: String = (0..10).map(|n| format!("name {n}\n")).collect();
    std::fs::write(kmnist.join("labels.txt"), &names).expect("written");
    assert_eq!(classes()["classes"][9], "name 9");
    std::fs::write(kmnist.join("labels.txt"), "one\n\nthree\n").expect("written");
    let output = fenchel(folder, &["data", "list", "data/kmnist", "--json"]);
    assert_eq!(output.status.code(), Some(2));
    let set: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert!(set["error"].as_str().is_some_and(|error| error.contains("labels.txt, line 2")), "{set}");
}
