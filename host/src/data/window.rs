//! Cuts a recording into windows: a number of successive rows make one sample, channel after channel.

use anyhow::Result;

use super::partition::Key;
use super::samples::{Form, Samples};
use super::{Reading, Values};
use crate::error::require;

/// Most values of all windows together, at 4 bytes each.
const MOST: usize = 1 << 29;

/// Returns the windows of `samples`, whose rows are in order of time, if `reading` asks for them; otherwise
/// the samples as they are. A window lies within one group; its class is the most frequent one of its rows,
/// and its targets are those of its last row.
///
/// # Errors
/// Returns [`crate::BadInput`] for a window or stride of 0, and if no group has enough rows for a window.
pub fn cut(place: &str, mut form: Form, samples: Samples, reading: &Reading) -> Result<(Form, Samples)> {
    let Some(window) = reading.window else { return Ok((form, samples)) };
    let stride = reading.stride.unwrap_or(window);
    require!(window > 0, "--window", "at least 1 row", 0);
    require!(stride > 0, "--stride", "at least 1 row", 0);
    let channels: usize = form.shape.iter().product();
    let Values::Floats(rows) = &samples.values else { return Ok((form, samples)) };
    let count = rows.len() / channels.max(1);
    let targets = samples.targets.len() / count.max(1);
    let starts = starts(count, samples.groups.as_deref(), window, stride);
    let expected = format!("{window} rows in a row, in one group if there is --group, for a window");
    require!(!starts.is_empty(), place, expected, format!("{count} rows in all"));
    let total = starts.len().saturating_mul(window).saturating_mul(channels);
    let expected = format!("at most {MOST} values in all windows (--stride further apart)");
    require!(total <= MOST, place, expected, total);
    let mut cut = Samples { groups: samples.groups.as_ref().map(|_| Vec::new()), ..Samples::default() };
    let mut values = Vec::with_capacity(starts.len() * window * channels);
    let mut codes = Vec::new();
    for &start in &starts {
        for channel in 0..channels {
            values.extend((start..start + window).map(|row| rows[row * channels + channel]));
        }
        let last = start + window - 1;
        cut.targets.extend(&samples.targets[last * targets..(last + 1) * targets]);
        if let (Some(own), Some(groups)) = (&mut cut.groups, &samples.groups) {
            own.push(groups[start]);
        }
        if let Some(labels) = &samples.labels {
            codes.push(most(&labels.codes[start..=last]));
        }
    }
    cut.labels = samples.labels.map(|mut labels| {
        labels.codes = codes;
        labels
    });
    cut.values = Values::Floats(values);
    form.shape = vec![channels, 1, window];
    form.channels = true;
    if cut.groups.is_none() {
        // Neighbours share rows, so those at a border are left out.
        form.gap = Some(window.div_ceil(stride) - 1);
        form.warnings.push(
            "windows are divided by time, the last fifth tests; --group keeps recordings, persons or devices \
             together instead"
                .into(),
        );
    }
    Ok((form, cut))
}

/// Returns where windows begin, among `count` rows.
fn starts(count: usize, groups: Option<&[Key]>, window: usize, stride: usize) -> Vec<usize> {
    let (mut starts, mut first) = (Vec::new(), 0);
    for row in 1..=count {
        let ends = row == count || groups.is_some_and(|groups| groups[row] != groups[row - 1]);
        if ends {
            starts.extend((first..).step_by(stride).take_while(|start| start + window <= row));
            first = row;
        }
    }
    starts
}

/// Returns the most frequent code; of several, the one that occurs last.
fn most(codes: &[usize]) -> usize {
    let count = |code: usize| codes.iter().filter(|&&other| other == code).count();
    codes.iter().copied().max_by_key(|&code| count(code)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_stay_within_a_group() {
        assert_eq!(starts(10, None, 4, 2), [0, 2, 4, 6]);
        let groups = [b"a", b"a", b"a", b"a", b"b", b"b", b"b", b"b", b"b", b"b"].map(|group| Key::of(group));
        assert_eq!(starts(10, Some(&groups), 3, 1), [0, 1, 4, 5, 6, 7]);
        assert_eq!(starts(3, None, 4, 4), [0usize; 0]);
        assert_eq!((most(&[1, 1, 0]), most(&[1, 0]), most(&[0, 1])), (1, 0, 1));
    }
}
