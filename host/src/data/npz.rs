//! Reads NPZ files of samples: arrays x and y, or those of a training and a test set, by their usual names.

use std::path::Path;

use anyhow::Result;

use super::arrays::{check_finite, check_targets, form};
use super::labels::beside;
use super::samples::{Form, Samples, assemble};
use super::table::labels::Labels;
use super::{Dataset, Reading, Target, Values, contents};
use crate::error::{BadInput, quoted, require};
use crate::npz::{self, Array, Entry};

/// Bytes to which any archive may inflate.
const ALWAYS: usize = 1 << 20;
/// Additional bytes to which an archive may inflate for each of its own bytes, as for gzipped files.
const RATIO: usize = 16;

/// Usual names of arrays of samples and labels: plain ones, scikit-learn's, and those of image sets.
const PAIRS: [[&str; 2]; 4] = [["x", "y"], ["data", "target"], ["features", "labels"], ["images", "labels"]];
/// Names of arrays that hold the classes' names.
const NAMES: [&str; 4] = ["names", "class_names", "target_names", "label_names"];
/// Forms of the names of training, validation and test arrays: Keras's and MedMNIST's.
const FORMS: [[&str; 3]; 4] = [
    ["{}_train", "{}_val", "{}_test"],
    ["{}_train", "{}_valid", "{}_test"],
    ["train_{}", "val_{}", "test_{}"],
    ["train_{}", "valid_{}", "test_{}"],
];

/// Loads the file at `path`, see [`parse`]. Names of the classes are read from the file beside it that ends
/// in `.labels.txt` instead of `.npz`, if there is one.
///
/// # Errors
/// Fails if the file can't be read, and as [`parse`] does.
pub fn load(path: &Path, reading: &Reading) -> Result<Dataset> {
    let names = beside(&path.with_extension("labels.txt"), 0)?;
    dataset(&path.display().to_string(), &contents::read(path)?, names, reading)
}

/// Reads the data set in `file`. The rows of x are samples of any shape; y holds one label for each, as
/// whole numbers, texts or one-hot rows, or real-valued targets. Other arrays are ignored. The memory that
/// is allocated is bounded by the file's size.
///
/// # Errors
/// Returns [`BadInput`] with the array's name for anything else.
pub fn parse(place: impl std::fmt::Display, file: &[u8], reading: &Reading) -> Result<Dataset> {
    dataset(&place.to_string(), file, None, reading)
}

fn dataset(place: &str, file: &[u8], names: Option<Vec<String>>, reading: &Reading) -> Result<Dataset> {
    let entries = npz::entries(place, file, ALWAYS + RATIO * file.len())?;
    let has = |name: &str| find(&entries, name).is_some();
    let named = |form: &str, name: &str| form.replace("{}", name);
    let whole = PAIRS.iter().find(|[x, _]| has(x));
    let apart = PAIRS.iter().find_map(|pair| {
        let form = FORMS
            .iter()
            .find(|[train, _, test]| has(&named(train, pair[0])) && has(&named(test, pair[0])))?;
        Some((pair, form))
    });
    let part = |names: [String; 2]| part(place, &entries, names, reading);
    let both = |form: &str, pair: &[&str; 2]| pair.map(|name| named(form, name));
    let (mut form, samples, validation, test);
    if let Some((pair, forms)) = apart {
        (form, samples) = part(both(forms[0], pair))?;
        let like = |names: [String; 2]| -> Result<Samples> {
            let here = format!("{place}, array {}", names[0]);
            let (own, samples) = part(names)?;
            let expected = format!("samples of shape {:?}, as in {}", form.shape, named(forms[0], pair[0]));
            require!(own.shape == form.shape, here, expected, format!("{:?}", own.shape));
            Ok(samples)
        };
        let middle = Some(both(forms[1], pair)).filter(|names| has(&names[0]));
        validation = middle.map(like).transpose()?;
        test = Some(like(both(forms[2], pair))?);
        for other in [validation.as_ref(), test.as_ref()].into_iter().flatten() {
            let same = std::mem::discriminant(&other.values) == std::mem::discriminant(&samples.values);
            let array = named(forms[0], pair[0]);
            require!(same, place, format!("the type of {array} in every part"), "another");
        }
    } else {
        let pair = whole.ok_or_else(|| {
            let found: Vec<_> = entries.iter().take(12).map(|entry| entry.name.as_str()).collect();
            let expected = "arrays x and y, or x_train, y_train, x_test and y_test";
            BadInput::new(place, expected, quoted(&found.join(", ")))
        })?;
        (form, samples) = part(pair.map(String::from))?;
        (validation, test) = (None, None);
    }
    let fits = |names: &Vec<String>| {
        let parts = [Some(&samples), validation.as_ref(), test.as_ref()].into_iter().flatten();
        parts.filter_map(|part| part.labels.as_ref()).all(|labels| labels.classes(place, Some(names)).is_ok())
    };
    form.class_names = names.or_else(|| class_names(&entries).filter(fits)).or(form.class_names);
    assemble(place, form, samples, validation, test, reading)
}

