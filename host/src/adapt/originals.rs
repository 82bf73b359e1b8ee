//! Original samples that are learned in turn with new ones, against forgetting.

use anyhow::Result;
use fenchel_core::{Model, ModelFields, Originals, Random, RawValues};

use super::{Plan, Settings};
use crate::data::{Split, Values, permutation};
use crate::error::require;
use crate::store::model_file::{self, ModelBytes};

/// Returns the original samples that are kept: chosen from `plan`, or those of the model file.
pub(super) fn kept(model: &Model, plan: &Plan, settings: &Settings, random: &mut Random) -> Result<Split> {
    match (settings.originals, plan.originals, model.originals()) {
        (Some(count), Some(originals), _) if count > 0 => {
            choose(originals, model.network().input_units(), count, "`originals`", random)
        }
        (None, _, Some(originals)) => {
            let values = match originals.values() {
                RawValues::Bytes(values) => Values::Bytes(values.to_vec()),
                RawValues::Floats(values) => Values::Floats(values.to_vec()),
            };
            let labels = originals.labels().iter().map(|&label| label.into()).collect();
            Ok(Split { values, labels, targets: Vec::new() })
        }
        _ => Ok(Split::default()),
    }
}

/// Chooses `count` samples against forgetting: round by round one of each class, until there are enough. `field`
/// names the count where it is refused.
///
/// # Errors
/// Returns [`crate::BadInput`] for more samples than there are.
pub fn choose(
    split: &Split,
    features: usize,
    count: usize,
    field: &str,
    random: &mut Random,
) -> Result<Split> {
    require!(count <= split.len(), field, format!("at most {}", split.len()), count);
    let classes = split.labels.iter().max().map_or(0, |most| most + 1);
    let order = permutation(split.len(), random);
    let mut chosen = Vec::new();
    let mut of_class: Vec<_> = (0..classes)
        .map(|class| order.iter().copied().filter(move |&index| split.labels[index] == class))
        .collect();
    while chosen.len() < count {
        chosen.extend(of_class.iter_mut().filter_map(Iterator::next));
    }
    chosen.truncate(count);
    Ok(split.select(features, &chosen))
}

/// Writes `model` anew with the samples of `split` as those to be learned again.
///
/// # Errors
/// Fails for a class above 255, and as [`model_file::write`] does.
pub fn with_originals(model: &Model, split: &Split) -> Result<ModelBytes> {
    let values = match &split.values {
        Values::Bytes(values) => RawValues::Bytes(values),
        Values::Floats(values) => RawValues::Floats(values),
    };
    let labels = split.labels.iter().map(|&label| u8::try_from(label)).collect::<Result<Vec<_>, _>>()?;
    let originals = Some(Originals::new(values, &labels)?);
    model_file::write(&ModelFields { originals, ..model.fields() })
}
