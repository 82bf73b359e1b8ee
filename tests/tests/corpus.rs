//! Replays the corpus of every fuzz target: nothing panics, nothing takes more memory than its size allows,
//! valid files are read, and others are refused with the expected message.

use std::alloc::System;
use std::path::Path;

use cap::Cap;
use fenchel_tests::readers::READERS;

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

// One test alone, and a process of its own: the limit on memory is the process's.
#[test]
fn every_seed_is_read_or_refused_as_its_name_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    for reader in READERS {
        let (mut valid, mut refused) = (0, 0);
        for entry in folder.join(reader.name).read_dir().expect(reader.name) {
            let path = entry.expect("an entry").path();
            let place = format!("{}/{}", reader.name, path.file_name().expect("a name").display());
            // Said before: what breaks the limit on memory aborts.
            eprintln!("{place}");
            let result = reader.read(&std::fs::read(&path).expect(&place), &ALLOCATOR);
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            if name.starts_with("valid") {
                valid += 1;
                result.unwrap_or_else(|error| panic!("{place}: {error:#}"));
            } else if name.starts_with("refused") {
                refused += 1;
                let text = format!("{:#}", result.expect_err(&place));
                assert!(!text.contains(char::is_control) && text.len() < 1000, "{place}: {text:?}");
            } else {
                panic!("{place}: expected a name that begins with valid or refused");
            }
        }
        assert!(valid >= 1 && refused >= 1, "{}: {valid} valid and {refused} refused seeds", reader.name);
    }
}

#[test]
fn every_reader_is_a_fuzz_target() {
    let manifest = include_str!("../fuzz/Cargo.toml");
    let targets: Vec<_> = manifest.lines().filter_map(|line| line.strip_prefix("name = ")).skip(1).collect();
    let readers: Vec<_> = READERS.iter().map(|reader| format!("{:?}", reader.name)).collect();
    assert_eq!(targets, readers);
}
