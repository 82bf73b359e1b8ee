//! Small tables as people have them: each is read as it is meant, or refused in one line that says what to
//! do.

use std::path::{Path, PathBuf};

use fenchel::data::{self, Dataset, Missing, Reading, ScalingRule, Values};

fn case(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(name)
}

fn read(name: &str, reading: &Reading) -> Result<Dataset, String> {
    let path = case(name);
    data::load_as(path.to_str().expect("text"), reading).map_err(|error| format!("{error:#}"))
}

fn load(name: &str) -> Dataset {
    read(name, &Reading::default()).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn samples(data: &Dataset) -> usize {
    data.train.len() + data.validation.len() + data.test.len()
}

fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(|word| word.to_string()).collect()
}

/// Returns every sample with its class's name as text, in the order of the text.
fn rows(data: &Dataset) -> Vec<String> {
    let mut rows = Vec::new();
    for split in [&data.train, &data.validation, &data.test] {
        let Values::Floats(values) = &split.values else { panic!("floats") };
        for (values, &label) in values.chunks(data.features).zip(&split.labels) {
            rows.push(format!("{values:?} {}", data.class_names[label]));
        }
    }
    rows.sort();
    rows
}

#[test]
fn delimiters_marks_and_number_types_make_no_difference() {
    let good = rows(&load("good.csv"));
    assert_eq!(good.len(), 300);
    for name in ["semicolon.csv", "tab.csv", "label_float.csv"] {
        assert_eq!(rows(&load(name)), good, "{name}");
    }
    let text = std::fs::read_to_string(case("good.csv")).expect("read");
    let commas = text.replace(',', ";").replace('.', ",");
    let utf16: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let spaces = text.lines().map(|line| format!("  {}\n", line.replace(',', "   "))).collect::<String>();
    let numpy = text.lines().skip(1).collect::<Vec<_>>().join("\r\n");
    for (form, bytes) in [
        ("decimal commas", commas.into_bytes()),
        ("a byte order mark", [b"\xef\xbb\xbf", text.as_bytes()].concat()),
        ("UTF-16", utf16),
        ("CRLF", text.replace('\n', "\r\n").into_bytes()),
        ("old Mac", text.replace('\n', "\r").into_bytes()),
        ("spaces", spaces.into_bytes()),
        ("Excel", format!("sep=;\r\n{}", text.replace(',', ";")).into_bytes()),
        ("a commented header", format!("# made by numpy\n# a,b,c,d,label\n{numpy}").into_bytes()),
        ("comments and blank lines", text.replacen('\n', "\n\n# between\n", 3).into_bytes()),
        ("a delimiter at the end", text.replace('\n', ",\n").into_bytes()),
        (
            "quotes",
            text.replace(',', "\",\"")
                .replace('\n', "\"\n\"")
                .trim_end_matches('"')
                .replacen('a', "\"a", 1)
                .into_bytes(),
        ),
    ] {
        let data = data::table::parse("file", &bytes, &Reading::default());
        let data = data.unwrap_or_else(|error| panic!("{form}: {error:#}"));
        assert_eq!(rows(&data), good, "{form}");
        assert_eq!(data.feature_names, ["a", "b", "c", "d"], "{form}");
    }
}

#[test]
fn the_label_is_the_column_that_the_header_names() {
    let data = load("label_first.csv");
    assert_eq!((data.features, data.classes(), samples(&data)), (16, 10, 300));
    assert!(
        data.warnings[0].contains("\"label\"") && data.warnings[0].contains("--label"),
        "{:?}",
        data.warnings
    );

    // Without a header the last pixel would be the label: so many classes are refused.
    let text = std::fs::read_to_string(case("label_first.csv")).expect("read");
    let rows = text.split_once('\n').expect("lines").1;
    let error =
        data::table::parse("file", rows.as_bytes(), &Reading::default()).map(drop).expect_err("refused");
    let error = format!("{error:#}");
    assert!(error.contains("different numbers") && error.contains("--label names another column"), "{error}");
    let reading = Reading { label: words(&["first"]), ..Reading::default() };
    let data = data::table::parse("file", rows.as_bytes(), &reading).expect("read");
    assert_eq!((data.features, data.classes()), (16, 10));
}

#[test]
fn labels_of_any_kind_are_classes_by_their_names() {
    let names = |name: &str| load(name).class_names;
    assert_eq!(names("label_one.csv"), ["1", "2", "3"]);
    assert_eq!(names("label_gap.csv"), ["0", "7", "42"]);
    assert_eq!(names("label_float.csv"), ["0", "1", "2"]);
    assert_eq!(names("strings.csv"), ["Iris-setosa", "Iris-versicolor", "Iris-virginica"]);
    let folder = tempfile::tempdir().expect("a folder");
    let csv = folder.path().join("gestures.csv");
    std::fs::copy(case("good.csv"), &csv).expect("copied");
    std::fs::copy(case("names_with_bom.labels.txt"), csv.with_extension("labels.txt")).expect("copied");
    assert_eq!(data::load(csv.to_str().expect("text")).expect("read").class_names, ["rest", "wave", "shake"]);
}

#[test]
fn a_model_settles_which_class_a_label_is() {
    let reading = Reading {
        classes: Some(words(&["Iris-virginica", "Iris-setosa", "Iris-versicolor", "other"])),
        ..Reading::default()
    };
    let data = read("strings.csv", &reading).expect("read");
    assert_eq!(data.classes(), 4);
    let first = rows(&load("strings.csv"));
    assert_eq!(rows(&data), first, "the names are the same, the numbers aren't");
    let reading = Reading { classes: Some(words(&["Iris-virginica", "Iris-setosa"])), ..Reading::default() };
    let error = read("strings.csv", &reading).expect_err("a class more");
    assert!(error.contains("Iris-versicolor"), "{error}");
}

