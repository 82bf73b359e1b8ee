//! Data sets: named ones, IDX folders, CSV and NPZ files.
//!
//! To add a named set, add a file here and a row to [`NAMED`].

pub mod arrays;
mod balance;
mod contents;
pub mod digits;
mod fashion_mnist;
pub mod fetch;
mod identity;
pub mod idx;
mod kmnist;
pub mod labels;
mod measure;
mod missing;
mod mnist;
mod normal;
pub mod npz;
mod partition;
mod published;
mod reading;
mod samples;
mod scaling;
mod split;
mod suspicions;
pub mod table;
mod window;

use std::fmt::Display;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::OnceLock;

use anyhow::Result;

use crate::error::{BadInput, require};
pub use balance::are_unequal;
pub use identity::Identity;
pub use published::{FOLDER, Published};
pub use reading::{Fold, Missing, Reading, ScalingRule, SplitRule, Target};
pub use scaling::InputScaling;
pub use split::{Split, Values, below, divide, permutation};

/// Samples with labels, split for training, for choosing the best epoch, and for the final accuracy.
/// `examples/custom_data.rs` builds one.
///
/// ```
/// let digits = fenchel::data::load("digits")?;
/// assert_eq!((digits.features, digits.classes(), digits.test.len()), (64, 10, 500));
/// # Ok::<(), anyhow::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Dataset {
    /// Name, as given on the command line.
    pub name: String,
    /// Number of raw values in a sample.
    pub features: usize,
    /// Dimensions of a sample, rows first.
    pub shape: Vec<usize>,
    /// Name of each class.
    pub class_names: Vec<String>,
    /// Names of the columns that hold a sample's values; empty if they have none.
    pub feature_names: Vec<String>,
    /// Names of real-valued targets; empty for classification.
    pub target_names: Vec<String>,
    /// Scaling from raw values to inputs.
    pub scaling: InputScaling,
    /// Scaling from real-valued targets in the user's unit to outputs, one pair for each; the identity if
    /// there are none.
    pub target_scaling: InputScaling,
    /// Samples to learn from.
    pub train: Split,
    /// Samples to choose the best epoch by.
    pub validation: Split,
    /// Samples for the final accuracy.
    pub test: Split,
    /// Whether the test samples came in a file or array of their own, rather than being split from the
    /// others.
    pub test_apart: bool,
    /// Whether the test samples are a fold of a cross-validation.
    pub folded: bool,
    /// What was assumed or looks wrong, one line each, with the option that changes it.
    pub warnings: Vec<String>,
    /// Properties that are computed once, when they are first needed.
    known: Known,
}

/// Properties that need a pass over all samples.
#[derive(Clone, Debug, Default)]
struct Known {
    identity: OnceLock<Identity>,
    bounds: OnceLock<Option<(Vec<f32>, Vec<f32>)>>,
}

/// A named data set: its name, what it is, and how to load it.
pub struct Named {
    /// Name that `--data` takes.
    pub name: &'static str,
    /// Description in one line, for `--help`.
    pub about: &'static str,
    /// What `fenchel data fetch` downloads; `None` for a set that is compiled in.
    pub published: Option<&'static Published>,
    load: fn() -> Result<Dataset>,
}

/// The named data sets.
pub const NAMED: &[Named] = &[
    Named {
        name: "digits",
        about: "handwritten digits of 8×8 pixels, compiled in",
        published: None,
        load: digits::load,
    },
    Named {
        name: "mnist",
        about: "handwritten digits of 28×28 pixels",
        published: Some(&mnist::MNIST),
        load: || mnist::MNIST.load(),
    },
    Named {
        name: "fashion-mnist",
        about: "garments of 28×28 pixels; also Debian's package dataset-fashion-mnist",
        published: Some(&fashion_mnist::FASHION_MNIST),
        load: || fashion_mnist::FASHION_MNIST.load(),
    },
    Named {
        name: "kmnist",
        about: "brushed hiragana of 28×28 pixels",
        published: Some(&kmnist::KMNIST),
        load: || kmnist::KMNIST.load(),
    },
];

/// Returns the named data set with that name.
pub fn named(name: &str) -> Option<&'static Named> {
    NAMED.iter().find(|named| named.name == name)
}

/// Returns whether [`load`] reads `name` as a CSV or NPZ file.
pub fn is_table(name: &str) -> bool {
    named(name).is_none() && Path::new(name).is_file()
}

