//! `fenchel plot`: every figure as SVG, the same as PNG, and what it says where there is nothing to show.

use std::path::Path;
use std::process::{Command, Output};

use fenchel::report::{Figure, figures};
use fenchel::task::TaskName;

fn fenchel(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fenchel"));
    command.current_dir(folder).args(arguments).output().expect("it starts")
}

fn done(folder: &Path, arguments: &[&str]) {
    let output = fenchel(folder, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Returns width and height from a PNG's header.
fn size(png: &[u8]) -> (u32, u32) {
    assert!(png.starts_with(b"\x89PNG\r\n\x1a\n") && png[12..16] == *b"IHDR");
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().expect("four bytes"));
    (number(16), number(20))
}

#[test]
fn every_figure_is_drawn_and_the_png_has_the_svgs_size_and_text() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    done(folder, &["train", "--epochs", "3", "--quiet", "--out", "<i>run"]);
    done(folder, &["train", "--epochs", "3", "--objective", "backprop", "--quiet", "--out", "other"]);
    let of_classes = |figure: &Figure| figure.tasks.contains(&TaskName::Classify);
    for figure in figures().into_iter().filter(of_classes) {
        let name = figure.name;
        done(folder, &["plot", "<i>run", "other", "--figure", name]);
        let svg = std::fs::read_to_string(folder.join(format!("{name}.svg"))).expect("an SVG");
        let drawn = svg.contains("<polyline") || svg.contains("<circle");
        assert!(drawn && svg.contains("&lt;i&gt;run"), "{name}: {svg}");
        assert!(!svg.contains("var(") && !svg.contains("<i>"), "{name}: {svg}");
    }
    done(folder, &["plot", "<i>run", "--figure", "accuracy", "-o", "one.svg"]);
    done(folder, &["plot", "<i>run", "--figure", "accuracy", "-o", "one.png"]);
    let svg = std::fs::read_to_string(folder.join("one.svg")).expect("an SVG");
    assert!(svg.contains("width=\"480\" height=\"312\""), "{svg}");
    let png = std::fs::read(folder.join("one.png")).expect("a PNG");
    assert_eq!(size(&png), (960, 624));
    // Its text is drawn: without, much less is in it.
    let bare: String =
        svg.split("<text").map(|part| part.split_once("</text>").map_or(part, |(_, rest)| rest)).collect();
    let bare = fenchel::report::png(&bare).expect("drawn");
    assert!(png.len() > bare.len() + 2000, "{} bytes, {} without text", png.len(), bare.len());
}

#[test]
fn what_cannot_be_drawn_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    done(folder, &["train", "--epochs", "1", "--objective", "backprop", "--quiet", "--out", "run"]);
    for (arguments, words) in [
        (&["run", "--figure", "energy"][..], "runs with what --figure energy shows"),
        (&["run", "--figure", "accuracy", "-o", "figure.pdf"], ".svg or .png"),
        (&["run", "--figure", "beauty"], "possible values: accuracy"),
        (&["nowhere", "--figure", "accuracy"], "settings.toml"),
    ] {
        let output = fenchel(folder, &[&["plot"], arguments].concat());
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert!(message.contains(words), "{words:?} isn't in: {message}");
    }
    assert_eq!(folder.read_dir().expect("a folder").count(), 1, "nothing is left");
}

#[test]
fn the_robustness_figure_is_drawn_from_the_published_report() {
    let report = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/results/robustness.json");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("robustness.svg");
    let status = std::process::Command::new(env!("CARGO_BIN_EXE_fenchel"))
        .args(["plot", report, "-o"])
        .arg(&file)
        .status()
        .expect("starts");
    assert!(status.success());
    let read = |path: &std::path::Path| std::fs::read_to_string(path).expect("readable");
    let published = std::path::Path::new(report).with_file_name("robustness-fashion-mnist.svg");
    assert_eq!(read(&file), read(&published));
    std::fs::write(folder.path().join("other.json"), r#"{"rows": []}"#).expect("written");
    let status = std::process::Command::new(env!("CARGO_BIN_EXE_fenchel"))
        .args(["plot", "other.json"])
        .current_dir(folder.path())
        .status()
        .expect("starts");
    assert_eq!(status.code(), Some(2));
}
