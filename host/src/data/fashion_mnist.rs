//! Fashion-MNIST, where Debian's package puts it.

use std::path::Path;

use anyhow::Result;

use super::{Dataset, idx};
use crate::error::require;

const FOLDER: &str = "/usr/share/datasets/fashion-mnist";
const CLASSES: [&str; 10] = [
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
];

/// As an IDX folder, with the classes' names.
pub fn load() -> Result<Dataset> {
    let folder = Path::new(FOLDER);
    require!(
        folder.is_dir(),
        "fashion-mnist",
        "Debian's package dataset-fashion-mnist (apt-get install dataset-fashion-mnist)",
        "no such installation"
    );
    let dataset = idx::load_folder(folder)?;
    require!(dataset.classes() == CLASSES.len(), "fashion-mnist", "10 classes", dataset.classes());
    Ok(Dataset { class_names: CLASSES.map(String::from).to_vec(), ..dataset })
}
