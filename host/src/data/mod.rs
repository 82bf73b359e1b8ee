//! Data sets: named ones, IDX folders and CSV files.
//!
//! A new named set is a file here and a row in [`NAMED`].

mod contents;
pub mod csv;
pub mod digits;
mod fashion_mnist;
pub mod idx;
mod split;

use std::path::Path;

use anyhow::Result;
use fenchel_core::Scaling;

use crate::error::{BadInput, require};
pub use split::{Split, Values, below, divide, permutation};

/// Samples with labels, split for training, for choosing the best epoch, and for the final figure.
/// `examples/custom_data.rs` makes one.
///
/// ```
/// let digits = fenchel::data::load("digits")?;
/// assert_eq!((digits.features, digits.classes(), digits.test.len()), (64, 10, 500));
/// # Ok::<(), anyhow::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Dataset {
    /// As given on the command line.
    pub name: String,
    /// Raw values a sample.
    pub features: usize,
    /// A name a class.
    pub class_names: Vec<String>,
    /// From raw values to inputs.
    pub scaling: Scaling,
    /// Samples to learn from.
    pub train: Split,
    /// Samples to choose the best epoch by.
    pub validation: Split,
    /// Samples for the final figure.
    pub test: Split,
}

/// A named data set: its name, what it is, and how to load it.
pub struct Named {
    /// What `--data` takes.
    pub name: &'static str,
    /// One line for `--help`.
    pub about: &'static str,
    load: fn() -> Result<Dataset>,
}

/// The named data sets.
pub const NAMED: &[Named] = &[
    Named { name: "digits", about: "1,797 images of 8×8 pixels, compiled in", load: digits::load },
    Named {
        name: "fashion-mnist",
        about: "70,000 images of 28×28 pixels, of Debian's package dataset-fashion-mnist",
        load: fashion_mnist::load,
    },
];

/// Load a named data set, a folder of IDX files or a CSV file.
///
/// # Errors
/// [`BadInput`] with file and place if there is none, or what it holds can't be used.
pub fn load(name: &str) -> Result<Dataset> {
    let path = Path::new(name);
    let dataset = if let Some(named) = NAMED.iter().find(|named| named.name == name) {
        (named.load)()?
    } else if path.is_dir() {
        idx::load_folder(path)?
    } else if path.is_file() {
        csv::load(path)?
    } else {
        let names: Vec<_> = NAMED.iter().map(|named| named.name).collect();
        let expected = format!("{}, a folder of IDX files or a CSV file", names.join(", "));
        return Err(BadInput::new("--data", expected, format!("{name:?}, which doesn't exist")).into());
    };
    dataset.check()?;
    Ok(Dataset { name: name.to_string(), ..dataset })
}

impl Dataset {
    /// Number of classes.
    pub fn classes(&self) -> usize {
        self.class_names.len()
    }

    fn check(&self) -> Result<()> {
        let place = &self.name;
        require!(self.features > 0, place, "at least 1 value a sample", 0);
        require!(self.classes() >= 2, place, "at least 2 classes", self.classes());
        for (part, split) in [("train", &self.train), ("validation", &self.validation), ("test", &self.test)]
        {
            require!(!split.labels.is_empty(), place, format!("samples for the {part} split"), "none");
        }
        Ok(())
    }
}

/// Names of the classes 0..n.
fn numbered(classes: usize) -> Vec<String> {
    (0..classes).map(|class| class.to_string()).collect()
}