#[test]
fn every_class_trains() {
    let data = load("class_not_in_training.csv");
    let class = data.class_names.iter().position(|name| name == "3").expect("there");
    assert!(data.train.labels.contains(&class));
    let reading = Reading { split: data::SplitRule::Time, ..Reading::default() };
    let data = read("class_not_in_training.csv", &reading).expect("read");
    let text = std::fs::read_to_string(case("class_not_in_training.csv")).expect("read");
    let last: String = text.lines().rev().collect::<Vec<_>>().join("\n");
    let turned = data::table::parse("file", last.as_bytes(), &reading).expect("read");
    let said =
        |data: &Dataset| data.warnings.iter().any(|line| line.contains("no training sample of class \"3\""));
    assert!(said(&data) || said(&turned), "{:?} {:?}", data.warnings, turned.warnings);
}

#[test]
fn a_file_that_grows_keeps_the_part_of_every_row() {
    let (before, after) = (load("growing_1.csv"), load("growing_2.csv"));
    assert_eq!((samples(&before), samples(&after)), (300, 310));
    let part = |split: &data::Split| {
        let Values::Floats(values) = &split.values else { panic!("floats") };
        values.chunks(20).map(|row| format!("{row:?}")).collect::<std::collections::HashSet<_>>()
    };
    for (before, after) in
        [(&before.train, &after.train), (&before.validation, &after.validation), (&before.test, &after.test)]
    {
        assert!(part(before).is_subset(&part(after)));
        assert!(part(before).len() >= 15);
    }
}

#[test]
fn missing_values_are_refused_filled_or_dropped() {
    let error = read("missing.csv", &Reading::default()).expect_err("refused");
    assert!(
        error.contains("line ") && error.contains("column \"") && error.contains("--missing mean"),
        "{error}"
    );
    let mean = read("missing.csv", &Reading { missing: Missing::Mean, ..Reading::default() }).expect("read");
    assert_eq!(samples(&mean), 300);
    assert!(!rows(&mean).iter().any(|row| row.contains("NaN")));
    assert!(
        mean.warnings.iter().any(|line| line.contains("mean over training samples")),
        "{:?}",
        mean.warnings
    );
    let dropped =
        read("missing.csv", &Reading { missing: Missing::Drop, ..Reading::default() }).expect("read");
    assert!(samples(&dropped) < 300);
    assert!(dropped.warnings.iter().any(|line| line.contains("left out")), "{:?}", dropped.warnings);
}

#[test]
fn what_looks_wrong_is_said_with_its_remedy() {
    let data = load("pandas_index.csv");
    assert!(data.warnings.iter().any(|line| line.contains("--ignore")), "{:?}", data.warnings);
    let reading = Reading { ignore: words(&["1"]), ..Reading::default() };
    let data = read("pandas_index.csv", &reading).expect("read");
    assert_eq!(data.features, 4);
    assert!(data.warnings.is_empty(), "{:?}", data.warnings);
    let reading = Reading { scaling: Some(ScalingRule::Range), ..Reading::default() };
    let data = read("ranges.csv", &reading).expect("read");
    assert!(data.warnings.iter().any(|line| line.contains("-fold apart")), "{:?}", data.warnings);
    for name in ["good.csv", "ranges.csv", "strings.csv", "label_gap.csv"] {
        assert!(load(name).warnings.is_empty(), "{name}: {:?}", load(name).warnings);
    }
}

#[test]
fn columns_are_chosen_and_left_out() {
    let choose = |columns: &[&str], ignore: &[&str]| {
        let reading = Reading { columns: words(columns), ignore: words(ignore), ..Reading::default() };
        read("good.csv", &reading).map(|data| data.feature_names.join(" "))
    };
    assert_eq!(choose(&["c", "a"], &[]).as_deref(), Ok("c a"));
    assert_eq!(choose(&[], &["b", "first"]).as_deref(), Ok("c d"));
    let error = choose(&["e"], &[]).expect_err("not there");
    assert!(error.contains("--columns") && error.contains("\"a\", \"b\""), "{error}");
}

#[test]
fn arrays_of_any_usual_kind_are_read() {
    let shapes = |name: &str| {
        let data = load(name);
        assert!((2..=4).contains(&data.classes()), "{name}");
        (data.features, samples(&data))
    };
    let whole = shapes("xy_float_labels.npz");
    for name in ["xy_onehot.npz", "xy_bool.npz", "fortran_x.npz", "xy_names.npz"] {
        assert_eq!(shapes(name), whole, "{name}");
    }
}

#[test]
fn equal_contents_have_one_identity_and_others_another() {
    let identity = |name: &str| load(name).identity();
    let good = identity("good.csv");
    assert_eq!(identity("semicolon.csv"), good);
    assert_ne!(identity("good_relabelled.csv"), good);
    assert_ne!(identity("growing_1.csv"), identity("growing_2.csv"));
    let text = std::fs::read_to_string(case("good.csv")).expect("read");
    let (header, rest) = text.split_once('\n').expect("lines");
    let turned: Vec<_> = std::iter::once(header).chain(rest.lines().rev()).collect();
    let turned = data::table::parse("file", turned.join("\n").as_bytes(), &Reading::default()).expect("read");
    assert_eq!(turned.identity(), good, "the order of the rows doesn't matter");
    assert_eq!(good.to_string().len(), 64);
}
