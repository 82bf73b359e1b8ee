//! The group `data`: the data that are trained on.

use serde::{Deserialize, Serialize};

/// The data that are trained on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct DataSettings {
    /// Name of a known data set, or path of a file or folder; default `digits`.
    pub source: String,
    /// Size of the random subset of the training samples to use; default all of them.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub samples: Option<usize>,
}