/// Loads a named data set, a folder of IDX files, a CSV file or an NPZ file (one that begins with `PK` or
/// whose name ends in `.npz`).
///
/// # Errors
/// Returns [`BadInput`] with file and place if there is none, or its content can't be used.
pub fn load(name: &str) -> Result<Dataset> {
    load_as(name, &Reading::default())
}

/// Loads data as [`load`] does, with the options in `reading`, which matter for CSV and NPZ files only.
///
/// # Errors
/// Fails as [`load`] does.
pub fn load_as(name: &str, reading: &Reading) -> Result<Dataset> {
    let path = Path::new(name);
    let dataset = if let Some(named) = named(name) {
        (named.load)()?.of_normal(reading)?
    } else if path.is_dir() {
        idx::load_folder(path)?.of_normal(reading)?
    } else if path.is_file() && is_archive(path) {
        npz::load(path, reading)?
    } else if path.is_file() {
        table::load(path, reading)?
    } else {
        let names: Vec<_> = NAMED.iter().map(|named| named.name).collect();
        let expected = format!("{}, a folder of IDX files, a CSV or an NPZ file", names.join(", "));
        return Err(BadInput::new("`data`", expected, format!("{name:?}, which doesn't exist")).into());
    };
    if !reading.whole {
        dataset.check(reading.target, true)?;
    }
    Ok(Dataset { name: name.to_string(), ..dataset })
}

impl Dataset {
    /// Builds a data set of classified samples of `shape`, divided into training, validation and test.
    pub fn new(
        name: impl Display,
        shape: Vec<usize>,
        class_names: Vec<String>,
        scaling: InputScaling,
        (train, validation, test): (Split, Split, Split),
    ) -> Self {
        Self {
            name: name.to_string(),
            features: shape.iter().product(),
            shape,
            class_names,
            feature_names: Vec::new(),
            target_names: Vec::new(),
            scaling,
            target_scaling: InputScaling::one(0.0, 1.0),
            train,
            validation,
            test,
            test_apart: true,
            folded: false,
            warnings: Vec::new(),
            known: Known::default(),
        }
    }

    /// Returns the same samples with real targets of these names, one at least, in place of classes; each is scaled to mean
    /// 0 and standard deviation 1 over the training samples.
    pub fn with_targets(self, names: Vec<String>) -> Self {
        let target_scaling = measure::targets(&self.train, names.len());
        Self { class_names: Vec::new(), target_names: names, target_scaling, ..self }
    }

    /// Returns the smallest and the largest scaled training values, as many as the scaling has factors.
    pub fn bounds(&self) -> Option<(&[f32], &[f32])> {
        let measured = || measure::bounds(&self.train, self.features, &self.scaling);
        self.known.bounds.get_or_init(measured).as_ref().map(|(low, high)| (low.as_slice(), high.as_slice()))
    }

    /// Returns the SHA-256 of the data set's content, without its path and scaling: training on two data
    /// sets with the same identity and scaling gives the same bits.
    pub fn identity(&self) -> Identity {
        *self.known.identity.get_or_init(|| identity::of(self))
    }

    /// Returns the number of classes.
    pub fn classes(&self) -> usize {
        self.class_names.len()
    }

    /// Refuses data that can't be trained on; `tested` says whether test samples are needed too.
    fn check(&self, target: Target, tested: bool) -> Result<()> {
        let place = &self.name;
        require!(self.features > 0, place, "at least 1 value a sample", 0);
        let (expected, got) =
            (format!("{} values a sample", self.features), format!("shape {:?}", self.shape));
        require!(self.shape.iter().product::<usize>() == self.features, place, expected, got);
        match target {
            Target::Classes => {
                let expected = "at least 2 classes (`label` names the column of the label)";
                require!(self.classes() >= 2, place, expected, self.classes());
            }
            Target::Values => {
                let expected = "a CSV or NPZ file, whose label is a real target";
                require!(!self.target_names.is_empty(), place, expected, "data of classes");
            }
            Target::Nothing => {}
        }
        for (part, split) in [("train", &self.train), ("validation", &self.validation), ("test", &self.test)]
        {
            let needed = tested || part != "test";
            require!(
                !needed || !split.labels.is_empty(),
                place,
                format!("samples for the {part} split"),
                "none"
            );
        }
        Ok(())
    }
}

/// Returns whether `name` is the name of a file rather than of a named data set.
pub fn is_file(name: &str) -> bool {
    named(name).is_none() && Path::new(name).is_file()
}

/// Returns whether the file begins like a zip archive, or its name says that it is one.
pub fn is_archive(path: &Path) -> bool {
    if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("npz")) {
        return true;
    }
    let mut start = [0; 2];
    File::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok() && start == *b"PK"
}
