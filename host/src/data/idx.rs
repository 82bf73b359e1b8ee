//! Reads folders of IDX files, the form of MNIST and its relatives, gzipped or not.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::labels::named;
use super::{Dataset, Split, Values, contents, measure, split};
use crate::error::{BadInput, require};

/// Loads train-images, train-labels, t10k-images and t10k-labels from `folder`. The last sixth of the
/// training file validates: 10,000 of MNIST's 60,000 samples. `labels.txt`, if it is there, names the
/// classes, one on each line.
pub fn load_folder(folder: &Path) -> Result<Dataset> {
    let (train, shape) = load_pair(folder, "train")?;
    let (test, test_shape) = load_pair(folder, "t10k")?;
    let place = folder.display();
    let expected = format!("test samples of shape {shape:?}");
    require!(shape == test_shape, place, expected, format!("{test_shape:?}"));
    let classes = train.labels.iter().chain(&test.labels).max().map_or(0, |&most| most + 1);
    let features = shape.iter().product();
    let (train, validation) = split::hold_out(train, features);
    let class_names = named(&folder.join("labels.txt"), classes)?;
    let scaling = measure::scaling(&train, &shape, false, None);
    Ok(Dataset::new(place, shape, class_names, scaling, (train, validation, test)))
}

fn load_pair(folder: &Path, part: &str) -> Result<(Split, Vec<usize>)> {
    let path = find(folder, &format!("{part}-images"), "idx3-ubyte")?;
    let (shape, pixels) = parse(path.display(), &contents::read(&path)?, 3)?;
    let labels_path = find(folder, &format!("{part}-labels"), "idx1-ubyte")?;
    let (labels_shape, labels) = parse(labels_path.display(), &contents::read(&labels_path)?, 1)?;
    require!(
        shape[0] == labels_shape[0],
        labels_path.display(),
        format!("{} labels, one an image", shape[0]),
        labels_shape[0]
    );
    let labels = labels.into_iter().map(usize::from).collect();
    Ok((Split::classes(Values::Bytes(pixels), labels), shape[1..].to_vec()))
}

/// Finds the file by one of its customary names.
fn find(folder: &Path, stem: &str, kind: &str) -> Result<PathBuf> {
    let names = [
        format!("{stem}-{kind}.gz"),
        format!("{stem}-{kind}"),
        format!("{stem}.{kind}.gz"),
        format!("{stem}.{kind}"),
    ];
    let found = names.iter().map(|name| folder.join(name)).find(|path| path.is_file());
    found.ok_or_else(|| BadInput::new(folder.display(), names.join(" or "), "no such file").into())
}

/// Returns shape and bytes of `file`, an IDX file of unsigned bytes with `dimensions` dimensions, gzipped
/// or not; errors name `place`.
///
/// # Errors
/// Returns [`BadInput`] for any other file.
pub fn parse(place: impl Display, file: &[u8], dimensions: usize) -> Result<(Vec<usize>, Vec<u8>)> {
    let bytes = contents::inflate(&place, file)?;
    let (header, data) = bytes.split_at_checked(4 + 4 * dimensions).ok_or_else(|| {
        let got = format!("{} bytes", bytes.len());
        BadInput::new(&place, format!("an IDX header of {} bytes", 4 + 4 * dimensions), got)
    })?;
    let mark = [0, 0, 8, dimensions as u8];
    require!(
        header[..4] == mark,
        place,
        format!("an IDX file beginning {mark:?}"),
        format!("{:?}", &header[..4])
    );
    let shape: Vec<usize> = header[4..]
        .chunks_exact(4)
        .map(|bytes| bytes.iter().fold(0, |n, &byte| n << 8 | usize::from(byte)))
        .collect();
    // A header may claim anything: nothing is allocated by what it says.
    let length = shape.iter().try_fold(1usize, |n, &d| n.checked_mul(d)).unwrap_or(usize::MAX);
    require!(data.len() == length, place, format!("{length} bytes of data for shape {shape:?}"), data.len());
    Ok((shape, data.to_vec()))
}
