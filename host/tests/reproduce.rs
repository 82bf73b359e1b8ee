//! Reproductions: the same bits on any number of threads, and after being killed.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use serde_json::Value;

fn table1(folder: &Path, jobs: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fenchel"));
    let arguments =
        "reproduce table1 --data digits --seeds 2 --epochs 1 --samples 100 --cells cells --out out";
    command.current_dir(folder).args(arguments.split_whitespace()).args(["--jobs", jobs]);
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

/// Returns every model that was kept, by name.
fn models(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = folder.join("cells").read_dir().expect("cells").map(|entry| entry.expect("readable").path());
    let models = files.filter(|path| path.extension().is_some_and(|extension| extension == "fenchel"));
    models
        .map(|path| {
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, std::fs::read(&path).expect("readable"))
        })
        .collect()
}

fn rows(folder: &Path) -> Value {
    let text = std::fs::read(folder.join("out/table1.json")).expect("a table");
    serde_json::from_slice::<Value>(&text).expect("JSON")["rows"].clone()
}

fn finished(folder: &Path) -> BTreeMap<String, SystemTime> {
    let Ok(files) = folder.join("cells").read_dir() else { return BTreeMap::new() };
    files
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| {
            let changed = path.metadata().and_then(|data| data.modified()).expect("a time");
            (path.to_string_lossy().into_owned(), changed)
        })
        .collect()
}

#[test]
fn one_thread_two_threads_and_a_killed_run_agree_to_the_bit() {
    let folders = [0, 1, 2].map(|_| tempfile::tempdir().expect("a folder"));
    let [one, two, killed] = folders.each_ref().map(|folder| folder.path());
    for (folder, jobs) in [(one, "1"), (two, "2")] {
        let output = table1(folder, jobs).output().expect("it starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let reference = models(one);
    assert_eq!(reference.len(), 2 * 2 * 2 * 10, "two models of each cell");
    assert!(reference == models(two), "two threads gave other bits than one");
    assert_eq!(rows(one), rows(two));

    let mut child = table1(killed, "2").spawn().expect("it starts");
    while finished(killed).len() < 7 {
        std::thread::sleep(Duration::from_millis(2));
        assert!(child.try_wait().expect("a status").is_none(), "it ended before it was killed");
    }
    child.kill().expect("killed");
    child.wait().expect("ended");
    let before = finished(killed);
    assert!(before.len() < 40, "nothing was left to resume");
    let output = table1(killed, "2").output().expect("it starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let after = finished(killed);
    assert!(before.iter().all(|(name, time)| after[name] == *time), "a finished cell was done again");
    assert!(reference == models(killed), "a resumed run gave other bits");
    assert_eq!(rows(one), rows(killed));
}

#[test]
fn the_other_reproductions_write_their_pages() {
    let folder = tempfile::tempdir().expect("a folder");
    for (what, files) in [
        ("robustness --seeds 1 --samples 100", &["robustness.md", "robustness.json"][..]),
        ("figure1 --sizes 60,120", &["figure1.md", "figure1.json", "figure1-digits.svg"]),
    ] {
        let arguments = format!("reproduce {what} --data digits --epochs 1 --cells cells --out out");
        let output = Command::new(env!("CARGO_BIN_EXE_fenchel"))
            .current_dir(&folder)
            .args(arguments.split_whitespace())
            .output()
            .expect("it starts");
        assert!(output.status.success(), "{what}: {}", String::from_utf8_lossy(&output.stderr));
        for file in files {
            let text = std::fs::read_to_string(folder.path().join("out").join(file)).expect(file);
            assert!(text.len() > 500, "{file}");
            assert!(!file.ends_with("svg") || text.trim_end().ends_with("</svg>"), "{file}");
        }
    }
}
