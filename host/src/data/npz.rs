//! NPZ files of samples: arrays x and y, or x_train, y_train, x_test and y_test as Keras has them.

use std::path::Path;

use anyhow::Result;

use super::labels::{MOST_CLASSES, named, numbered};
use super::{Dataset, Split, Values, contents, split};
use crate::error::{BadInput, require};
use crate::npz::{self, Array};

/// Bytes that any archive may hold.
const ALWAYS: usize = 1 << 20;
/// Bytes that it may hold beyond for each of its own, as in gzipped files.
const RATIO: usize = 16;

/// Load `path`; see [`parse`]. Names of the classes are in the file beside it that ends in
/// `.labels.txt` instead of `.npz`, if there is one.
///
/// # Errors
/// If it can't be read, and as [`parse`].
pub fn load(path: &Path) -> Result<Dataset> {
    let dataset = parse(path.display(), &contents::read(path)?)?;
    let class_names = named(&path.with_extension("labels.txt"), dataset.classes())?;
    Ok(Dataset { class_names, ..dataset })
}

/// The data set in `file`: samples of any shape as the rows of x, whole numbers from 0 as labels in y.
/// Of one x and y a fifth tests and a tenth validates; with a test set of their own the last sixth of
/// the training samples validates. Unsigned bytes are pixels, 255 becomes 1; of other numbers the
/// range of the training samples' is scaled to \[0, 1\]. What is allocated is bounded by the file's size.
///
/// # Errors
/// [`BadInput`] with the array's name for anything else.
pub fn parse(place: impl std::fmt::Display, file: &[u8]) -> Result<Dataset> {
    let place = place.to_string();
    let arrays = npz::read(&place, file, ALWAYS + RATIO * file.len())?;
    let has = |name: &str| find(&arrays, name).is_some();
    let (shape, train, validation, test);
    if has("x_train") {
        let (train_shape, whole) = part(&place, &arrays, "_train")?;
        let (test_shape, own) = part(&place, &arrays, "_test")?;
        let expected = format!("samples of shape {train_shape:?}, as in x_train");
        require!(
            train_shape == test_shape,
            format!("{place}, array x_test"),
            expected,
            format!("{test_shape:?}")
        );
        let same = std::mem::discriminant(&whole.values) == std::mem::discriminant(&own.values);
        require!(same, format!("{place}, array x_test"), "the type of x_train", "another");
        (train, validation) = split::hold_out(whole, train_shape.iter().product());
        (shape, test) = (train_shape, own);
    } else {
        let (own_shape, all) = part(&place, &arrays, "")?;
        require!(all.len() >= 10, place, "at least 10 samples", all.len());
        let features = own_shape.iter().product();
        (train, validation, test) = split::divide(&all, features, all.len() / 10, all.len() / 5);
        shape = own_shape;
    }
    let labels = [&train, &validation, &test].into_iter().flat_map(|split| &split.labels);
    let class_names = numbered(labels.max().map_or(0, |&most| most + 1));
    let scaling = train.values.scaling();
    Ok(Dataset::new(place, shape, class_names, scaling, (train, validation, test)))
}

fn find<'a>(arrays: &'a [Array], name: &str) -> Option<&'a Array> {
    arrays.iter().find(|array| array.name.eq_ignore_ascii_case(name))
}

/// The samples x`suffix` with the labels y`suffix`, and the shape of one.
fn part(place: &str, arrays: &[Array], suffix: &str) -> Result<(Vec<usize>, Split)> {
    let array = |letter: char| {
        let name = format!("{letter}{suffix}");
        let expected = "arrays x and y, or x_train, y_train, x_test and y_test";
        find(arrays, &name).ok_or_else(|| BadInput::new(place, expected, format!("no {name}")))
    };
    let (x, y) = (array('x')?, array('y')?);
    let here = format!("{place}, array y{suffix}");
    let &[samples] = y.shape.strip_suffix(&[1]).filter(|rest| rest.len() == 1).unwrap_or(&y.shape) else {
        return Err(BadInput::new(here, "one label a sample", format!("shape {:?}", y.shape)).into());
    };
    let labels = y.labels().ok_or_else(|| BadInput::new(&here, "labels as whole numbers", "floats"))?;
    if let Some(index) = labels.iter().position(|&label| label >= MOST_CLASSES) {
        let expected = format!("labels from 0 to {}", MOST_CLASSES - 1);
        return Err(BadInput::new(here, expected, format!("another for sample {index}")).into());
    }
    let here = format!("{place}, array x{suffix}");
    let Some((&rows, shape)) = x.shape.split_first() else {
        return Err(BadInput::new(here, "one row a sample", "a single number").into());
    };
    require!(rows == samples, here, format!("{samples} samples, one a label"), rows);
    let shape = if shape.is_empty() { vec![1] } else { shape.to_vec() };
    let values = match x.bytes() {
        Some(bytes) => Values::Bytes(bytes.to_vec()),
        None => Values::Floats(x.floats()),
    };
    if let Values::Floats(floats) = &values {
        let odd = floats.iter().find(|value| !value.is_finite());
        require!(odd.is_none(), here, "finite numbers", odd.copied().unwrap_or_default());
    }
    Ok((shape, Split::classes(values, labels)))
}
