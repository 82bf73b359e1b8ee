//! Folders of IDX files, the form of MNIST and its relatives, gzipped or not.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use anyhow::Result;
use fenchel_core::Scaling;

use super::{Dataset, Split, Values, contents, numbered};
use crate::error::{BadInput, require};

/// Load train-images, train-labels, t10k-images and t10k-labels from `folder`. The last sixth of
/// the training file validates: of MNIST's 60,000 samples 10,000.
pub fn load_folder(folder: &Path) -> Result<Dataset> {
    let (train, features) = load_pair(folder, "train")?;
    let (test, test_features) = load_pair(folder, "t10k")?;
    let place = folder.display();
    require!(features == test_features, place, format!("{features} values a test sample"), test_features);
    let classes = train.labels.iter().chain(&test.labels).max().map_or(0, |&most| most + 1);
    let validating = train.len() / 6;
    let indices: Vec<usize> = (0..train.len()).collect();
    let (first, last) = indices.split_at(train.len() - validating);
    Ok(Dataset {
        name: place.to_string(),
        features,
        class_names: numbered(classes),
        scaling: Scaling { offset: 0.0, factor: 1.0 / 255.0 },
        validation: train.select(features, last),
        train: train.select(features, first),
        test,
    })
}

fn load_pair(folder: &Path, part: &str) -> Result<(Split, usize)> {
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
    Ok((Split { values: Values::Bytes(pixels), labels }, shape[1] * shape[2]))
}

/// The file by one of its customary names.
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

/// Shape and bytes of `file`, an IDX file of unsigned bytes with `dimensions` dimensions, gzipped or
/// not; `place` is where errors say that it is.
///
/// # Errors
/// [`BadInput`] for any other file.
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