fn find<'a>(entries: &'a [Entry], name: &str) -> Option<&'a Entry> {
    entries.iter().find(|entry| entry.name.eq_ignore_ascii_case(name))
}

/// Returns the classes' names, if an array holds them.
fn class_names(entries: &[Entry]) -> Option<Vec<String>> {
    let texts = NAMES.iter().filter_map(|name| find(entries, name)?.array.as_ref().ok());
    texts.filter(|array| array.is_text() && array.shape.len() == 1).map(Array::texts).next()
}

/// Returns the samples x with the labels y, found by their `names`, and what they have in common.
fn part(place: &str, entries: &[Entry], names: [String; 2], reading: &Reading) -> Result<(Form, Samples)> {
    let array = |name: &String| -> Result<Option<&Array>> {
        let Some(entry) = find(entries, name) else { return Ok(None) };
        // The error belongs to the entry, so what it says is passed on.
        let usable = entry.array.as_ref();
        Ok(Some(usable.map_err(|error| match error.downcast_ref::<BadInput>() {
            Some(BadInput { place, expected, got }) => BadInput::new(place, expected, got),
            None => BadInput::new(place, "an array", format!("{error:#}")),
        })?))
    };
    let missing = |name: &String| {
        let expected = "arrays x and y, or x_train, y_train, x_test and y_test";
        BadInput::new(place, expected, format!("no {name}"))
    };
    let x = array(&names[0])?.ok_or_else(|| missing(&names[0]))?;
    let here = format!("{place}, array {}", names[0]);
    let Some((&rows, shape)) = x.shape.split_first() else {
        return Err(BadInput::new(here, "one row a sample", "a single number").into());
    };
    require!(!x.is_text(), here, "numbers", "texts");
    let shape = if shape.is_empty() { vec![1] } else { shape.to_vec() };
    let values = match x.bytes() {
        Some(bytes) => Values::Bytes(bytes.to_vec()),
        None => Values::Floats(x.floats()),
    };
    check_finite(&here, &values, reading)?;
    let mut samples = Samples { values, ..Samples::default() };
    let label_place = format!("{place}, array {}", names[1]);
    let mut form = form(shape, label_place.clone());
    match array(&names[1])? {
        None if reading.target == Target::Nothing => {}
        // Samples to be answered, or to learn from, whatever their labels are.
        Some(_) if reading.target == Target::Nothing && (reading.whole || reading.normal.is_empty()) => {}
        None => return Err(missing(&names[1]).into()),
        Some(y) => {
            let counted = y.shape.first().copied().unwrap_or(0);
            require!(rows == counted, here, format!("{counted} samples, one a label"), rows);
            let width: usize = y.shape.iter().skip(1).product();
            match reading.target {
                Target::Values => {
                    samples.targets = y.floats();
                    check_targets(&label_place, &samples.targets)?;
                    form.target_names = (0..width).map(|index| format!("y{index}")).collect();
                }
                Target::Classes | Target::Nothing => {
                    let (labels, classes) = labels(&label_place, y, width)?;
                    samples.labels = Some(labels);
                    form.class_names = classes;
                }
            }
        }
    }
    Ok((form, samples))
}

/// Returns the labels in `y`, which has `width` values for each sample, and the names of the classes if it
/// has a column for each.
fn labels(place: &str, y: &Array, width: usize) -> Result<(Labels, Option<Vec<String>>)> {
    let mut labels = Labels::default();
    if width == 1 {
        for text in y.texts() {
            labels.push(&text).map_err(|expected| BadInput::new(place, expected, quoted(&text)))?;
        }
        return Ok((labels, None));
    }
    let rows = y.floats();
    for (index, row) in rows.chunks_exact(width.max(1)).enumerate() {
        let one_hot = row.iter().all(|&value| value == 0.0 || value == 1.0) && row.iter().sum::<f32>() == 1.0;
        let class = row.iter().position(|&value| value == 1.0).filter(|_| one_hot);
        let class = class.ok_or_else(|| {
            let expected = "one label a sample, or rows with a single 1";
            BadInput::new(place, expected, format!("{:?} in row {index}", &row[..width.min(8)]))
        })?;
        labels.push(&class.to_string()).map_err(|expected| BadInput::new(place, expected, class))?;
    }
    Ok((labels, Some(super::labels::numbered(width))))
}
